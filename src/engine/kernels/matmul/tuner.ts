/**
 * Times the variants on this adapter, once: for each class of shapes the one that is fastest at a typical size.
 * Whoever calls it keeps the result (`gpu.tuning = …`, and wherever it is to be remembered): the same choice gives the
 * same bits, another may round differently.
 */
import type { Gpu } from '../../gpu/device';
import { packDims } from '../../gpu/dims';
import { Program, type RowCount } from '../../gpu/program';
import { matmul } from './matmul';
import { SHAPE_CLASSES, type ShapeClass, VARIANTS, type VariantName, staticChoice } from './variants';

/** Variant by shape class; plain JSON. */
export type Choices = Record<ShapeClass, VariantName>;

const ROWS = 512;
/** Typical sizes: rank 16, and the width of a small model or a large one. */
const widthOf = (gpu: Gpu): number => (gpu.info.software ? 192 : 1024);
const sizes = (width: number): Record<ShapeClass, [n: number, k: number]> => ({
  'narrow nk': [16, width], 'narrow kn': [16, width],
  'short nk': [width, 16], 'short kn': [width, 16],
  'wide nk': [width, width], 'wide kn': [width, width],
});
/** Runs of each variant; the fastest counts, since whatever else the machine does only adds time. */
const ROUNDS = 3;
/** Another variant must be faster than the static choice by this much, so that noise changes nothing. */
const GAIN = 0.93;

/**
 * What is worth timing. A software adapter compiles slowly and suffers from barriers: only the wide products, most of
 * a step, have a second variant that may pay (the pipelines stay in the cache, so a run that takes it has them).
 */
function candidates(gpu: Gpu, name: ShapeClass): VariantName[] {
  const shape = shapeOf(gpu, name);
  const names: VariantName[] = gpu.info.software ? (name.startsWith('wide') ? ['tile16', 'quad8', 'quad16'] : []) : ['tile8', 'shared', 'splitK'];
  // Tiles of lanes on their own never came near quads.
  return names.filter((variant) => VARIANTS[variant].fits(gpu, shape) && !(variant === 'tile16' && VARIANTS.quad8.fits(gpu, shape)));
}

/** The choices without measuring. */
export function staticChoices(gpu: Gpu): Choices {
  return Object.fromEntries(SHAPE_CLASSES.map((name) => [name, staticChoice(gpu, shapeOf(gpu, name))])) as Choices;
}

function shapeOf(gpu: Gpu, name: ShapeClass) {
  const [n, k] = sizes(widthOf(gpu))[name];
  return { n, k, transposed: name.endsWith('nk') };
}

/**
 * Measures. Begins no class after `limitMs`; those that it did not come to keep the static choice. Touches no state.
 */
export async function tuneMatmul(gpu: Gpu, limitMs = 1500): Promise<Choices> {
  const started = performance.now();
  const choices = staticChoices(gpu);
  const scope = gpu.buffers.scope('tuner');
  try {
    const width = widthOf(gpu);
    const dims = scope.upload('dims', new Uint8Array(packDims({ rows: ROWS, supervised: 0, lossScale: 1, tokens: ROWS, segments: 1, stride: ROWS })), GPUBufferUsage.UNIFORM);
    const rows: RowCount = { dims, of: () => ROWS };
    const [a, w, out] = [scope.alloc('a', 4 * ROWS * width), scope.alloc('w', 4 * width * width), scope.alloc('out', 4 * ROWS * width)];
    // Wide products are most of a step, so they come first.
    for (const name of SHAPE_CLASSES.toReversed()) {
      const variants = candidates(gpu, name);
      if (variants.length < 2) continue;
      if (performance.now() - started > limitMs) break;
      const programs = await Promise.all(variants.map(async (variant) => {
        const ops = matmul({ ...gpu, tuning: { [name]: variant } }, { label: `tune ${variant}`, rows, a, w, out, ...shapeOf(gpu, name) });
        return { variant, program: await new Program(gpu, scope, `tune ${variant}`, ops).compile() };
      }));
      const times = new Map<VariantName, number>();
      // In turns, so that a busy moment does not strike one of them alone. The first round warms up.
      for (let round = 0; round <= ROUNDS; round++) {
        for (const { variant, program } of programs) {
          const ms = await time(gpu, program);
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

/** Milliseconds of a few runs, submitted at once. */
async function time(gpu: Gpu, program: Program): Promise<number> {
  const encoder = gpu.device.createCommandEncoder({ label: program.label });
  const runs = gpu.info.software ? 1 : 4;
  for (let i = 0; i < runs; i++) program.encode(encoder, { rows: ROWS, supervised: 0, segments: 1 });
  const start = performance.now();
  gpu.device.queue.submit([encoder.finish()]);
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
