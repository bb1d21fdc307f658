/** What a person may start from: two experiments, filled in with the settings under Configure. */
import {
  METHOD_NAMES,
  type MethodName,
  type RunConfig,
  type TrainConfig,
  gateSchema,
  isGated,
  startRank,
  trainSchema,
} from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { type Importance, RANKINGS, type Study } from '../../shared/study';
import { applies, settingsOf } from '../../shared/settings';
import { texts } from '../../shared/texts';
import { initialOf } from '../configure/changes';
import { type Axis, axisName, expandGrid, sessionsOf } from './grid';

export type StudyKind = 'compare' | 'importance';

/** The form as it is filled in. */
export interface StudyDraft {
  kind: StudyKind;
  /** What is compared: methods with one adapter, or the runs under Configure as they are. */
  of: 'methods' | 'runs';
  methods: MethodName[];
  /** Settings that vary, with their values; none, one or two. */
  axes: Axis[];
  seeds: number;
  /** Ends every run with the adapter that was best on a slice of the training set, a tenth of it. */
  keepBest: boolean;
  probeSteps: number;
  /** Share of all modules' parameters that each ranking may spend. */
  share: number;
}

export const START_DRAFT: StudyDraft = {
  kind: 'compare',
  of: 'methods',
  axes: [],
  methods: ['lora', 'dora', 'ts-lora'],
  seeds: 3,
  keepBest: false,
  probeSteps: 30,
  share: 0.25,
};

export const MAX_SEEDS = 20;

/**
 * What is wrong with the form, in words; null where it can be started.
 * @param train and @param runs what is set under Configure
 */
export function studyProblem(draft: StudyDraft, train: TrainConfig, runs: readonly RunConfig[]): string | null {
  const t = texts().experiment.form.problem;
  if (!Number.isInteger(draft.seeds) || draft.seeds < 1 || draft.seeds > MAX_SEEDS) return t.seeds(MAX_SEEDS);
  if (draft.kind === 'compare') {
    const compared = comparedRuns(draft, runs);
    if (draft.axes.length === 0) return compared.length < 2 ? t.two[draft.of] : null;
    if (compared.length === 0) return t.none;
    const grid = expandGrid(compared, draft.axes, { ...train, ...bestOf(draft, train) });
    return typeof grid === 'string' ? grid : grid.arms.length < 2 ? t.oneVariant : null;
  }
  if (!Number.isInteger(draft.probeSteps) || draft.probeSteps < 1) return t.probe;
  return draft.share >= 0.01 && draft.share <= 1 ? null : t.budget;
}

/** Arms of the form, sessions of eight at most, seeds: how much there is to do. Null where the form is wrong. */
export function studySize(
  draft: StudyDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
): { arms: number; cells: number; sessions: RunConfig[][] } | null {
  if (draft.kind !== 'compare' || studyProblem(draft, train, runs) !== null) return null;
  const settings = studySettings(draft, train, runs);
  return { arms: settings.arms.length, cells: settings.arms.length * draft.seeds, sessions: sessionsOf(settings) };
}

const bestOf = (draft: StudyDraft, train: TrainConfig): Partial<TrainConfig> =>
  draft.keepBest ? { keepBest: true, sliceShare: Math.max(train.sliceShare, 0.1) } : {};

/** What the grid multiplies. */
function comparedRuns(draft: StudyDraft, runs: readonly RunConfig[]): RunConfig[] {
  if (draft.of === 'runs') return [...runs];
  const gate = { ...(runs.find(isGated)?.gate ?? gateSchema.parse({})), follows: null };
  return draft.methods.map((method) => ({
    ...arm(runs[0], method, METHOD_NAMES[method], method, gate),
    learningRate: runs.find((r) => r.method === method)?.learningRate ?? null,
  }));
}

/**
 * The adapter that all arms share: that of the first run under Configure, without a learning rate of its own. What a
 * method refuses is at its default.
 */
function arm(like: RunConfig, id: string, name: string, method: MethodName, gate: RunConfig['gate']): RunConfig {
  const refused = settingsOf('run').filter((s) => s.setting.stays && !applies(s, { method, gate }));
  const adalora = { ...like.adalora, initRank: Math.max(like.adalora.initRank, startRank(like.rank)) };
  return { ...like, id, name, method, gate, adalora, learningRate: null, ...initialOf(refused) };
}

/**
 * Settings of a study from the form and what is set under Configure: training, adapter, and the gate of the first run
 * that has one. A method's own learning rate is that of the first run of it. Seeds count up from the one under Configure.
 */
export function studySettings(
  draft: StudyDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
): Pick<Study, 'name' | 'train' | 'seeds' | 'arms' | 'importance' | 'grid'> {
  const seeds = Array.from({ length: draft.seeds }, (_, i) => (train.seed + i) % 2 ** 32);
  const trained = trainSchema.parse({ ...train, ...bestOf(draft, train) });
  const { name: t } = texts().experiment.form;
  if (draft.kind === 'compare') {
    const compared = comparedRuns(draft, runs);
    const names = compared.length > 4 ? t.many[draft.of](compared.length) : compared.map((a) => a.name).join(' / ');
    if (draft.axes.length === 0)
      return {
        name: t.compare(names, draft.seeds).slice(0, 120),
        train: trained,
        seeds,
        arms: compared,
        importance: null,
        grid: null,
      };
    const grid = expandGrid(compared, draft.axes, trained);
    if (typeof grid === 'string') throw new ConfigError({ message: grid });
    const by = draft.axes.map((a) => axisName(a.field)).join(' × ');
    return {
      name: t.grid(names, by, draft.seeds).slice(0, 120),
      train: trained,
      seeds,
      arms: grid.arms,
      importance: null,
      grid: grid.grid,
    };
  }
  const importance: Importance = {
    probeSteps: draft.probeSteps,
    share: draft.share,
    rankings: [...RANKINGS],
    all: true,
  };
  const gate = { ...(runs.find(isGated)?.gate ?? gateSchema.parse({})), follows: null };
  return {
    name: t.importance(draft.seeds),
    train: trained,
    seeds,
    arms: [{ ...arm(runs[0], 'lora', 'LoRA', 'lora', gate), only: null }],
    importance,
    grid: null,
  };
}
