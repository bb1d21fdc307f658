/**
 * A grid of settings: one or two fields with lists of values, multiplied with what is compared. Pure: from the form's
 * text to arms, and from arms to the sessions that train them.
 */
import {
  type ExperimentConfig,
  type RunConfig,
  experimentProblems,
  isGated,
  learnsThreshold,
  startRank,
} from '../../shared/config';
import { MAX_ARMS, type Study } from '../../shared/study';
import { texts } from '../../shared/texts';
import { describeProblem } from '../configure/names';

/** Runs of one session at most. */
const PER_SESSION = 8;
/** Values of one field at most. */
export const MAX_VALUES = 8;

export const GRID_FIELDS = [
  'learningRate',
  'rank',
  'alpha',
  'loraPlusRatio',
  'dropout',
  'target',
  'lambdaBar',
  'keep',
] as const;
export type GridField = (typeof GRID_FIELDS)[number];

interface FieldInfo {
  /** Typed in percent. */
  percent?: boolean;
  example: string;
  /** Whether a run has that setting at all; the others run once, whatever the value. */
  concerns: (run: RunConfig) => boolean;
  put: (run: RunConfig, value: number) => RunConfig;
}

const gate = (run: RunConfig, patch: Partial<RunConfig['gate']>): RunConfig => ({
  ...run,
  gate: { ...run.gate, ...patch },
});
const learns = (run: RunConfig) => isGated(run) && learnsThreshold(run.gate);

export const GRID_INFO: Record<GridField, FieldInfo> = {
  learningRate: {
    example: '0.001, 0.003, 0.01',
    concerns: () => true,
    put: (run, learningRate) => ({ ...run, learningRate }),
  },
  rank: {
    example: '4, 8, 16',
    concerns: () => true,
    // α/r stays what it is, so that the rank alone changes.
    put: (run, rank) => ({
      ...run,
      rank,
      alpha: (run.alpha * rank) / run.rank,
      adalora: { ...run.adalora, initRank: Math.max(run.adalora.initRank, startRank(rank)) },
    }),
  },
  alpha: { example: '8, 16, 32', concerns: () => true, put: (run, alpha) => ({ ...run, alpha }) },
  loraPlusRatio: {
    example: '1, 4, 16',
    concerns: () => true,
    put: (run, loraPlusRatio) => ({ ...run, loraPlusRatio }),
  },
  dropout: {
    percent: true,
    example: '0, 5, 10',
    concerns: (run) => run.method !== 'dora' && run.method !== 'ts-dora',
    put: (run, dropout) => ({ ...run, dropout }),
  },
  target: { percent: true, example: '30, 50, 70', concerns: learns, put: (run, target) => gate(run, { target }) },
  lambdaBar: { example: '0, 0.1, 0.5', concerns: learns, put: (run, lambdaBar) => gate(run, { lambdaBar }) },
  keep: {
    percent: true,
    example: '30, 50, 70',
    concerns: (run) =>
      isGated(run) && (run.gate.rule === 'quantile' || (run.gate.rule === 'random' && run.gate.follows === null)),
    put: (run, keep) => gate(run, { keep }),
  },
};

/** One axis as the form has it. */
export interface Axis {
  field: GridField;
  /** Numbers, parted by commas or spaces. */
  values: string;
}

/** Values of an axis as typed and as they are set; a string says what is wrong with the list. */
export function axisValues({ field, values }: Axis): { shown: string; value: number }[] | string {
  const info = GRID_INFO[field];
  const {
    field: {
      [field]: { label },
    },
    problem: t,
  } = texts().experiment.grid;
  const parts = values.split(/[\s,;]+/).filter(Boolean);
  if (parts.length === 0) return t.none(label, info.example);
  if (parts.length > MAX_VALUES) return t.many(label, MAX_VALUES);
  const numbers = parts.map((shown) => ({ shown, value: Number(shown) / (info.percent ? 100 : 1) }));
  const wrong = numbers.find((v) => !Number.isFinite(v.value));
  if (wrong) return t.number(label, wrong.shown);
  if (new Set(numbers.map((v) => v.value)).size < numbers.length) return t.duplicate(label);
  return numbers;
}

/** Arms of a grid, setting by setting. */
export interface Expanded {
  arms: RunConfig[];
  grid: NonNullable<Study['grid']>;
}

/**
 * Every run with every setting. A run that none of the fields concerns (a target skip, where there is no gate) stands once
 * on its own; a random gate follows the run of its own setting. A string says what is wrong.
 * @param train what the arms are checked with
 */
export function expandGrid(
  runs: readonly RunConfig[],
  axes: readonly Axis[],
  train: ExperimentConfig['train'],
): Expanded | string {
  const t = texts().experiment.grid;
  const named = (setting: readonly { field: GridField; shown: string }[]) =>
    t.list(setting.map((s) => t.field[s.field].at(s.shown)));
  if (axes.length === 2 && axes[0].field === axes[1].field) return t.problem.same;
  const lists: { field: GridField; list: { shown: string; value: number }[] }[] = [];
  for (const axis of axes) {
    const list = axisValues(axis);
    if (typeof list === 'string') return list;
    lists.push({ field: axis.field, list });
  }
  const settings = lists.reduce<{ field: GridField; shown: string; value: number }[][]>(
    (all, { field, list }) => all.flatMap((setting) => list.map((v) => [...setting, { field, ...v }])),
    [[]],
  );
  const arms: RunConfig[] = [];
  const groups: Expanded['grid']['settings'] = [];
  /** The plain copy of a run, by what of the setting concerned it. */
  const made = new Map<string, string>();
  for (const setting of settings) {
    const ids: string[] = [];
    const idOf = new Map<string, string>();
    runs.forEach((run, i) => {
      const mine = setting.filter((s) => touches(s.field, run, runs));
      const key = `${i}/${mine.map((s) => `${s.field}=${s.value}`).join()}`;
      const known = made.get(key);
      if (known !== undefined) {
        idOf.set(run.id, known);
        return;
      }
      const id = `r${i + 1}-s${groups.length + 1}`;
      const own = mine.filter((s) => GRID_INFO[s.field].concerns(run));
      const words = named(mine);
      const set = own.reduce((r, s) => GRID_INFO[s.field].put(r, s.value), run);
      const follows = run.gate.follows === null ? null : (idOf.get(run.gate.follows) ?? null);
      arms.push({
        ...set,
        id,
        name: words ? t.list([run.name.slice(0, 58 - words.length), words]).slice(0, 60) : run.name,
        gate: { ...set.gate, follows },
      });
      made.set(key, id);
      idOf.set(run.id, id);
      ids.push(id);
    });
    if (ids.length > 0) groups.push({ name: named(setting), arms: ids, reference: idOf.get(runs[0].id)! });
  }
  const unused = axes.find((a) => !runs.some((r) => GRID_INFO[a.field].concerns(r)));
  if (unused) return t.problem.unused(t.field[unused.field].label);
  if (arms.length > MAX_ARMS) return t.problem.variants(arms.length, MAX_ARMS);
  const expanded = { arms, grid: { fields: axes.map((a) => a.field), settings: groups } };
  for (const session of sessionsOf(expanded)) {
    const [problem] = experimentProblems({ train, runs: session });
    if (problem) return t.problem.setting(describeProblem(problem, { runs: session }));
  }
  return expanded;
}

/** Whether a field concerns a run, or one that it follows or is followed by: these are copied together. */
function touches(field: GridField, run: RunConfig, runs: readonly RunConfig[]): boolean {
  const root = isFollower(run) ? run.gate.follows : run.id;
  return runs.some(
    (r) => (r.id === root || (isFollower(r) && r.gate.follows === root)) && GRID_INFO[field].concerns(r),
  );
}

const isFollower = (run: RunConfig): boolean => isGated(run) && run.gate.rule === 'random' && run.gate.follows !== null;

/** Arms in the sessions that train them, at most eight at a time; a setting's arms stay together where they fit. */
export function sessionsOf({ arms, grid }: Pick<Study, 'arms' | 'grid'>): RunConfig[][] {
  if (!grid) return [arms];
  const sessions: RunConfig[][] = [];
  for (const setting of grid.settings) {
    const mine = arms.filter((a) => setting.arms.includes(a.id));
    const last = sessions.at(-1);
    if (last && last.length + mine.length <= PER_SESSION) last.push(...mine);
    else sessions.push(mine);
  }
  return sessions;
}
