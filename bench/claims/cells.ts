/** The stored cells: where they lie, which learning rate they choose, and what is still to be trained. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cell, Measured } from './cell';
import { type CellId, type ClaimMethod, RATES, SCALED, type Search, type Tier, tierOf } from './plan';

export type Place = Pick<CellId, 'model' | 'set'>;

export const FOLDER = 'docs/claims/cells';
const fileOf = ({ model, set }: Place, folder: string) => join(folder, model, `${set}.jsonl`);

export const cellsOf = (place: Place, folder: string): Cell[] => linesOf<Cell>(place, folder);

/** What is stored under a name; nothing where there is no file. */
export function linesOf<T>(place: Place, folder: string): T[] {
  const file = fileOf(place, folder);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

export function store(place: Place, folder: string, line: object): void {
  const file = fileOf(place, folder);
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

export const same = (a: CellId, b: CellId) => a.method === b.method && a.seed === b.seed && a.rate === b.rate;

/** One way to measure the cells of a method: what its rate is chosen by, and what is measured at that rate. */
export interface Reading {
  method: ClaimMethod;
  /** Dev loss. One that is not finite is null in a file. */
  dev: (cell: Cell) => number | null;
  measured: (cell: Cell) => Omit<Measured, 'tokens'> | null;
}

export const plain = (method: ClaimMethod): Reading => ({ method, dev: (c) => c.dev, measured: (c) => c });
/** At the scale that is best on the dev split. */
export const scaled = (method: ClaimMethod): Reading => ({
  method,
  dev: (c) => c.scaled?.dev ?? null,
  measured: (c) => c.scaled ?? null,
});

const readingsOf = (method: ClaimMethod): Reading[] =>
  SCALED.includes(method) ? [plain(method), scaled(method)] : [plain(method)];

type Found = { rate: number } | { next: Pick<CellId, 'method' | 'rate' | 'seed'>[] };

/**
 * The rate of a reading's tier; or that with the lowest mean dev loss over the tuning seeds, of those that did best on
 * the first of them.
 */
function searchRate(model: CellId['model'], cells: readonly Cell[], reading: Reading): Found {
  const tier = tierOf(model, reading.method);
  if (!tier) throw new Error(`${reading.method} is not planned on ${model}`);
  if (typeof tier.rate === 'number') return { rate: tier.rate };
  return searchBy(tier.rate, cells, tier.rate.by ? plain(tier.rate.by) : reading);
}

/** @returns the rate, or what must be trained before it is known */
export function searchBy({ first, seeds, finalists }: Search, cells: readonly Cell[], { method, dev }: Reading): Found {
  const lossOf = (rate: number, seed: number): number | null => {
    const cell = cells.find((c) => same(c, { ...c, method, seed, rate }));
    return cell ? (dev(cell) ?? Infinity) : null;
  };
  const [start, ...others] = seeds;
  const wanted = (rates: readonly number[], of: readonly number[]) =>
    rates
      .flatMap((rate) => of.map((seed) => ({ method, rate, seed })))
      .filter(({ rate, seed }) => lossOf(rate, seed) === null);
  const begin = wanted(first, [start]);
  if (begin.length > 0) return { next: begin };
  const tried = RATES.filter((rate) => lossOf(rate, start) !== null).sort(
    (a, b) => lossOf(a, start)! - lossOf(b, start)! || a - b,
  );
  const at = RATES.indexOf(tried[0]);
  const neighbours = wanted([RATES[at - 1], RATES[at + 1]].filter(Boolean), [start]);
  if (neighbours.length > 0) return { next: neighbours };
  const best = tried.slice(0, finalists);
  const last = wanted(best, others);
  if (last.length > 0) return { next: last };
  const total = (rate: number) => seeds.reduce((sum, seed) => sum + lossOf(rate, seed)!, 0);
  return { rate: best.reduce((a, b) => (total(b) < total(a) ? b : a)) };
}

/** What is still to be done of a model and set: of each method the rates first, then the seeds at the best of them. */
export function left(
  place: Place,
  cells: readonly Cell[],
  methods: readonly ClaimMethod[],
  seeds: readonly number[],
): CellId[] {
  return methods.flatMap((method) => {
    const ids = readingsOf(method).flatMap((reading): CellId[] => {
      const found = searchRate(place.model, cells, reading);
      const next = 'next' in found ? found.next : seeds.map((seed) => ({ method, rate: found.rate, seed }));
      return next.map((id) => ({ ...place, ...id }));
    });
    // Both readings may ask for the same.
    return ids.filter((id, i) => ids.findIndex((o) => same(o, id)) === i && !cells.some((c) => same(c, id)));
  });
}

/**
 * Cells of a tier on a set: a method tries some four rates on one seed and its finalists on the others, and has its
 * seeds at one of them, or at two where it is scaled and both readings have a rate of their own.
 */
export function expected({ methods, seeds, rate }: Tier): number {
  if (typeof rate === 'number') return methods.length * seeds.length;
  const searched = 4 + rate.finalists * (rate.seeds.length - 1);
  const trained = (method: ClaimMethod) => seeds.length * (SCALED.includes(method) && !rate.by ? 1.5 : 1);
  return Math.round(methods.reduce((sum, method) => sum + trained(method), (rate.by ? 1 : methods.length) * searched));
}

/** The measured examples of a reading, seed by seed; null where a cell is missing, or its loss is not finite. */
export function measuredOf(
  cells: readonly Cell[],
  reading: Reading,
  seeds: readonly number[],
): { rate: number | null; cells: (Cell | null)[]; measured: (Measured | null)[] } {
  const found: Found = cells.length > 0 ? searchRate(cells[0].model, cells, reading) : { next: [] };
  if ('next' in found) return { rate: null, cells: seeds.map(() => null), measured: seeds.map(() => null) };
  const own = seeds.map(
    (seed) => cells.find((c) => same(c, { ...c, method: reading.method, seed, rate: found.rate })) ?? null,
  );
  const measured = own.map((cell) => {
    const of = cell && reading.measured(cell);
    if (!of?.sums.every((x) => x !== null)) return null;
    // Readings of a cell have its tokens.
    return { ...of, tokens: cell!.tokens };
  });
  return { rate: found.rate, cells: own, measured };
}
