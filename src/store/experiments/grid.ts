/**
 * A grid of settings: one or two fields with lists of values, multiplied with what is compared. Pure: from the form's
 * text to variants, and from variants to the sessions that train them.
 */
import { type SessionConfig, type RunConfig, sessionProblems, followedBy, withFirstRanks } from '../../shared/config';
import { type Named, type RunGroup, SWEPT, applies, withValues } from '../../shared/settings';
import { MAX_VARIANTS, type Experiment } from '../../shared/experiment';
import { type Message, isMessage, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { describeProblem } from '../configure/names';

/** Runs of one session at most. */
const PER_SESSION = 8;
/** Values of one field at most. */
const MAX_VALUES = 8;

/** Whether a run has a setting at all; the others run once, whatever the value. */
const concerns = (field: string, run: RunConfig): boolean => applies(settingOf(field), run);

/** The setting that an axis names. Keys of swept settings differ. */
export const settingOf = (field: string): Named => SWEPT.find((s) => s.key === field)!;

/** What the field of a setting is called, with its unit. */
function labelOf(field: string): Message {
  const { group, key, setting } = settingOf(field);
  return message('store.place.labelled', { group, key, unit: setting.unit ?? null });
}

/** A setting's value put into a run. */
function put(run: RunConfig, field: string, value: number): RunConfig {
  const { group, key } = settingOf(field);
  if (key === 'rank') return withRank(run, value);
  return withValues(run, group as RunGroup, { [key]: value });
}

/** α/r stays what it is, so that the rank alone changes. */
const withRank = (run: RunConfig, rank: number): RunConfig => ({
  ...run,
  rank,
  alpha: (run.alpha * rank) / run.rank,
  ...withFirstRanks(run, rank, Math.max),
});

/** One axis as the form has it. */
export interface Axis {
  /** Key of a setting that may vary. */
  field: string;
  /** Numbers, parted by commas or spaces. */
  values: string;
}

/** Values of an axis as typed and as they are set; a message says what is wrong with the list. */
export function axisValues({ field, values }: Axis): { shown: string; value: number }[] | Message {
  const { setting } = settingOf(field);
  const label = labelOf(field);
  const parts = values.split(/[\s,;]+/).filter(Boolean);
  if (parts.length === 0) return message('store.grid.none', { label, example: setting.sweep! });
  if (parts.length > MAX_VALUES) return message('store.grid.many', { label, most: MAX_VALUES });
  const numbers = parts.map((shown) => ({ shown, value: Number(shown) / (setting.unit === 'percent' ? 100 : 1) }));
  const wrong = numbers.find((v) => !Number.isFinite(v.value));
  if (wrong) return message('store.grid.number', { label, value: wrong.shown });
  if (new Set(numbers.map((v) => v.value)).size < numbers.length) return message('store.grid.duplicate', { label });
  return numbers;
}

/** Variants of a grid, setting by setting. */
export interface Expanded {
  variants: RunConfig[];
  grid: NonNullable<Experiment['grid']>;
}

/**
 * Every run with every setting. A run that none of the fields concerns (a target skip, where there is no gate) stands once
 * on its own; a random gate follows the run of its own setting. A message says what is wrong.
 * @param train what the variants are checked with
 */
export function expandGrid(
  runs: readonly RunConfig[],
  axes: readonly Axis[],
  train: SessionConfig['train'],
  names: Pick<Names, 'setting' | 'variant'>,
): Expanded | Message {
  if (axes.length === 2 && axes[0].field === axes[1].field) return message('store.grid.same');
  const lists: { field: string; list: { shown: string; value: number }[] }[] = [];
  for (const axis of axes) {
    const list = axisValues(axis);
    if (isMessage(list)) return list;
    lists.push({ field: axis.field, list });
  }
  const settings = lists.reduce<{ field: string; shown: string; value: number }[][]>(
    (all, { field, list }) => all.flatMap((setting) => list.map((v) => [...setting, { field, ...v }])),
    [[]],
  );
  const variants: RunConfig[] = [];
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
      const own = mine.filter((s) => concerns(s.field, run));
      const set = own.reduce((r, s) => put(r, s.field, s.value), run);
      const follows = run.gate.follows === null ? null : (idOf.get(run.gate.follows) ?? null);
      variants.push({
        ...set,
        id,
        name: names.variant(run.name, names.setting(mine)),
        gate: { ...set.gate, follows },
      });
      made.set(key, id);
      idOf.set(run.id, id);
      ids.push(id);
    });
    if (ids.length > 0) groups.push({ name: names.setting(setting), variants: ids, reference: idOf.get(runs[0].id)! });
  }
  const unused = axes.find((a) => !runs.some((r) => concerns(a.field, r)));
  if (unused) return message('store.grid.unused', { label: labelOf(unused.field) });
  if (variants.length > MAX_VARIANTS) return message('store.grid.variants', { n: variants.length, most: MAX_VARIANTS });
  const expanded = { variants, grid: { fields: axes.map((a) => a.field), settings: groups } };
  for (const session of sessionsOf(expanded)) {
    const [problem] = sessionProblems({ train, runs: session });
    if (problem) return message('store.grid.setting', { problem: describeProblem(problem, { runs: session }) });
  }
  return expanded;
}

/** Whether a field concerns a run, or one that it follows or is followed by: these are copied together. */
function touches(field: string, run: RunConfig, runs: readonly RunConfig[]): boolean {
  const root = followedBy(run) ?? run.id;
  return runs.some((r) => (r.id === root || followedBy(r) === root) && concerns(field, r));
}

/** Variants in the sessions that train them, at most eight at a time; a setting's variants stay together where they fit. */
export function sessionsOf({ variants, grid }: Pick<Experiment, 'variants' | 'grid'>): RunConfig[][] {
  if (!grid) return [variants];
  const sessions: RunConfig[][] = [];
  for (const setting of grid.settings) {
    const mine = variants.filter((a) => setting.variants.includes(a.id));
    const last = sessions.at(-1);
    if (last && last.length + mine.length <= PER_SESSION) last.push(...mine);
    else sessions.push(mine);
  }
  return sessions;
}
