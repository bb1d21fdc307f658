/** Which examples are in the validation split: by seed, copies together, the same share of every label. */
import { DataError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { message } from '../shared/message';

export interface SplitInput {
  /** By example: equal where what is kept of them is equal. */
  copy: readonly number[];
  /** By example: equal where the question is the same but for case and spaces; null where that means nothing. */
  question: readonly number[] | null;
  /** By example; null where there are no labels. */
  label: readonly string[] | null;
  /** By example: whether it comes from a file that is only measured on; null where there is no such file. */
  given?: readonly boolean[] | null;
}

export interface Split {
  /** Examples, in their order; and in seeded random order, so that their first N are a fair sample. */
  train: number[];
  validation: number[];
  /** Validation examples whose question is also trained on. */
  leaks: number[];
}

/**
 * @param together whether examples with the same question stay on one side, as exact copies always do.
 * @throws {DataError} when fewer than two different examples are there.
 */
export function splitExamples(
  { copy, question, label, given }: SplitInput,
  share: number,
  seed: number,
  together: boolean,
): Split {
  if (given && given.includes(true) && given.includes(false)) return splitByFile(given, question, seed);
  const groups = grouped(copy, together ? question : null);
  if (groups.length < 2) {
    const why =
      copy.length === 0 ? 'none' : copy.length === 1 ? 'one' : together && new Set(copy).size > 1 ? 'ask' : 'same';
    throw new DataError(message('data.examples.noSplit', { why }));
  }
  const wanted = Math.max(1, Math.round(share * copy.length));
  const order = new Rng(seed).shuffle(groups);
  const taken = new Set<number[]>();
  const validation: number[] = [];
  const take = (group: number[]) => {
    taken.add(group);
    validation.push(...group);
  };
  // What nobody learns cannot be measured: the last group of a label stays where it is learnt from.
  const groupsLeft = new Map<string, number>();
  if (label) for (const group of groups) groupsLeft.set(label[group[0]], (groupsLeft.get(label[group[0]]) ?? 0) + 1);
  const spare = (group: number[]) => !label || groupsLeft.get(label[group[0]])! > 1;
  const takeOf = (group: number[]) => {
    if (label) groupsLeft.set(label[group[0]], groupsLeft.get(label[group[0]])! - 1);
    take(group);
  };
  if (label) {
    const quota = quotas(label, wanted);
    for (const group of order) {
      const left = quota.get(label[group[0]])!;
      if (group.length > left || !spare(group)) continue;
      quota.set(label[group[0]], left - group.length);
      takeOf(group);
    }
  }
  // Without labels this is all; with them it fills what groups of copies have left open.
  for (const group of order)
    if (
      !taken.has(group) &&
      spare(group) &&
      validation.length + group.length <= wanted &&
      taken.size + 1 < groups.length
    )
      takeOf(group);
  if (validation.length === 0) {
    const smallest = (among: number[][]) => among.reduce((a, b) => (b.length < a.length ? b : a));
    const spared = order.filter(spare);
    take(smallest(spared.length > 0 ? spared : order));
  }
  const out = new Set(validation);
  const train = copy.map((_, i) => i).filter((i) => !out.has(i));
  const asked = question ? new Set(train.map((i) => question[i])) : null;
  return { train, validation, leaks: asked ? validation.filter((i) => asked.has(question![i])) : [] };
}

/** The split that the files are: what lies in a file to measure on is the validation split, in seeded random order. */
function splitByFile(given: readonly boolean[], question: readonly number[] | null, seed: number): Split {
  const all = given.map((_, i) => i);
  const train = all.filter((i) => !given[i]);
  const validation = new Rng(seed).shuffle(all.filter((i) => given[i]));
  const asked = question ? new Set(train.map((i) => question[i])) : null;
  return { train, validation, leaks: asked ? validation.filter((i) => asked.has(question![i])) : [] };
}

/** Examples that must stay together, in order of their first one. */
function grouped(copy: readonly number[], question: readonly number[] | null): number[][] {
  const parent = copy.map((_, i) => i);
  const root = (i: number): number => {
    let r = i;
    while (parent[r] !== r) r = parent[r];
    for (let j = i; parent[j] !== r; ) [parent[j], j] = [r, parent[j]];
    return r;
  };
  for (const keys of question ? [copy, question] : [copy]) {
    const first = new Map<number, number>();
    keys.forEach((key, i) => {
      const before = first.get(key);
      if (before === undefined) first.set(key, i);
      else {
        const [a, b] = [root(before), root(i)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    });
  }
  const groups = new Map<number, number[]>();
  copy.forEach((_, i) => {
    const r = root(i);
    const group = groups.get(r);
    if (group) group.push(i);
    else groups.set(r, [i]);
  });
  return [...groups.values()];
}

/**
 * How many of each label go to the validation split: shares rounded so that they add up to `wanted` (largest remainders
 * first).
 */
function quotas(label: readonly string[], wanted: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const l of label) counts.set(l, (counts.get(l) ?? 0) + 1);
  const exact = [...counts].map(([l, n]) => ({ l, exact: (n * wanted) / label.length }));
  const quota = new Map(exact.map((e) => [e.l, Math.floor(e.exact)]));
  let left = wanted - [...quota.values()].reduce((a, b) => a + b, 0);
  for (const { l } of exact.toSorted((a, b) => (b.exact % 1) - (a.exact % 1)))
    if (left-- > 0) quota.set(l, quota.get(l)! + 1);
  return quota;
}
