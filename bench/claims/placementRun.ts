/** Question 8, trained: the probes that modules are ranked by, and LoRA on what each ranking puts first. */
import { rankOf, runSchema } from '../../src/shared/config';
import { moduleKey } from '../../src/shared/experiment';
import { adaptedModules } from '../../src/engine';
import { createTrainer } from '../../src/train/layouts';
import { measureModules } from '../../src/train/moduleMeasures';
import type { OpenModel } from '../../src/train/openModel';
import { Twin } from '../../src/train/sieve/twin';
import { TrainingData } from '../../src/train/trainingData';
import { type Given, trainCell } from './cell';
import { FOLDER, cellsOf, measuredOf, plain } from './cells';
import { type Budget, type CellId, PLACEMENT, TUNING_SEEDS, runOf } from './plan';
import { type Part, type PlacementLine, type Placed, type Probe, type Task, choose } from './placement';
import type { PlanSet } from './sets';

interface Ground {
  model: OpenModel;
  data: PlanSet;
  set: string;
  /** To see that it works. */
  steps: number | undefined;
}

function budgetFor(set: string, seed: number, steps: number | undefined): Budget {
  const own = { ...PLACEMENT.budget, ...PLACEMENT.bySet[set] };
  return { ...own, steps: steps ?? (TUNING_SEEDS.includes(seed) ? own.steps / 2 : own.steps) };
}

/** The model's modules, as LoRA has them. */
function partsOf({ base }: OpenModel): Part[] {
  const run = runSchema.parse({ id: 'run', name: 'run', ...runOf({ model: PLACEMENT.model, method: 'lora' }, 1) });
  return adaptedModules(base.config, run).map((m) => ({
    name: moduleKey(m),
    parameters: rankOf(run) * (m.dIn + m.dOut),
  }));
}

/** @throws {Error} where the first tier has not chosen the rate yet */
function rateOfCore(set: string, method: 'lora' | 'ts-50'): number {
  const cells = cellsOf({ model: PLACEMENT.model, set }, FOLDER);
  const { rate } = measuredOf(cells, plain(method), []);
  if (rate === null) throw new Error(`the first tier has no rate of ${method} on ${set} yet`);
  return rate;
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** Scores of every module, of a LoRA and a TS-LoRA 50 % of the seed. */
async function probe({ model, data, set, steps }: Ground, seed: number): Promise<Probe> {
  const used = process.cpuUsage();
  const parts = partsOf(model);
  const budget = budgetFor(set, seed, steps);
  const of = (method: 'lora' | 'ts-50', look: Given['look']) => {
    const id: CellId = { model: PLACEMENT.model, set, method, seed, rate: rateOfCore(set, method) };
    return trainCell(model, data, id, { budget, only: parts.map(({ name }) => name), look });
  };
  const zeros = () => new Array<number>(parts.length).fill(0);
  const [active, r, path, gradient, weight, change] = Array.from({ length: 6 }, zeros);
  await of('lora', async ({ session, train, run }) => {
    await session.inspect(async (s) => {
      const dev = s.data.dev(PLACEMENT.examples, s.batchSize);
      const twin = await Twin.open(model, s.trainer.run('run'), train);
      try {
        const tau = new Float32Array(parts.length);
        const ratios = await twin.trainer.measurements.ratios('run', dev);
        const worths = await twin.attribution(dev, { points: 5, tau });
        const tokens = sum(ratios.map((x) => x.length)) / parts.length;
        const ofModule = (all: readonly ArrayLike<number>[], m: number) =>
          sum(
            all.map((x) =>
              sum(Array.from(x).slice((m * x.length) / parts.length, ((m + 1) * x.length) / parts.length)),
            ),
          );
        parts.forEach((_, m) => {
          r[m] = ofModule(ratios, m) / tokens;
          path[m] = ofModule(worths, m);
        });
      } finally {
        twin.free();
      }
      (await measureModules(s, 'run', PLACEMENT.examples)).forEach((found, m) => {
        [weight[m], change[m]] = [found.weight, found.change];
      });
    });
    const start = await createTrainer(model, { train, runs: [run], data: 0 });
    try {
      const ground = { model, trainer: start, validation: data.validation, batchSize: train.batchSize };
      const learnt = new TrainingData(data.train, train);
      (await measureModules({ ...ground, data: learnt }, 'run', PLACEMENT.examples)).forEach((found, m) => {
        gradient[m] = found.gradient;
      });
    } finally {
      start.free();
    }
  });
  await of('ts-50', ({ session }) =>
    session.inspect(async (s) => {
      const [{ gate }] = await s.trainer.evaluate(['run'], s.data.dev(PLACEMENT.examples, s.batchSize));
      parts.forEach((_, m) => {
        active[m] = gate!.active[m] / gate!.tokens[m];
      });
    }),
  );
  const { user, system } = process.cpuUsage(used);
  const digits = (x: number) => Number(x.toPrecision(7));
  const modules = parts.map((part, m) => ({
    ...part,
    active: digits(active[m]),
    r: digits(r[m]),
    path: digits(path[m]),
    gradient: digits(gradient[m]),
    weight: digits(weight[m]),
    change: digits(change[m]),
    relative: digits(change[m] / weight[m]),
  }));
  return { kind: 'probe', set, seed, modules, cpuMs: Math.round((user + system) / 1000) };
}

/** Does a task. @param lines those of the set so far */
export async function doTask(ground: Ground, lines: readonly PlacementLine[], task: Task): Promise<PlacementLine> {
  if (task.kind === 'probe') return probe(ground, task.seed);
  const { model, data, set, steps } = ground;
  const { by, share, seed, rate } = task;
  const probed = lines.find((line): line is Probe => line.kind === 'probe' && line.seed === seed);
  const only = choose(by.startsWith('random') ? partsOf(model) : probed!.modules, by, share, seed);
  const id: CellId = { model: PLACEMENT.model, set, method: 'lora', seed, rate };
  const cell = await trainCell(model, data, id, { budget: budgetFor(set, seed, steps), only });
  return { kind: 'placed', ranking: by, share, only, ...cell } satisfies Placed;
}
