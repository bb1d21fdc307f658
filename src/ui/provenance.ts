/**
 * Where the numbers of a table come from: model, device, data by content, split and seed, and what wrote it. Plain
 * functions.
 */
import { version } from '../../package.json';
import type { Experiment, Cell } from '../shared/experiment';
import { texts } from '../shared/texts';
import type { ModelSource } from '../shared/types';
import type { ComparableRun } from '../store/comparable';
import { deviceNames } from './deviceWords';
import type { Provenance } from './paperTable';

const FACTS = ['model', 'device', 'data', 'hash', 'split', 'seed', 'software'] as const;

/** By id, and for one of the hub by revision and file, too. */
function modelName(source: ModelSource): string {
  if (source.kind === 'embedded') return source.id;
  const revision = source.kind === 'hub' ? `@${source.revision}` : '';
  return `${source.id}${revision}${source.file ? `/${source.file}` : ''}`;
}

const unique = (values: readonly (string | number | null)[]): string =>
  [...new Set(values.filter((v) => v !== null && v !== ''))].join(', ');

const labels = (): string[] => FACTS.map((fact) => texts().common.provenance[fact]);
/** What writes the tables and reports of today. */
export const SOFTWARE = `Sieve ${version}`;

/** @param rows for each row of the table the runs behind it; none for a base model */
export function provenanceOf(rows: readonly (readonly ComparableRun[])[]): Provenance {
  return {
    labels: labels(),
    rows: rows.map((runs) => [
      unique(runs.map((r) => modelName(r.model))),
      unique(runs.map((r) => deviceNames(r.devices))),
      unique(runs.map((r) => r.data)),
      unique(runs.flatMap((r) => r.recipe?.files.map((f) => f.hash) ?? [])),
      unique(runs.map((r) => r.recipe?.seed ?? null)),
      unique(runs.map((r) => r.train.seed)),
      SOFTWARE,
    ]),
  };
}

/** Of a whole experiment, whose variants share all of it. @param rows of the table */
export function provenanceOfExperiment(
  { model, data, seeds }: Pick<Experiment, 'model' | 'data' | 'seeds'>,
  cells: readonly Pick<Cell, 'devices'>[],
  rows: number,
): Provenance {
  const facts = [
    modelName(model),
    unique(cells.map((c) => deviceNames(c.devices))),
    data.name,
    unique(data.hashes),
    unique([data.splitSeed]),
    unique(seeds),
    SOFTWARE,
  ];
  return { labels: labels(), rows: Array.from({ length: rows }, () => facts) };
}
