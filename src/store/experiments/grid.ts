/**
 * A grid of settings: one or two fields with lists of values, multiplied with what is compared. Pure: from the form's
 * text to variants, and from variants to the sessions that train them.
 */
import { type RunConfig, type SessionConfig, followedBy, sessionProblems, withFirstRanks } from '../../shared/config';
import type { Setting } from '../../shared/settings/setting';
import { type Named, type RunGroup, applies, sweepOf, sweptSetting, withValues } from '../../shared/settings';
import { MAX_VARIANTS, type Experiment } from '../../shared/experiment';
import { type Message, isMessage, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { describeProblem } from '../configure/names';

/** Runs of one session at most. */
const PER_SESSION = 8;
/** Values of one field at most. */
const MAX_VALUES = 12;

/** Whether a run has a setting at all; the others run once, whatever the value. */
const concerns = (field: string, run: RunConfig): boolean => applies(settingOf(field), run);

/** The setting that an axis names. */
export const settingOf = (field: string): Named => sweptSetting(field)!;

/** A value that a setting is given. */
type Value = number | string | boolean;

/** What the field of a setting is called, with its unit. */
function labelOf(field: string): Message {
  const { group, key, setting } = settingOf(field);
  return message('store.place.labelled', { group, key, unit: setting.unit ?? null });
}

/** A setting's value put into a run; what a session shares is none of the run's. */
function put(run: RunConfig, field: string, value: Value): RunConfig {
  const { group, key } = settingOf(field);
  if (group === 'train') return run;
  if (key === 'rank') return withRank(run, value as number);
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
  /** A setting that may vary, by `fieldOf`. */
  field: string;
  /** Numbers, or words of a choice, parted by commas or spaces. */
  values: string;
}

/** Values of an axis as typed and as they are set; a message says what is wrong with the list. */
export function axisValues({ field, values }: Axis): { shown: string; value: Value }[] | Message {
  const named = settingOf(field);
  const { setting } = named;
  const label = labelOf(field);
  const parts = values.split(/[\s,;]+/).filter(Boolean);
  if (parts.length === 0) return message('store.grid.none', { label, example: sweepOf(named) });
  if (parts.length > MAX_VALUES) return message('store.grid.many', { label, most: MAX_VALUES });
  const read = parts.map((shown) => ({ shown, value: valueOf(setting, shown) }));
  const wrong = read.find((v) => v.value === null);
  if (wrong)
    return setting.kind === 'choice' || setting.kind === 'flag'
      ? message('store.grid.choice', { label, value: wrong.shown, known: sweepOf(named) })
      : message('store.grid.number', { label, value: wrong.shown });
  const list = read.flatMap(({ shown, value }) => (value === null ? [] : [{ shown, value }]));
  return new Set(list.map((v) => v.value)).size < list.length ? message('store.grid.duplicate', { label }) : list;
}

/** A value as it is set, of what was typed; null where it is none. */
function valueOf(setting: Setting, shown: string): Value | null {
  if (setting.kind === 'flag') return shown === 'true' ? true : shown === 'false' ? false : null;
  if (setting.kind === 'choice') return setting.values.includes(shown) ? shown : null;
  const value = Number(shown) / (setting.unit === 'percent' ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

/** Variants of a grid, setting by setting. */
export interface Expanded {
  variants: RunConfig[];
  grid: NonNullable<Experiment['grid']>;
}

/**
 * Every run with every setting. A run that none of the fields concerns (a target skip, where there is no gate) stands
 * once on its own; a random gate follows the run of its own setting. A message says what is wrong.
 * @param train what the variants are checked with
 */
export function expandGrid(
  runs: readonly RunConfig[],
  axes: readonly Axis[],
  train: SessionConfig['train'],
  names: Pick<Names, 'setting' | 'variant'>,
): Expanded | Message {
  if (axes.length === 2 && axes[0].field === axes[1].field) return message('store.grid.same');
  const lists: { field: string; list: { shown: string; value: Value }[] }[] = [];
  for (const axis of axes) {
    const list = axisValues(axis);
    if (isMessage(list)) return list;
    lists.push({ field: axis.field, list });
  }
  const settings = lists.reduce<{ field: string; shown: string; value: Value }[][]>(
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
    const shared = Object.fromEntries(
      setting.flatMap(({ field, value }) => {
        const { group, key } = settingOf(field);
        return group === 'train' ? [[key, value]] : [];
      }),
    );
    if (ids.length > 0)
      groups.push({ name: names.setting(setting), variants: ids, reference: idOf.get(runs[0].id)!, train: shared });
  }
  const unused = axes.find((a) => !runs.some((r) => concerns(a.field, r)));
  if (unused) return message('store.grid.unused', { label: labelOf(unused.field) });
  if (variants.length > MAX_VARIANTS) return message('store.grid.variants', { n: variants.length, most: MAX_VARIANTS });
  const expanded = { variants, grid: { fields: axes.map((a) => a.field), settings: groups } };
  for (const session of sessionsOf(expanded)) {
    const [problem] = sessionProblems({ train: { ...train, ...sharedOf(expanded.grid, session) }, runs: session });
    if (problem) return message('store.grid.setting', { problem: describeProblem(problem, { runs: session }) });
  }
  return expanded;
}

/** Whether a field concerns a run, or one that it follows or is followed by: these are copied together. */
function touches(field: string, run: RunConfig, runs: readonly RunConfig[]): boolean {
  const root = followedBy(run) ?? run.id;
  return runs.some((r) => (r.id === root || followedBy(r) === root) && concerns(field, r));
}

/** Settings of training that the variants of one session have in the place of the experiment's. */
export function sharedOf(grid: Experiment['grid'], session: readonly Pick<RunConfig, 'id'>[]): Record<string, Value> {
  const setting = grid?.settings.find((s) => s.variants.some((id) => session.some((run) => run.id === id)));
  return setting?.train ?? {};
}

/**
 * Variants in the sessions that train them, at most eight at a time; a setting's variants stay together where they fit,
 * and those of other settings of training have sessions of their own.
 */
export function sessionsOf({ variants, grid }: Pick<Experiment, 'variants' | 'grid'>): RunConfig[][] {
  if (!grid) return [variants];
  const sessions: RunConfig[][] = [];
  let shared = '';
  for (const setting of grid.settings) {
    const mine = variants.filter((a) => setting.variants.includes(a.id));
    const last = sessions.at(-1);
    const same = shared === JSON.stringify(setting.train);
    shared = JSON.stringify(setting.train);
    if (last && same && last.length + mine.length <= PER_SESSION) last.push(...mine);
    else sessions.push(mine);
  }
  return sessions;
}
