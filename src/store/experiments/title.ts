/** What an experiment is called: said anew in the language in use, from what it is made of. */
import type { Experiment } from '../../shared/experiment';
import type { Names } from '../../shared/names';

/** Runs that a name names each; more of them are counted. */
const NAMED = 4;

type Titled = Pick<Experiment, 'title' | 'seeds' | 'grid'>;

/** @returns at most 120 characters, in the language of `names` */
export function saidTitle(
  { seeds, grid, title }: Titled & { title: NonNullable<Titled['title']> },
  names: Names['experiment'],
): string {
  const n = seeds.length;
  if (title.kind === 'importance') return names.importance(n);
  const { of, runs } = title;
  const all = runs.length > NAMED ? names.many(of, runs.length) : runs.join(' / ');
  return grid ? names.grid(all, grid.fields, n) : names.compare(all, n);
}

/**
 * The name of an experiment that is kept; those of earlier versions have the one that they were given, in the language
 * of then.
 */
export function titleOf(experiment: Titled & Pick<Experiment, 'name'>, names: Names['experiment']): string {
  const { title } = experiment;
  return title ? saidTitle({ ...experiment, title }, names) : experiment.name;
}
