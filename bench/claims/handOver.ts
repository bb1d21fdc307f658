/**
 * What the PyTorch twin needs of cells that the engine has trained, as files that are not kept:
 * `.out/claims/hand-over`. The twin draws nothing itself: A at the start and every batch are the engine's.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toBase64 } from '../../src/shared/base64';
import { exampleCount } from '../../src/data/batches';
import type { ModuleAdapter } from '../../src/engine';
import type { TokenBatch } from '../../src/shared/types';
import { Rng } from '../../src/shared/rng';
import { createTrainer } from '../../src/train/layouts';
import type { OpenModel } from '../../src/train/openModel';
import { firstBatches } from '../../src/train/sieve/data';
import { Twin } from '../../src/train/sieve/twin';
import { TrainingData } from '../../src/train/trainingData';
import { type Cell, trainCell } from './cell';
import { FOLDER, cellsOf, measuredOf, plain, same } from './cells';
import { type CellId, TWIN, budgetOf } from './plan';
import type { PlanSet } from './sets';

const OUT = '.out/claims/hand-over';

const batchJson = ({ ids, targets, starts }: TokenBatch) => ({
  ids: Array.from(ids),
  targets: Array.from(targets),
  starts: Array.from(starts),
});
/** Little-endian f32. */
const floats = (x: Float32Array) => toBase64(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
const adapterJson = (adapters: readonly ModuleAdapter[]) =>
  Object.fromEntries(adapters.map(({ path, a, b }) => [path, { a: floats(a), b: floats(b) }]));

function write(name: string, content: object): void {
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, `${name}.json`), JSON.stringify(content));
}

interface Ground {
  model: OpenModel;
  data: PlanSet;
  set: string;
  /** To see that it works. */
  steps: number | undefined;
}

/** A cell at the rate that the first tier chose. @throws {Error} while that is not known */
function idOf(set: string, method: CellId['method']): CellId {
  const { rate } = measuredOf(cellsOf({ model: TWIN.model, set }, FOLDER), plain(method), []);
  if (rate === null) throw new Error(`the first tier has no rate of ${method} on ${set} yet`);
  return { model: TWIN.model, set, method, seed: TWIN.seed, rate };
}

/** @throws {Error} where a stored cell has other numbers: what is handed over would not be that cell */
function refuseOther(cell: Cell): void {
  const stored = cellsOf(cell, FOLDER).find((c) => same(c, cell));
  const numbers = ({ dev, bestStep, sums }: Cell) => JSON.stringify([dev, bestStep, sums]);
  if (stored && numbers(stored) !== numbers(cell))
    throw new Error(`${cell.set}, ${cell.method}: not the numbers of the stored cell`);
}

/** The ten cells' part on a set: trained again, with all that the twin takes. */
export async function handOverCells({ model, data, set, steps }: Ground): Promise<void> {
  for (const method of TWIN.methods) {
    const id = idOf(set, method);
    const budget = { ...budgetOf(id), ...(steps && { steps }) };
    let given: object = {};
    const cell = await trainCell(model, data, id, {
      budget,
      bare: true,
      look: async ({ session, train, run, events }) => {
        const devs = events.flatMap((e) => (e.type === 'dev' ? [[e.step, e.loss]] : []));
        const order = new TrainingData(data.train, train);
        const dev = await session.inspect(async (s) => s.data.dev(budget.dev, budget.batchSize));
        const start = await createTrainer(model, { train, runs: [run], data: 0 });
        try {
          given = {
            train,
            run,
            start: adapterJson(await start.run('run').adapters()),
            batches: Array.from({ length: train.steps }, () => batchJson(order.next(train.batchSize))),
            dev: dev.map(batchJson),
            validation: firstBatches(data.validation, budget.validation, budget.batchSize).map(batchJson),
            devs,
          };
        } finally {
          start.free();
        }
      },
    });
    if (!steps) refuseOther(cell);
    const { sums, tokens, skipped, bestStep } = cell;
    write(`cell-${set}-${method}`, { id, ...given, engine: { sums, tokens, skipped, bestStep } });
    console.log(`${set}, ${method}: handed over`);
  }
}

/**
 * A finished LoRA, what each of its updates is worth along the path, and the updates that are to be left out one by
 * one.
 */
export async function handOverLeaveOneOut({ model, data, set, steps }: Ground): Promise<void> {
  const { updates, examples, points } = TWIN.leaveOneOut;
  const id = idOf(set, 'lora');
  const budget = { ...budgetOf(id), ...(steps && { steps }) };
  const cell = await trainCell(model, data, id, {
    budget,
    bare: true,
    look: async ({ session, train, run }) => {
      await session.inspect(async (s) => {
        const trained = s.trainer.run('run');
        const twin = await Twin.open(model, trained, train);
        try {
          const n = trained.modules.length;
          const tau = new Float32Array(n);
          const all = [];
          for (const batch of firstBatches(data.validation, Math.min(examples, exampleCount(data.validation)), 1)) {
            const supervised = batch.targets.reduce((count, t) => count + (t >= 0 ? 1 : 0), 0);
            const [worth] = await twin.attribution([batch], { points, tau });
            const [base, adapted] = await twin.trainer.evaluate([null, 'run'], [batch]);
            // In nats of the example, not for each of its loss tokens.
            const nats = Array.from(worth, (w) => Number((w * supervised).toPrecision(6)));
            all.push({
              batch: batchJson(batch),
              worth: nats,
              base: base.loss * supervised,
              adapted: adapted.loss * supervised,
            });
          }
          const rng = new Rng(TWIN.seed);
          const pairs = all.flatMap(({ worth }, example) => worth.map((_, i) => [example, i] as const));
          const chosen = rng.shuffle(pairs.map((_, i) => i)).slice(0, updates);
          write(`leave-one-out-${set}`, {
            id,
            run,
            modules: trained.modules.map(({ path }) => path),
            adapter: adapterJson(await trained.adapters()),
            points,
            examples: all,
            // Example, and module · tokens + token.
            updates: chosen.sort((a, b) => a - b).map((i) => pairs[i]),
          });
        } finally {
          twin.free();
        }
      });
    },
  });
  if (!steps) refuseOther(cell);
  console.log(`${set}: ${updates} updates of a finished LoRA handed over`);
}

/** What was handed over before. */
export const clearHandOver = (): void => rmSync(OUT, { recursive: true, force: true });
