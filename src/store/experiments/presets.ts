/** What a person may start from: two experiments, filled in with the settings under Configure. */
import {
  type GateRule,
  METHOD_NAMES,
  type MethodName,
  type RunConfig,
  type SessionConfig,
  type TrainConfig,
  gateSchema,
  isGated,
  trainSchema,
  withFirstRanks,
} from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { type Importance, RANKINGS, type Experiment } from '../../shared/experiment';
import { type Message, isMessage, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { methodOf } from '../../shared/methods';
import { ruleOf } from '../../shared/rules';
import { applies, isRefused, settingsOf } from '../../shared/settings';
import { initialOf } from '../configure/changes';
import { skipTargetOf, withSkipTarget } from '../configure/skipTarget';
import { type Axis, expandGrid, sessionsOf, sharedOf } from './grid';
import { saidTitle } from './title';

export type ExperimentKind = 'compare' | 'importance';

/** The form as it is filled in. */
export interface ExperimentDraft {
  kind: ExperimentKind;
  /** What is compared: methods with one adapter, or the runs under Configure as they are. */
  of: 'methods' | 'runs';
  methods: MethodName[];
  /** Of methods: gate rules beside that of the first gated one, with the same update: rivals and controls. */
  rules: GateRule[];
  /** Of methods: the first one without gates that can, a second time with token dropout. */
  tokenDropout: boolean;
  /** Of methods: each is there a second time, shrunk after training. */
  shrink: boolean;
  /** Settings that vary, with their values; none, one or two. */
  axes: Axis[];
  seeds: number;
  /** Ends every run with the adapter that was best on the dev split, a tenth of it. */
  loadBestCheckpoint: boolean;
  probeSteps: number;
  /** Share of all modules' parameters that each ranking may spend. */
  share: number;
}

export const START_DRAFT: ExperimentDraft = {
  kind: 'compare',
  of: 'methods',
  axes: [],
  methods: ['lora', 'dora', 'ts-lora'],
  rules: [],
  tokenDropout: false,
  shrink: false,
  seeds: 3,
  loadBestCheckpoint: false,
  probeSteps: 30,
  share: 0.25,
};

/** The runs under Settings as they are, over so many seeds that a difference can be told from chance. */
export const REPEATED: ExperimentDraft = { ...START_DRAFT, of: 'runs', seeds: 5 };

const MAX_SEEDS = 20;

type VariantNames = Pick<Names, 'arm' | 'setting' | 'shrunk' | 'variant'>;
type ExperimentNames = VariantNames & Pick<Names, 'experiment'>;
/** What token dropout drops where no gate says what it is to be compared with; and what it drops at most. */
const [TOKEN_DROPOUT, TOKEN_DROPOUT_MOST] = [0.5, 0.9];
/** Variants of one session. */
const PER_SESSION = 8;
/**
 * Gate rules that are offered beside the first gated method's own: two rivals, then controls, which learn nothing from
 * μ, or more than a gate could know.
 */
export const BESIDE = ['soft', 'late', 'coin', 'random', 'quantile', 'oracle'] as const satisfies readonly GateRule[];

/**
 * What is wrong with the form; null where it can be started.
 * @param train and @param runs what is set under Configure
 */
export function experimentProblem(
  draft: ExperimentDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
  names: VariantNames,
): Message | null {
  if (!Number.isInteger(draft.seeds) || draft.seeds < 1 || draft.seeds > MAX_SEEDS)
    return message('store.experiment.seeds', { most: MAX_SEEDS });
  if (draft.kind === 'compare') {
    const compared = comparedRuns(draft, runs, names);
    if (compared.length > PER_SESSION)
      return message('store.experiment.many', { n: compared.length, most: PER_SESSION });
    if (draft.axes.length === 0) return compared.length < 2 ? message(`store.experiment.two.${draft.of}`) : null;
    if (compared.length === 0) return message('store.experiment.none');
    const grid = expandGrid(compared, draft.axes, { ...train, ...bestOf(draft, train) }, names);
    return isMessage(grid) ? grid : grid.variants.length < 2 ? message('store.experiment.oneVariant') : null;
  }
  if (!Number.isInteger(draft.probeSteps) || draft.probeSteps < 1) return message('store.experiment.probe');
  return draft.share >= 0.01 && draft.share <= 1 ? null : message('store.experiment.budget');
}

/** Variants of the form, sessions of eight at most, seeds: how much there is to do. Null where the form is wrong. */
export function experimentSize(
  draft: ExperimentDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
  names: ExperimentNames,
): { variants: number; cells: number; sessions: SessionConfig[] } | null {
  if (draft.kind !== 'compare' || experimentProblem(draft, train, runs, names) !== null) return null;
  const settings = experimentSettings(draft, train, runs, names);
  return {
    variants: settings.variants.length,
    cells: settings.variants.length * draft.seeds,
    sessions: sessionsOf(settings).map((of) => ({
      train: { ...settings.train, ...sharedOf(settings.grid, of) },
      runs: of,
    })),
  };
}

const bestOf = ({ of, shrink, loadBestCheckpoint }: ExperimentDraft, train: TrainConfig): Partial<TrainConfig> => ({
  ...(loadBestCheckpoint && { loadBestCheckpoint }),
  ...((loadBestCheckpoint || (of === 'methods' && shrink)) && { devShare: Math.max(train.devShare, 0.1) }),
});

/** What the grid multiplies. */
function comparedRuns(draft: ExperimentDraft, runs: readonly RunConfig[], names: VariantNames): RunConfig[] {
  if (draft.of === 'runs') return [...runs];
  const gate = { ...(runs.find(isGated)?.gate ?? gateSchema.parse({})), follows: null };
  const methods = draft.methods.map((method) => ({
    ...variant(runs[0], { id: method, name: METHOD_NAMES[method], method, gate }),
    learningRate: runs.find((r) => r.method === method)?.learningRate ?? null,
    // What is compared with its shrunk self is not shrunk.
    ...(draft.shrink && { shrink: false }),
  }));
  const gated = methods.find(isGated);
  const ruled = gated
    ? draft.rules.filter((rule) => rule !== gate.rule).map((rule) => underRule(gated, rule, names))
    : [];
  const share = gated ? skipTargetOf([gated]).share : null;
  const open = draft.tokenDropout && methods.find(canDropTokens);
  const dropped = open && {
    ...open,
    id: `${open.id}-token-dropout`,
    name: names.arm(methodOf(open).label, 'tokenDropout'),
    tokenDropout: Math.min(share ?? TOKEN_DROPOUT, TOKEN_DROPOUT_MOST),
  };
  const all = [...methods, ...(dropped ? [dropped] : []), ...ruled];
  if (!draft.shrink) return all;
  return all.flatMap((run) => [
    run,
    {
      ...run,
      id: `${run.id}-shrunk`,
      name: names.shrunk(run.name),
      shrink: true,
    },
  ]);
}

/** A gated run under another rule, at the share that its own is to skip. */
function underRule(gated: RunConfig, rule: GateRule, names: VariantNames): RunConfig {
  const follows = ruleOf({ rule }).draws ? gated.id : null;
  const run = {
    ...gated,
    id: `${gated.id}-${rule}`,
    name: names.arm(methodOf(gated).label, rule),
    gate: { ...gated.gate, rule, follows },
  };
  return withSkipTarget([run], skipTargetOf([gated]).share)[0];
}

const DROPS_TOKENS = settingsOf('run').find(({ key }) => key === 'tokenDropout')!;
const canDropTokens = (run: RunConfig): boolean => !isGated(run) && applies(DROPS_TOKENS, run);

/**
 * The adapter that all variants share: that of the first run under Configure, without a learning rate of its own. What
 * a method refuses is at its default.
 */
function variant(
  like: RunConfig,
  { id, name, method, gate }: { id: string; name: string; method: MethodName; gate: RunConfig['gate'] },
): RunConfig {
  const refused = settingsOf('run').filter((s) => isRefused(s, method));
  const ranks = withFirstRanks(like, like.rank, Math.max);
  return { ...like, id, name, method, gate, ...ranks, learningRate: null, ...initialOf(refused) };
}

/**
 * Settings of an experiment from the form and what is set under Configure: training, adapter, and the gate of the first
 * run that has one. A method's own learning rate is that of the first run of it. Seeds count up from the one under
 * Configure.
 */
export function experimentSettings(
  draft: ExperimentDraft,
  train: TrainConfig,
  runs: readonly RunConfig[],
  names: ExperimentNames,
): Pick<Experiment, 'name' | 'title' | 'train' | 'seeds' | 'variants' | 'importance' | 'grid'> {
  const seeds = Array.from({ length: draft.seeds }, (_, i) => (train.seed + i) % 2 ** 32);
  const trained = trainSchema.parse({ ...train, ...bestOf(draft, train) });
  if (draft.kind === 'compare') {
    const compared = comparedRuns(draft, runs, names);
    const expanded = draft.axes.length > 0 ? expandGrid(compared, draft.axes, trained, names) : null;
    if (isMessage(expanded)) throw new ConfigError(expanded);
    const { variants, grid } = expanded ?? { variants: compared, grid: null };
    const title = { kind: 'compare' as const, of: draft.of, runs: compared.map((a) => a.name) };
    const name = saidTitle({ title, seeds, grid }, names.experiment);
    return { name, title, train: trained, seeds, variants, importance: null, grid };
  }
  const importance: Importance = {
    probeSteps: draft.probeSteps,
    share: draft.share,
    rankings: [...RANKINGS],
    all: true,
  };
  const gate = { ...(runs.find(isGated)?.gate ?? gateSchema.parse({})), follows: null };
  const title = { kind: 'importance' as const };
  return {
    name: saidTitle({ title, seeds, grid: null }, names.experiment),
    title,
    train: trained,
    seeds,
    variants: [{ ...variant(runs[0], { id: 'lora', name: 'LoRA', method: 'lora', gate }), only: null }],
    importance,
    grid: null,
  };
}
