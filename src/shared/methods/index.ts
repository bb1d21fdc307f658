/** The methods by name. Nothing outside this folder and the engine's asks which method it is. */
import { METHOD_LIST } from './list';
import type { MethodDescription } from './method';

type Listed = (typeof METHOD_LIST)[number];
export type MethodName = Listed['name'];

const ALL: readonly MethodDescription[] = METHOD_LIST;

export const METHODS = ALL.map(({ name }) => name) as [MethodName, ...MethodName[]];
/** What people call them. */
export const METHOD_NAMES = Object.fromEntries(ALL.map(({ name, label }) => [name, label])) as Record<
  MethodName,
  string
>;

export const methodOf = ({ method }: { method: MethodName }): MethodDescription =>
  ALL.find(({ name }) => name === method)!;

/** The method that applies an update to every token, or to those that a gate leaves; undefined where there is none. */
export const methodWith = (update: string, gated: boolean): MethodName | undefined =>
  ALL.find((m) => m.update === update && m.gated === gated)?.name as MethodName | undefined;

/** Settings that a method alone has, by the name of its update. */
export type OwnSettings = {
  [M in Listed as M extends { settings: object } ? M['update'] : never]: M extends { settings: infer S } ? S : never;
};
export type OwnGroup = keyof OwnSettings;

export const OWN_SETTINGS = Object.fromEntries(
  ALL.flatMap(({ settings, update }) => (settings ? [[update, settings]] : [])),
) as OwnSettings;
export const OWN_GROUPS = Object.keys(OWN_SETTINGS) as OwnGroup[];

/** Where a method's first rank is set: its group of a run, and the key there; of every method that has one. */
export const FIRST_RANKS = OWN_GROUPS.flatMap((group) => {
  const { firstRank } = ALL.find(({ update }) => update === group)!;
  return firstRank ? [{ group, ...firstRank }] : [];
});
