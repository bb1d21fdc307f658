/**
 * A grid of settings: one or two fields with lists of values, multiplied with what is compared. Pure: from the form's
 * text to arms, and from arms to the sessions that train them.
 */
import { type ExperimentConfig, type RunConfig, experimentProblems, isGated, learnsThreshold, startRank } from '../../shared/config';
import { MAX_ARMS, type Study } from '../../shared/study';

/** Runs of one session at most. */
const PER_SESSION = 8;
/** Values of one field at most. */
export const MAX_VALUES = 8;

export const GRID_FIELDS = ['learningRate', 'rank', 'alpha', 'loraPlusRatio', 'dropout', 'target', 'lambdaBar', 'keep'] as const;
export type GridField = (typeof GRID_FIELDS)[number];

interface FieldInfo {
  label: string;
  /** As it stands in an arm's name. */
  phrase: (value: string) => string;
  /** Typed in percent. */
  percent?: boolean;
  example: string;
  /** Whether a run has that setting at all; the others run once, whatever the value. */
  concerns: (run: RunConfig) => boolean;
  put: (run: RunConfig, value: number) => RunConfig;
}

const gate = (run: RunConfig, patch: Partial<RunConfig['gate']>): RunConfig => ({ ...run, gate: { ...run.gate, ...patch } });
const learns = (run: RunConfig) => isGated(run) && learnsThreshold(run.gate);

export const GRID_INFO: Record<GridField, FieldInfo> = {
  learningRate: { label: 'Learning rate', phrase: (v) => `learning rate ${v}`, example: '0.001, 0.003, 0.01', concerns: () => true, put: (run, learningRate) => ({ ...run, learningRate }) },
  rank: {
    label: 'Rank', phrase: (v) => `rank ${v}`, example: '4, 8, 16', concerns: () => true,
    // α/r stays what it is, so that the rank alone changes.
    put: (run, rank) => ({ ...run, rank, alpha: (run.alpha * rank) / run.rank, adalora: { ...run.adalora, initRank: Math.max(run.adalora.initRank, startRank(rank)) } }),
  },
  alpha: { label: 'Alpha', phrase: (v) => `alpha ${v}`, example: '8, 16, 32', concerns: () => true, put: (run, alpha) => ({ ...run, alpha }) },
  loraPlusRatio: { label: 'LoRA+ ratio', phrase: (v) => `LoRA+ ${v}`, example: '1, 4, 16', concerns: () => true, put: (run, loraPlusRatio) => ({ ...run, loraPlusRatio }) },
  dropout: { label: 'Dropout, %', phrase: (v) => `dropout ${v} %`, percent: true, example: '0, 5, 10', concerns: (run) => run.method !== 'dora' && run.method !== 'ts-dora', put: (run, dropout) => ({ ...run, dropout }) },
  target: { label: 'Skipped share to steer to, %', phrase: (v) => `skip ${v} %`, percent: true, example: '30, 50, 70', concerns: learns, put: (run, target) => gate(run, { target }) },
  lambdaBar: { label: 'Price of a kept token, λ̄', phrase: (v) => `λ̄ ${v}`, example: '0, 0.1, 0.5', concerns: learns, put: (run, lambdaBar) => gate(run, { lambdaBar }) },
  keep: { label: 'Kept share, %', phrase: (v) => `keep ${v} %`, percent: true, example: '30, 50, 70', concerns: (run) => isGated(run) && (run.gate.rule === 'quantile' || (run.gate.rule === 'random' && run.gate.follows === null)), put: (run, keep) => gate(run, { keep }) },
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
  const parts = values.split(/[\s,;]+/).filter(Boolean);
  if (parts.length === 0) return `${info.label}: give at least one value, such as ${info.example}.`;
  if (parts.length > MAX_VALUES) return `${info.label}: at most ${MAX_VALUES} values.`;
  const numbers = parts.map((shown) => ({ shown, value: Number(shown) / (info.percent ? 100 : 1) }));
  const wrong = numbers.find((v) => !Number.isFinite(v.value));
  if (wrong) return `${info.label}: “${wrong.shown}” is no number.`;
  if (new Set(numbers.map((v) => v.value)).size < numbers.length) return `${info.label}: a value stands twice.`;
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
export function expandGrid(runs: readonly RunConfig[], axes: readonly Axis[], train: ExperimentConfig['train']): Expanded | string {
  if (axes.length === 2 && axes[0].field === axes[1].field) return 'Choose two different settings.';
  const lists: { field: GridField; list: { shown: string; value: number }[] }[] = [];
  for (const axis of axes) {
    const list = axisValues(axis);
    if (typeof list === 'string') return list;
    lists.push({ field: axis.field, list });
  }
  const settings = lists.reduce<{ field: GridField; shown: string; value: number }[][]>(
    (all, { field, list }) => all.flatMap((setting) => list.map((v) => [...setting, { field, ...v }])), [[]],
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
      const words = mine.map((s) => GRID_INFO[s.field].phrase(s.shown)).join(', ');
      const set = own.reduce((r, s) => GRID_INFO[s.field].put(r, s.value), run);
      const follows = run.gate.follows === null ? null : idOf.get(run.gate.follows) ?? null;
      arms.push({ ...set, id, name: words ? `${run.name.slice(0, 58 - words.length)}, ${words}`.slice(0, 60) : run.name, gate: { ...set.gate, follows } });
      made.set(key, id);
      idOf.set(run.id, id);
      ids.push(id);
    });
    if (ids.length > 0) groups.push({ name: setting.map((s) => GRID_INFO[s.field].phrase(s.shown)).join(', '), arms: ids, reference: idOf.get(runs[0].id)! });
  }
  const unused = axes.find((a) => !runs.some((r) => GRID_INFO[a.field].concerns(r)));
  if (unused) return `None of the methods chosen has the setting “${GRID_INFO[unused.field].label}”.`;
  if (arms.length > MAX_ARMS) return `That makes ${arms.length} arms; at most ${MAX_ARMS}. Choose fewer values or methods.`;
  const expanded = { arms, grid: { fields: axes.map((a) => a.field), settings: groups } };
  for (const session of sessionsOf(expanded)) {
    const [problem] = experimentProblems({ train, runs: session });
    if (!problem) continue;
    const [, i, field] = /^runs\.(\d+)\.?(.*)$/.exec(problem.path) ?? [];
    return i === undefined ? `${problem.path}: ${problem.message}.` : `${session[Number(i)].name}: ${field} ${problem.message}.`;
  }
  return expanded;
}

/** Whether a field concerns a run, or one that it follows or is followed by: these are copied together. */
function touches(field: GridField, run: RunConfig, runs: readonly RunConfig[]): boolean {
  const root = isFollower(run) ? run.gate.follows : run.id;
  return runs.some((r) => (r.id === root || (isFollower(r) && r.gate.follows === root)) && GRID_INFO[field].concerns(r));
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
