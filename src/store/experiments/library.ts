/**
 * Where experiments live: IndexedDB, so that finished cells outlive the page. What is read back is checked by schema; a
 * record that does not fit is counted and left alone.
 */
import { type Cell, type Experiment, cellKey, cellSchema, experimentSchema } from '../../shared/experiment';
import { renamed } from '../../shared/formerNames';
import { pictureBytes } from '../../shared/pictures';
import type { TokenSet } from '../../shared/types';
import { openDatabase } from '../database';

/** The data set of an experiment as tokens. */
export interface ExperimentData {
  train: TokenSet;
  validation: TokenSet;
}

/** Largest token sets that are kept beside an experiment, in bytes. */
export const MAX_KEPT_BYTES = 64 << 20;

export function dataBytes({ train, validation }: ExperimentData): number {
  return [train, validation].reduce(
    (sum, { ids, offsets, supervised, pictures }) =>
      sum + [ids, offsets, supervised, pictures?.values].reduce((n, array) => n + (array?.byteLength ?? 0), 0),
    0,
  );
}

export interface Library {
  /** All experiments with their cells, newest first, and how many records could not be read. */
  all(): Promise<{ experiments: { experiment: Experiment; cells: Cell[] }[]; unreadable: number }>;
  saveExperiment(experiment: Experiment): Promise<void>;
  /** All at once, or none. */
  saveCells(cells: readonly Cell[]): Promise<void>;
  saveData(id: string, data: ExperimentData): Promise<void>;
  /** The data kept for an experiment; null where there are none or they are damaged. */
  data(id: string): Promise<ExperimentData | null>;
  remove(id: string): Promise<void>;
}

/** In the page's database. Every method rejects where the browser forbids it (some private windows). */
export function openLibrary(): Library {
  /** Keys of everything that belongs to one experiment. */
  const cellsOf = (id: string) => IDBKeyRange.bound(`${id}/`, `${id}/\uffff`);
  return {
    async all() {
      const [experiments, cells] = await Promise.all([
        (await openDatabase()).getAll('studies'),
        (await openDatabase()).getAll('cells'),
      ]);
      return readAll(experiments, cells);
    },
    async saveExperiment(experiment) {
      await (await openDatabase()).put('studies', experiment, experiment.id);
    },
    async saveCells(cells) {
      const transaction = (await openDatabase()).transaction('cells', 'readwrite');
      await Promise.all([...cells.map((c) => transaction.store.put(c, cellKey(c))), transaction.done]);
    },
    async saveData(id, data) {
      await (await openDatabase()).put('data', data, id);
    },
    async data(id) {
      return readData(await (await openDatabase()).get('data', id));
    },
    async remove(id) {
      const transaction = (await openDatabase()).transaction(['studies', 'cells', 'data'], 'readwrite');
      await Promise.all([
        transaction.objectStore('studies').delete(id),
        transaction.objectStore('cells').delete(cellsOf(id)),
        transaction.objectStore('data').delete(id),
        transaction.done,
      ]);
    },
  };
}

/** Checks records that came from outside. A cell without its experiment counts as unreadable. */
export function readAll(
  experiments: readonly unknown[],
  cells: readonly unknown[],
): Awaited<ReturnType<Library['all']>> {
  const found = experiments
    .map((s) => experimentSchema.safeParse(s))
    .filter((r) => r.success)
    .map((r) => ({ experiment: r.data, cells: [] as Cell[] }));
  let read = found.length;
  for (const value of cells) {
    const cell = cellSchema.safeParse(value);
    const owner = cell.success ? found.find((f) => f.experiment.id === cell.data.experiment) : undefined;
    if (!cell.success || !owner) continue;
    owner.cells.push(cell.data);
    read++;
  }
  found.sort((a, b) => b.experiment.createdAt - a.experiment.createdAt);
  return { experiments: found, unreadable: experiments.length + cells.length - read };
}

function isTokenSet(value: unknown): value is TokenSet {
  if (typeof value !== 'object' || value === null) return false;
  const { ids, offsets, supervised, pictures } = value as Partial<TokenSet>;
  if (!(ids instanceof Int32Array && offsets instanceof Uint32Array && supervised instanceof Uint8Array)) return false;
  return (
    offsets.length > 1 &&
    offsets[0] === 0 &&
    offsets.at(-1) === ids.length &&
    supervised.length === ids.length &&
    (!pictures || pictures.values.length === (offsets.length - 1) * pictureBytes(pictures.format)) &&
    offsets.every((o, i) => i === 0 || o > offsets[i - 1])
  );
}

function readData(value: unknown): ExperimentData | null {
  if (typeof value !== 'object' || value === null) return null;
  // Version 1 called the validation split `heldOut`.
  const { train, validation } = renamed(value, { heldOut: 'validation' }) as Partial<ExperimentData>;
  return isTokenSet(train) && isTokenSet(validation) ? { train, validation } : null;
}
