/** The stored cells: where they lie, which learning rate they choose, and what is still to be trained. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell, Measured } from './cell';
import { type CellId, type ClaimMethod, FINALISTS, FIRST_RATES, RATES, SCALED, TUNING_SEEDS } from './plan';

export type Place = Pick<CellId, 'model' | 'set'>;

export const FOLDER = 'docs/claims/cells';
export const fileOf = ({ model, set }: Place, folder: string) => join(folder, model, `${set}.jsonl`);

export function cellsOf(place: Place, folder: string): Cell[] {
  const file = fileOf(place, folder);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Cell);
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

type Search = { rate: number } | { next: { rate: number; seed: number }[] };

/**
 * The rate with the lowest mean dev loss over the tuning seeds, of those that did best on the first of them.
 * @returns that rate, or what must be trained before it is known
 */
export function searchRate(cells: readonly Cell[], { method, dev }: Reading): Search {
  const lossOf = (rate: number, seed: number): number | null => {
    const cell = cells.find((c) => same(c, { ...c, method, seed, rate }));
    return cell ? (dev(cell) ?? Infinity) : null;
  };
  const [first, ...others] = TUNING_SEEDS;
  const wanted = (rates: readonly number[], seeds: readonly number[]) =>
    rates
      .flatMap((rate) => seeds.map((seed) => ({ rate, seed })))
      .filter(({ rate, seed }) => lossOf(rate, seed) === null);
  const start = wanted(FIRST_RATES, [first]);
  if (start.length > 0) return { next: start };
  const tried = RATES.filter((rate) => lossOf(rate, first) !== null).sort(
    (a, b) => lossOf(a, first)! - lossOf(b, first)! || a - b,
  );
  const at = RATES.indexOf(tried[0]);
  const neighbours = wanted([RATES[at - 1], RATES[at + 1]].filter(Boolean), [first]);
  if (neighbours.length > 0) return { next: neighbours };
  const finalists = tried.slice(0, FINALISTS);
  const last = wanted(finalists, others);
  if (last.length > 0) return { next: last };
  const total = (rate: number) => TUNING_SEEDS.reduce((sum, seed) => sum + lossOf(rate, seed)!, 0);
  return { rate: finalists.reduce((best, rate) => (total(rate) < total(best) ? rate : best)) };
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
      const found = searchRate(cells, reading);
      const next = 'next' in found ? found.next : seeds.map((seed) => ({ rate: found.rate, seed }));
      return next.map((id) => ({ ...place, method, ...id }));
    });
    // Both readings may ask for the same.
    return ids.filter((id, i) => ids.findIndex((o) => same(o, id)) === i && !cells.some((c) => same(c, id)));
  });
}

/**
 * Cells of a model and set: a method tries some four rates on one seed and two of them on the others, and has its seeds at
 * one of them, or at two where it is scaled.
 */
export const expected = (methods: readonly ClaimMethod[], seeds: readonly number[]): number =>
  Math.round(
    methods.reduce(
      (sum, method) =>
        sum + 4 + FINALISTS * (TUNING_SEEDS.length - 1) + seeds.length * (SCALED.includes(method) ? 1.5 : 1),
      0,
    ),
  );

/** The measured examples of a reading, seed by seed; null where a cell is missing, or its loss is not finite. */
export function measuredOf(
  cells: readonly Cell[],
  reading: Reading,
  seeds: readonly number[],
): { rate: number | null; cells: (Cell | null)[]; measured: (Measured | null)[] } {
  const found = searchRate(cells, reading);
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
