/**
 * Times the variants on this adapter, once: for each class of shapes the one that is fastest at a typical size.
 * Whoever calls it keeps the result (`device.tuning = …`, and wherever it is to be remembered): the same choice gives the
 * same bits, another may round differently.
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
  staticChoice,
} from './variants';

/** Variant by shape class; plain JSON. */
export type Choices = Record<ShapeClass, VariantName>;

const ROWS = 512;
/** Typical sizes: rank 16, and the width of a large model. */
const WIDTH = 1024;
const sizes = (width: number): Record<ShapeClass, [n: number, k: number]> => ({
  'narrow nk': [16, width],
  'narrow kn': [16, width],
  'short nk': [width, 16],
  'short kn': [width, 16],
  'wide nk': [width, width],
  'wide kn': [width, width],
});
/** Rounds of each variant; the fastest counts, since whatever else the machine does only adds time. */
const ROUNDS = 3;
/** Runs that are timed together. */
const RUNS = 4;
/** Another variant must be faster than the static choice by this much, so that noise changes nothing. */
const GAIN = 0.93;

/** What is worth timing. */
const candidates = (shape: ProductShape): VariantName[] =>
  (['tile8', 'shared', 'splitK'] as const).filter((variant) => VARIANTS[variant].fits(shape));

function shapeOf(name: ShapeClass, width: number) {
  const [n, k] = sizes(width)[name];
  return { n, k, transposed: name.endsWith('nk') };
}

/** The choices without measuring. */
export function staticChoices(device: Device): Choices {
  return Object.fromEntries(SHAPE_CLASSES.map((name) => [name, staticChoice(device, shapeOf(name, WIDTH))])) as Choices;
}

/**
 * Measures, for a model of `width`. Begins no class after `limitMs`; those that it did not come to keep the static
 * choice. Touches no state. Not for software adapters, which compile longer than they could save.
 */
export async function tuneMatmul(device: Device, limitMs = 1500, width = WIDTH): Promise<Choices> {
  const started = performance.now();
  const choices = staticChoices(device);
  const scope = device.buffers.scope('tuner');
  try {
    const dims = scope.upload(
      'dims',
      new Uint8Array(packDims({ rows: ROWS, supervised: 0, lossScale: 1, tokens: ROWS, segments: 1, stride: ROWS })),
      'uniform',
    );
    const rows: RowCount = { dims, of: () => ROWS };
    const [a, w, out] = [
      scope.alloc('a', 4 * ROWS * width),
      scope.alloc('w', 4 * width * width),
      scope.alloc('out', 4 * ROWS * width),
    ];
    // Wide products are most of a step, so they come first.
    for (const name of SHAPE_CLASSES.toReversed()) {
      const shape = shapeOf(name, width);
      const variants = candidates(shape);
      if (variants.length < 2) continue;
      if (performance.now() - started > limitMs) break;
      const programs = await Promise.all(
        variants.map(async (variant) => {
          const ops = matmul(
            { ...device, tuning: { [name]: variant } },
            { label: `tune ${variant}`, rows, a, w, out, ...shape },
          );
          return { variant, program: await new Program(device, scope, `tune ${variant}`, ops).compile() };
        }),
      );
      const times = new Map<VariantName, number>();
      // In turns, so that a busy moment does not strike one of them alone. The first round warms up.
      for (let round = 0; round <= ROUNDS; round++) {
        for (const { variant, program } of programs) {
          const ms = await time(device, program);
          if (round > 0) times.set(variant, Math.min(ms, times.get(variant) ?? Infinity));
        }
      }
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

/** Milliseconds of `RUNS` runs, submitted at once. */
async function time(device: Device, program: Program): Promise<number> {
  let start = 0;
  device.submit(program.label, (commands) => {
    for (let i = 0; i < RUNS; i++) program.encode(commands, { rows: ROWS, supervised: 0, segments: 1 });
    start = performance.now();
  });
  await device.done();
  return performance.now() - start;
}
