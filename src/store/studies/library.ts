/**
 * Where studies live: IndexedDB, so that finished cells outlive the page. What is read back is checked by schema; a
 * record that does not fit is counted and left alone.
 */
import { type Cell, type Study, cellKey, cellSchema, studySchema } from '../../shared/study';
import type { TokenSet } from '../../shared/types';
import { openDatabase } from '../database';

/** The data set of a study as tokens. */
export interface StudyData {
  train: TokenSet;
  heldOut: TokenSet;
}

/** Largest token sets that are kept beside a study, in bytes. */
export const MAX_KEPT_BYTES = 64 << 20;

export function dataBytes({ train, heldOut }: StudyData): number {
  return [train, heldOut].reduce(
    (sum, s) => sum + s.ids.byteLength + s.offsets.byteLength + s.supervised.byteLength,
    0,
  );
}

export interface Library {
  /** All studies with their cells, newest first, and how many records could not be read. */
  all(): Promise<{ studies: { study: Study; cells: Cell[] }[]; unreadable: number }>;
  saveStudy(study: Study): Promise<void>;
  /** All at once, or none. */
  saveCells(cells: readonly Cell[]): Promise<void>;
  saveData(id: string, data: StudyData): Promise<void>;
  /** The data kept for a study; null where there are none or they are damaged. */
  data(id: string): Promise<StudyData | null>;
  remove(id: string): Promise<void>;
}

/** In the page's database. Every method rejects where the browser forbids it (some private windows). */
export function openLibrary(): Library {
  /** Keys of everything that belongs to one study. */
  const cellsOf = (id: string) => IDBKeyRange.bound(`${id}/`, `${id}/\uffff`);
  return {
    async all() {
      const [studies, cells] = await Promise.all([
        (await openDatabase()).getAll('studies'),
        (await openDatabase()).getAll('cells'),
      ]);
      return readAll(studies, cells);
    },
    async saveStudy(study) {
      await (await openDatabase()).put('studies', study, study.id);
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

/** Checks records that came from outside. A cell without its study counts as unreadable. */
export function readAll(studies: readonly unknown[], cells: readonly unknown[]): Awaited<ReturnType<Library['all']>> {
  const found = studies
    .map((s) => studySchema.safeParse(s))
    .filter((r) => r.success)
    .map((r) => ({ study: r.data, cells: [] as Cell[] }));
  let read = found.length;
  for (const value of cells) {
    const cell = cellSchema.safeParse(value);
    const owner = cell.success ? found.find((f) => f.study.id === cell.data.study) : undefined;
    if (!cell.success || !owner) continue;
    owner.cells.push(cell.data);
    read++;
  }
  found.sort((a, b) => b.study.createdAt - a.study.createdAt);
  return { studies: found, unreadable: studies.length + cells.length - read };
}

function isTokenSet(value: unknown): value is TokenSet {
  if (typeof value !== 'object' || value === null) return false;
  const { ids, offsets, supervised } = value as Partial<TokenSet>;
  if (!(ids instanceof Int32Array && offsets instanceof Uint32Array && supervised instanceof Uint8Array)) return false;
  return (
    offsets.length > 1 &&
    offsets[0] === 0 &&
    offsets.at(-1) === ids.length &&
    supervised.length === ids.length &&
    offsets.every((o, i) => i === 0 || o > offsets[i - 1])
  );
}

function readData(value: unknown): StudyData | null {
  if (typeof value !== 'object' || value === null) return null;
  const { train, heldOut } = value as Partial<StudyData>;
  return isTokenSet(train) && isTokenSet(heldOut) ? { train, heldOut } : null;
}
