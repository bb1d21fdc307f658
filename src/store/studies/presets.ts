/** What a person may start from: two experiments, filled in with the settings under Configure. */
import {
  METHOD_NAMES,
  type MethodName,
  type RunConfig,
  type TrainConfig,
  gateSchema,
  isGated,
  trainSchema,
  withFirstRanks,
} from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { type Importance, RANKINGS, type Study } from '../../shared/study';
import { type Message, isMessage, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { isRefused, settingsOf } from '../../shared/settings';
import { initialOf } from '../configure/changes';
import { type Axis, expandGrid, sessionsOf } from './grid';

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

const MAX_SEEDS = 20;

type ArmNames = Pick<Names, 'setting' | 'arm'>;
type StudyNames = Pick<Names, 'study' | 'setting' | 'arm'>;

/**
 * What is wrong with the form; null where it can be started.
 * @param train and @param runs what is set under Configure
 */
export function studyProblem(
  draft: StudyDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
  names: ArmNames,
): Message | null {
  if (!Number.isInteger(draft.seeds) || draft.seeds < 1 || draft.seeds > MAX_SEEDS)
    return message('store.study.seeds', { most: MAX_SEEDS });
  if (draft.kind === 'compare') {
    const compared = comparedRuns(draft, runs);
    if (draft.axes.length === 0) return compared.length < 2 ? message(`store.study.two.${draft.of}`) : null;
    if (compared.length === 0) return message('store.study.none');
    const grid = expandGrid(compared, draft.axes, { ...train, ...bestOf(draft, train) }, names);
    return isMessage(grid) ? grid : grid.arms.length < 2 ? message('store.study.oneVariant') : null;
  }
  if (!Number.isInteger(draft.probeSteps) || draft.probeSteps < 1) return message('store.study.probe');
  return draft.share >= 0.01 && draft.share <= 1 ? null : message('store.study.budget');
}

/** Arms of the form, sessions of eight at most, seeds: how much there is to do. Null where the form is wrong. */
export function studySize(
  draft: StudyDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
  names: StudyNames,
): { arms: number; cells: number; sessions: RunConfig[][] } | null {
  if (draft.kind !== 'compare' || studyProblem(draft, train, runs, names) !== null) return null;
  const settings = studySettings(draft, train, runs, names);
  return { arms: settings.arms.length, cells: settings.arms.length * draft.seeds, sessions: sessionsOf(settings) };
}

const bestOf = (draft: StudyDraft, train: TrainConfig): Partial<TrainConfig> =>
  draft.keepBest ? { keepBest: true, sliceShare: Math.max(train.sliceShare, 0.1) } : {};

/** What the grid multiplies. */
function comparedRuns(draft: StudyDraft, runs: readonly RunConfig[]): RunConfig[] {
  if (draft.of === 'runs') return [...runs];
  const gate = { ...(runs.find(isGated)?.gate ?? gateSchema.parse({})), follows: null };
  return draft.methods.map((method) => ({
    ...arm(runs[0], { id: method, name: METHOD_NAMES[method], method, gate }),
    learningRate: runs.find((r) => r.method === method)?.learningRate ?? null,
  }));
}

/**
 * The adapter that all arms share: that of the first run under Configure, without a learning rate of its own. What a
 * method refuses is at its default.
 */
function arm(
  like: RunConfig,
  { id, name, method, gate }: { id: string; name: string; method: MethodName; gate: RunConfig['gate'] },
): RunConfig {
  const refused = settingsOf('run').filter((s) => isRefused(s, method));
  const ranks = withFirstRanks(like, like.rank, Math.max);
  return { ...like, id, name, method, gate, ...ranks, learningRate: null, ...initialOf(refused) };
}

/**
 * Settings of a study from the form and what is set under Configure: training, adapter, and the gate of the first run
 * that has one. A method's own learning rate is that of the first run of it. Seeds count up from the one under Configure.
 */
export function studySettings(
  draft: StudyDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
  names: StudyNames,
): Pick<Study, 'name' | 'train' | 'seeds' | 'arms' | 'importance' | 'grid'> {
  const seeds = Array.from({ length: draft.seeds }, (_, i) => (train.seed + i) % 2 ** 32);
  const trained = trainSchema.parse({ ...train, ...bestOf(draft, train) });
  if (draft.kind === 'compare') {
    const compared = comparedRuns(draft, runs);
    const all =
      compared.length > 4 ? names.study.many(draft.of, compared.length) : compared.map((a) => a.name).join(' / ');
    if (draft.axes.length === 0)
      return {
        name: names.study.compare(all, draft.seeds),
        train: trained,
        seeds,
        arms: compared,
        importance: null,
        grid: null,
      };
    const grid = expandGrid(compared, draft.axes, trained, names);
    if (isMessage(grid)) throw new ConfigError(grid);
    const by = draft.axes.map((a) => a.field);
    return {
      name: names.study.grid(all, by, draft.seeds),
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
    name: names.study.importance(draft.seeds),
    train: trained,
    seeds,
    arms: [{ ...arm(runs[0], { id: 'lora', name: 'LoRA', method: 'lora', gate }), only: null }],
    importance,
    grid: null,
  };
}
