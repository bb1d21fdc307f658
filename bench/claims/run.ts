/**
 * `npm run claims`: the cells of docs/claims/plan.md, on the CPU engine in Node. Each is one line of
 * docs/claims/cells/<model>/<set>.jsonl, appended when it is done: a run that ends goes on where it stopped.
 *
 *   npm run claims -- list                                   what is done, what is left
 *   npm run claims -- run --minutes 60                       the next cells, rates first, for so long
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
import { type CellId, MODELS, METHOD_NAMES, RATES, SEEDS, TUNING_SEEDS } from './plan';
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

/** The rate with the lowest mean dev loss over the tuning seeds; null where one of them is not done. */
function chosenRate(cells: readonly Cell[], method: string): number | null {
  const means = RATES.map((rate) => {
    const devs = TUNING_SEEDS.map((seed) => cells.find((c) => same(c, { ...c, method, seed, rate } as Cell))?.dev);
    return devs.some((d) => d === undefined) ? null : devs.reduce<number>((sum, d) => sum + d!, 0) / devs.length;
  });
  if (means.includes(null)) return null;
  return RATES[means.indexOf(Math.min(...means.map((m) => (Number.isFinite(m) ? m! : Infinity))))];
}

/** What is still to be done of a model and set: all rates first, then the seeds at the best of them. */
function left(place: Place, cells: readonly Cell[], methods: readonly CellId['method'][]): CellId[] {
  return methods.flatMap((method) => {
    const tuning = TUNING_SEEDS.flatMap((seed) => RATES.map((rate): CellId => ({ ...place, method, seed, rate })));
    const rate = chosenRate(cells, method);
    const told = rate === null ? [] : SEEDS.map((seed): CellId => ({ ...place, method, seed, rate }));
    return [...tuning, ...told].filter((id) => !cells.some((c) => same(c, id)));
  });
}

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
      steps: { type: 'string' },
    },
  });
  const pick = <T extends string>(all: readonly T[], asked: string[] | undefined, what: string): T[] => {
    const unknown = asked?.find((a) => !all.includes(a as T));
    if (unknown !== undefined) throw new Error(`there is no ${what} "${unknown}": ${all.join(', ')}`);
    return (asked ?? all) as T[];
  };
  const models = pick(MODELS, values.model, 'model');
  const sets = pick(Object.keys(SETS), values.set, 'set');
  const methods = pick(METHOD_NAMES, values.method, 'method');
  const folder = values.steps === undefined ? 'docs/claims/cells' : '.out/claims';
  const steps = values.steps === undefined ? undefined : Number(values.steps);
  const places = models.flatMap((model) => sets.map((set): Place => ({ model, set })));
  if (positionals[0] !== 'run') {
    for (const place of places) {
      const cells = cellsOf(place, folder);
      console.log(`${place.model}, ${place.set}: ${cells.length} done, ${left(place, cells, methods).length} left`);
    }
    return 0;
  }
  const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
  for (const place of places) {
    const next = (): CellId | undefined => {
      const cells = cellsOf(place, folder);
      const { seed, rate } = values;
      if (seed === undefined) return left(place, cells, methods)[0];
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
        `${id.model}, ${id.set}, ${id.method}, seed ${id.seed}, rate ${id.rate}: dev ${cell.dev.toFixed(4)}${loss}, ${Math.round(cell.ms / 1000)} s`,
      );
    }
  }
  return 0;
}
