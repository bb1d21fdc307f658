/**
 * Times the variants on this adapter, once: for each class of shapes the one that is fastest at the open model's sizes.
 * Whoever calls it keeps the result (`device.tuning = …`, and wherever it is to be remembered): the same choice gives
 * the same bits, another may round differently.
 */
import type { Device } from '../../device/device';
import { packDims } from '../../device/dims';
import { Program, type RowCount } from '../../device/program';
import { matmul } from './matmul';
import {
  type ProductShape,
  SHAPE_CLASSES,
  type ShapeClass,
  VARIANTS,
  type VariantName,
  shapeClass,
  staticChoice,
} from './variants';
import type { Weight } from './weight';

/** Variant by shape class; plain JSON. */
export type Choices = Record<ShapeClass, VariantName>;

/** The frozen product that a model spends most of its time in, and the weight it has for it. */
export interface TypicalProduct {
  weight: Weight;
  dIn: number;
  dOut: number;
}

/** Rows of a pass, and rank. */
const ROWS = 512;
const RANK = 16;
/** Rounds of each variant; the fastest counts, since whatever else the machine does only adds time. */
const ROUNDS = 3;
/** ms that a round takes at least: browsers round timestamps to 0.1 ms, and other clocks more. */
const LEAST_MS = 20;
/** Runs of a first try at how many fill a round, and most runs of one. */
const FIRST_RUNS = 4;
const MOST_RUNS = 4096;
/** ms until an empty submit is known to be done, from which on the wait says little of the work. */
const COARSE_MS = LEAST_MS / 4;
/** Another variant must be faster than the static choice by this much, so that noise changes nothing. */
const GAIN = 0.93;

/** What is worth timing. */
const candidates = (shape: ProductShape): VariantName[] =>
  (['tile8', 'shared', 'splitK'] as const).filter((variant) => VARIANTS[variant].fits(shape));

/** The product of each class around a frozen one: forward and backward of the frozen one, of A and of B. */
const shapesOf = ({ dIn, dOut }: TypicalProduct): Record<ShapeClass, ProductShape> => ({
  'narrow nk': { n: RANK, k: dIn, transposed: true },
  'narrow kn': { n: RANK, k: dOut, transposed: false },
  'short nk': { n: dOut, k: RANK, transposed: true },
  'short kn': { n: dIn, k: RANK, transposed: false },
  'wide nk': { n: dOut, k: dIn, transposed: true },
  'wide kn': { n: dIn, k: dOut, transposed: false },
});

/** The choices without measuring. */
export function staticChoices(device: Device, product: TypicalProduct): Choices {
  const shapes = shapesOf(product);
  return Object.fromEntries(SHAPE_CLASSES.map((name) => [name, staticChoice(device, shapes[name])])) as Choices;
}

/**
 * Measures, for a model's typical product. Begins no class after `limitMs`; those that it did not come to, and those
 * that a small model has no product of, keep the static choice; so do all where the browser cannot tell times. Touches
 * no state. Not for software adapters, which compile longer than they could save.
 */
export async function tuneMatmul(device: Device, product: TypicalProduct, limitMs = 1500): Promise<Choices> {
  const started = performance.now();
  const choices = staticChoices(device, product);
  if (!device.info.timestamps && (await isCoarse(device))) return choices;
  const shapes = shapesOf(product);
  const widest = Math.max(product.dIn, product.dOut, RANK);
  const scope = device.buffers.scope('tuner');
  try {
    const dims = scope.upload(
      'dims',
      new Uint8Array(packDims({ rows: ROWS, supervised: 0, lossScale: 1, tokens: ROWS, segments: 1, stride: ROWS })),
      'uniform',
    );
    const rows: RowCount = { dims, of: () => ROWS };
    const [a, low, out] = [
      scope.alloc('a', 4 * ROWS * widest),
      scope.alloc('A or B', 4 * RANK * widest),
      scope.alloc('out', 4 * ROWS * widest),
    ];
    // Wide products are most of a step, so they come first.
    for (const name of SHAPE_CLASSES.toReversed()) {
      const shape = shapes[name];
      const variants = candidates(shape);
      if (variants.length < 2 || shapeClass(shape) !== name) continue;
      if (performance.now() - started > limitMs) break;
      const w = name.startsWith('wide') ? product.weight : low;
      const programs = await Promise.all(
        variants.map(async (variant) => {
          const ops = matmul(
            { ...device, tuning: { [name]: variant } },
            { label: `tune ${variant}`, rows, a, w, out, ...shape },
          );
          return { variant, program: await new Program(device, scope, `tune ${variant}`, ops).compile() };
        }),
      );
      const times = await fastest(device, programs);
      let best = choices[name];
      for (const [variant, ms] of times) {
        if (ms < GAIN * times.get(choices[name])! && ms < times.get(best)!) best = variant;
      }
      choices[name] = best;
    }
    return choices;
  } finally {
    scope.free();
  }
}

/** ms of one run of each program: the shortest of several rounds, each over so many runs that a clock can tell. */
async function fastest(
  device: Device,
  programs: readonly { variant: VariantName; program: Program }[],
): Promise<Map<VariantName, number>> {
  const times = new Map<VariantName, number>();
  const runs = new Map<VariantName, number>();
  for (const { variant, program } of programs) {
    // The first run warms up.
    await time(device, program, 1);
    let count = FIRST_RUNS;
    while (count < MOST_RUNS) {
      const ms = await time(device, program, count);
      if (ms >= LEAST_MS) break;
      // A clock's own delay is in it, so that it may take one more try.
      count = Math.min(MOST_RUNS, Math.ceil(count * Math.max(1.5, LEAST_MS / ms)));
    }
    runs.set(variant, count);
  }
  // In turns, so that a busy moment does not strike one of them alone.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { variant, program } of programs) {
      const ms = (await time(device, program, runs.get(variant)!)) / runs.get(variant)!;
      times.set(variant, Math.min(ms, times.get(variant) ?? Infinity));
    }
  }
  return times;
}

/** Milliseconds of `runs` runs, submitted at once: by the device's own clock where it has one. */
async function time(device: Device, program: Program, runs: number): Promise<number> {
  const profiler = device.info.timestamps ? device.profiler() : null;
  let start = 0;
  device.submit(program.label, (commands) => {
    for (let i = 0; i < runs; i++) program.encode(commands, { rows: ROWS, supervised: 0, segments: 1 }, profiler);
    start = performance.now();
  });
  if (profiler) return profiler.span();
  await device.done();
  return performance.now() - start;
}

/** Whether this browser says late that work is done: Firefox looks every 100 ms. */
async function isCoarse(device: Device): Promise<boolean> {
  let soonest = Infinity;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    device.submit('nothing', () => undefined);
    await device.done();
    soonest = Math.min(soonest, performance.now() - start);
  }
  return soonest > COARSE_MS;
}
