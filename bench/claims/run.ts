/**
 * `npm run claims`: the cells of docs/claims/plan.md, on the CPU engine in Node. Each is one line of
 * docs/claims/cells/<model>/<set>.jsonl, appended when it is done: a run that ends goes on where it stopped.
 *
 *   npm run claims -- list                                   what is done, what is left
 *   npm run claims -- run --minutes 60                       the next cells of the first tier, rates first, for so long
 *   npm run claims -- run --tier second                      those of the second
 *   npm run claims -- run --model sieve-stories-nano --set feelings --method lora --seed 1 --rate 1e-3
 *
 * `--steps N` trains fewer steps into .out/claims instead: to see that it works, never as a result.
 */
import '../../src/train/testing/node';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCpuDevice } from '../../src/engine';
import { fetchModel, placeWeights, proveModel } from '../../src/train/openModel';
import { type Cell, trainCell } from './cell';
import { type CellId, FIRST_RATES, METHOD_NAMES, MODELS, RATES, SCALED, TIERS, TUNING_SEEDS, type Tier } from './plan';
import { SETS, tokenSets } from './sets';

type Place = Pick<CellId, 'model' | 'set'>;

const fileOf = ({ model, set }: Place, folder: string) => join(folder, model, `${set}.jsonl`);

function cellsOf(place: Place, folder: string): Cell[] {
  const file = fileOf(place, folder);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Cell);
}

const same = (a: CellId, b: CellId) => a.method === b.method && a.seed === b.seed && a.rate === b.rate;

/** What a rate is chosen for: a method as it is, or at its best scale. A loss that is not finite is null in a file. */
type Reading = (cell: Cell) => number | null;
const readingsOf = (method: string): Reading[] =>
  SCALED.includes(method as CellId['method'])
    ? [(cell) => cell.dev, (cell) => cell.scaled?.dev ?? NaN]
    : [(cell) => cell.dev];

/**
 * The rate with the lowest mean dev loss over the tuning seeds, and whether that is known: it has neighbours that are worse.
 * @returns rates that are still to be tried, or the one that is chosen
 */
function searchRate(cells: readonly Cell[], method: string, reading: Reading): { rate: number } | { next: number[] } {
  const mean = (rate: number): number | null => {
    const tried = TUNING_SEEDS.map((seed) => cells.find((c) => same(c, { ...c, method, seed, rate } as Cell)));
    if (tried.some((c) => c === undefined)) return null;
    const loss = tried.reduce((sum, c) => sum + (reading(c!) ?? NaN), 0) / tried.length;
    return Number.isFinite(loss) ? loss : Infinity;
  };
  const tried = RATES.flatMap((rate) => mean(rate) ?? []);
  const known = RATES.filter((rate) => mean(rate) !== null);
  const first = FIRST_RATES.filter((rate) => mean(rate) === null);
  if (first.length > 0) return { next: first };
  const rate = known[tried.indexOf(Math.min(...tried))];
  const at = RATES.indexOf(rate);
  const next = [RATES[at - 1], RATES[at + 1]].filter((r) => r !== undefined && mean(r) === null);
  return next.length > 0 ? { next } : { rate };
}

/** What is still to be done of a model and set: of each method the rates first, then the seeds at the best of them. */
function left(
  place: Place,
  cells: readonly Cell[],
  methods: readonly CellId['method'][],
  seeds: readonly number[],
): CellId[] {
  return methods.flatMap((method) => {
    const ids = readingsOf(method).flatMap((reading): CellId[] => {
      const found = searchRate(cells, method, reading);
      const [rates, of] = 'next' in found ? [found.next, TUNING_SEEDS] : [[found.rate], seeds];
      return rates.flatMap((rate) => of.map((seed) => ({ ...place, method, seed, rate })));
    });
    // Both readings may ask for the same.
    return ids.filter((id, i) => ids.findIndex((o) => same(o, id)) === i && !cells.some((c) => same(c, id)));
  });
}

/** Cells of a model and set: a method needs some five rates, and its seeds at one of them, or at two where it is scaled. */
const expected = (methods: readonly CellId['method'][], seeds: readonly number[]): number =>
  methods.reduce(
    (sum, method) => sum + 5 * TUNING_SEEDS.length + seeds.length * (SCALED.includes(method) ? 1.5 : 1),
    0,
  );

export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', multiple: true },
      set: { type: 'string', multiple: true },
      method: { type: 'string', multiple: true },
      seed: { type: 'string' },
      rate: { type: 'string' },
      minutes: { type: 'string' },
      tier: { type: 'string' },
      steps: { type: 'string' },
    },
  });
  const pick = <T extends string>(all: readonly T[], asked: string[] | undefined, what: string): T[] => {
    const unknown = asked?.find((a) => !all.includes(a as T));
    if (unknown !== undefined) throw new Error(`there is no ${what} "${unknown}": ${all.join(', ')}`);
    return (asked ?? all) as T[];
  };
  const models = pick(MODELS, values.model, 'model');
  const [tierName] = pick(Object.keys(TIERS) as Tier[], [values.tier ?? 'core'], 'tier');
  const tier = TIERS[tierName];
  const sets = pick(Object.keys(SETS), values.set ?? (tier.sets ? [...tier.sets] : undefined), 'set');
  const methods = pick(METHOD_NAMES, values.method ?? [...tier.methods], 'method');
  const folder = values.steps === undefined ? 'docs/claims/cells' : '.out/claims';
  const steps = values.steps === undefined ? undefined : Number(values.steps);
  const places = models.flatMap((model) => sets.map((set): Place => ({ model, set })));
  if (positionals[0] !== 'run') {
    for (const place of places) {
      const cells = cellsOf(place, folder).filter((c) => methods.includes(c.method));
      const seconds = cells.reduce((sum, c) => sum + c.cpuMs, 0) / 1000 / Math.max(1, cells.length);
      const next = left(place, cells, methods, tier.seeds).length;
      console.log(
        `${place.model}, ${place.set}: ${cells.length} done${cells.length > 0 ? ` (${seconds.toFixed(0)} s of CPU each)` : ''}, ${next} known to be left, about ${expected(methods, tier.seeds)} in all`,
      );
    }
    return 0;
  }
  const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
  for (const place of places) {
    const next = (): CellId | undefined => {
      const cells = cellsOf(place, folder);
      const { seed, rate } = values;
      if (seed === undefined) return left(place, cells, methods, tier.seeds)[0];
      if (rate === undefined) throw new Error('--seed asks for --rate, too');
      return methods
        .map((method): CellId => ({ ...place, method, seed: Number(seed), rate: Number(rate) }))
        .find((id) => !cells.some((c) => same(c, id)));
    };
    if (!next() || performance.now() >= until) continue;
    // A model and its set for all of their cells; one process uses one core, two of them two.
    const emit = () => {};
    const files = await fetchModel({ kind: 'embedded', id: place.model }, emit);
    const base = await placeWeights(await openCpuDevice({ threads: 1 }), files);
    const model = await proveModel(base, files, emit);
    const data = await tokenSets(place.set, files.tokenizer);
    for (let id = next(); id && performance.now() < until; id = next()) {
      const cell = await trainCell(model, data, id, steps);
      const file = fileOf(place, folder);
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${JSON.stringify(cell)}\n`);
      const total = (of: number[]) => of.reduce((a, b) => a + b, 0);
      const loss = cell.sums.length > 0 ? `, validation ${(total(cell.sums) / total(cell.tokens)).toFixed(4)}` : '';
      console.log(
        `${id.model}, ${id.set}, ${id.method}, seed ${id.seed}, rate ${id.rate}: dev ${cell.dev.toFixed(4)}${loss}, ${cell.steps} steps, ${Math.round(cell.ms / 1000)} s, ${Math.round(cell.cpuMs / 1000)} s of CPU`,
      );
    }
  }
  return 0;
}
