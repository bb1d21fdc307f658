/**
 * `npm run claims`: the cells of docs/claims/plan.md, on the CPU engine in Node. Each is one line of
 * docs/claims/cells/<model>/<set>.jsonl, appended when it is done: a run that ends goes on where it stopped.
 *
 *   npm run claims -- list                                   what is done, what is left
 *   npm run claims -- run --minutes 60                       the next cells of the first tier, rates first, for so long
 *   npm run claims -- run --tier second                      those of another tier: second, paper (question 9), small
 *   (4m),
 *                                                            tiny (TinyStories-656K), smollm2 --folder <where it lies>
 *   npm run claims -- run --tier placement                   question 8; needs the first tier's rates of LoRA and
 *   TS-LoRA 50 % npm run claims -- run --model sieve-stories-nano --set feelings --method lora --seed 1 --rate 1e-3 npm
 *   run claims -- hand-over                              what the PyTorch twin takes, into .out/claims/hand-over; then,
 *   in
 *                                                            python/: python -m sieve_ref.claims.twin_cells
 *   npm run claims -- report                                 every figure and number of docs/claims.md, from the cells
 *   npm run claims -- again --model … --set … --method … --seed … --rate …
 *                                                            trains a stored cell again and compares all of its numbers
 *
 * `--steps N` trains fewer steps into .out/claims instead: to see that it works, never as a result.
 */
import '../../src/train/testing/node';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { type Cell, trainCell } from './cell';
import { FOLDER, type Place, cellsOf, expected, left, linesOf, same, store } from './cells';
import { clearHandOver, handOverCells, handOverLeaveOneOut } from './handOver';
import { openModel } from './models';
import { type PlacementLine, nextTask, placementPlace } from './placement';
import { doTask } from './placementRun';
import { type CellId, METHOD_NAMES, MODELS, PLACEMENT, TIERS, TWIN, type TierName } from './plan';
import { writeReport } from './report';
import { SETS, tokenSets } from './sets';

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
      folder: { type: 'string' },
    },
  });
  const pick = <T extends string>(all: readonly T[], asked: string[] | undefined, what: string): T[] => {
    const unknown = asked?.find((a) => !all.includes(a as T));
    if (unknown !== undefined) throw new Error(`there is no ${what} "${unknown}": ${all.join(', ')}`);
    return (asked ?? all) as T[];
  };
  const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000;
  if (values.tier === 'placement') {
    await runPlacement(pick(PLACEMENT.sets, values.set, 'set'), until, values.steps);
    return 0;
  }
  if (positionals[0] === 'hand-over') {
    clearHandOver();
    for (const set of pick(TWIN.sets, values.set, 'set')) {
      const model = await openModel(TWIN.model);
      const data = await tokenSets(set, model.tokenizer);
      const ground = { model, data, set, steps: values.steps === undefined ? undefined : Number(values.steps) };
      if (set === TWIN.leaveOneOut.set) await handOverLeaveOneOut(ground);
      await handOverCells(ground);
    }
    return 0;
  }
  const [tierName] = pick(Object.keys(TIERS) as TierName[], [values.tier ?? 'core'], 'tier');
  const tier = TIERS[tierName];
  const models = pick(MODELS, values.model ?? [tier.model], 'model');
  const sets = pick(Object.keys(SETS), values.set ?? (tier.sets ? [...tier.sets] : undefined), 'set');
  const methods = pick(METHOD_NAMES, values.method ?? [...tier.methods], 'method');
  const folder = values.steps === undefined ? FOLDER : '.out/claims';
  const budget = values.steps === undefined ? undefined : { steps: Number(values.steps) };
  if (positionals[0] === 'report') {
    writeReport(Object.keys(SETS));
    return 0;
  }
  const places = models.flatMap((model) => sets.map((set): Place => ({ model, set })));
  const again = positionals[0] === 'again';
  if (positionals[0] !== 'run' && !again) {
    for (const place of places) {
      const cells = cellsOf(place, folder).filter((c) => methods.includes(c.method));
      const seconds = cells.reduce((sum, c) => sum + c.cpuMs, 0) / 1000 / Math.max(1, cells.length);
      const next = left(place, cells, methods, tier.seeds).length;
      console.log(
        `${place.model}, ${place.set}: ${cells.length} done${cells.length > 0 ? ` (${seconds.toFixed(0)} s of CPU each)` : ''}, ${next} known to be left, about ${expected({ ...tier, methods })} in all`,
      );
    }
    return 0;
  }
  let differ = 0;
  for (const place of places) {
    const one = (): CellId[] => {
      const { seed, rate } = values;
      if (seed === undefined || rate === undefined) throw new Error('--seed and --rate go together');
      return methods.map((method) => ({ ...place, method, seed: Number(seed), rate: Number(rate) }));
    };
    const next = (): CellId | undefined => {
      const cells = cellsOf(place, folder);
      const wanted = again || values.seed !== undefined ? one() : left(place, cells, methods, tier.seeds);
      return wanted.find((id) => again === cells.some((c) => same(c, id)));
    };
    if (!next() || performance.now() >= until) continue;
    // A model and its set for all of their cells.
    const model = await openModel(place.model, values.folder);
    const data = await tokenSets(place.set, model.tokenizer);
    for (let id = next(); id && performance.now() < until; id = again ? undefined : next()) {
      const cell = await trainCell(model, data, id, { budget });
      console.log(inWords(cell));
      if (again) {
        const stored = cellsOf(place, folder).find((c) => same(c, cell))!;
        const equal = isDeepStrictEqual(numbersOf(stored), numbersOf(cell));
        if (!equal) differ++;
        console.log(equal ? 'the same numbers as the stored cell' : 'NOT the numbers of the stored cell');
        continue;
      }
      store(place, folder, cell);
    }
  }
  return differ > 0 ? 1 : 0;
}

/** Question 8 on one set after the other. @param steps to see that it works: of one task of each kind */
async function runPlacement(sets: readonly string[], until: number, steps: string | undefined): Promise<void> {
  const folder = steps === undefined ? FOLDER : '.out/claims';
  for (const set of sets) {
    const place = placementPlace(set);
    if (!nextTask(linesOf<PlacementLine>(place, folder)) || performance.now() >= until) continue;
    const model = await openModel(PLACEMENT.model);
    const ground = {
      model,
      set,
      data: await tokenSets(set, model.tokenizer),
      steps: steps === undefined ? undefined : Number(steps),
    };
    while (performance.now() < until) {
      const lines = linesOf<PlacementLine>(place, folder);
      const task = nextTask(lines);
      if (!task) break;
      const line = await doTask(ground, lines, task);
      const what = line.kind === 'probe' ? 'probe' : `${line.ranking}, ${100 * line.share} %: ${inWords(line)}`;
      console.log(`${set}, seed ${line.seed}, ${what}, ${Math.round(line.cpuMs / 1000)} s of CPU`);
      store(place, folder, line);
    }
  }
}

/** All that a cell says, as a file has it, but how long it took, and on what. */
const numbersOf = (cell: Cell): object =>
  JSON.parse(
    JSON.stringify(cell, (key, value) => (['ms', 'cpuMs', 'software', 'device'].includes(key) ? undefined : value)),
  );

function inWords(cell: Cell): string {
  const total = (of: number[]) => of.reduce((a, b) => a + b, 0);
  const loss = cell.sums.length > 0 ? `, validation ${(total(cell.sums) / total(cell.tokens)).toFixed(4)}` : '';
  const taken = `${Math.round(cell.ms / 1000)} s, ${Math.round(cell.cpuMs / 1000)} s of CPU`;
  return `${cell.model}, ${cell.set}, ${cell.method}, seed ${cell.seed}, rate ${cell.rate}: dev ${cell.dev?.toFixed(4)}${loss}, ${cell.steps} steps, ${taken}`;
}
