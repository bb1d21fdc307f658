/**
 * The variants of kernels that this GPU would take, beside f64: one that computes wrongly, or does not compile, is blocked by
 * name, and its plain form takes its place. What has no other form is proved as a whole, by the logits and gradients of
 * the model (train/openModel.ts).
 */
import { KernelError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { type Device, readFloats } from './device/device';
import { packDims } from './device/dims';
import { Program, type RowCount } from './device/program';
import { matmul } from './kernels/matmul/matmul';
import { matmulRef } from './kernels/matmul/matmul.ref';
import { PLAIN, choose } from './kernels/matmul/variants';
import { HALF, type Weight, halfBits } from './kernels/matmul/weight';

export interface Blocked {
  name: string;
  /** The compiler's words; null where it computes wrongly. */
  why: string | null;
}

/** Of the largest value: sums of at most 200 products in f32 differ by some 1e-6. */
const TOLERANCE = 1e-5;

/** Odd sizes of each class of shapes (narrow, short, wide), and one row, as in decoding. */
const SHAPES = [
  { rows: 37, n: 20, k: 196 },
  { rows: 37, n: 132, k: 20 },
  { rows: 37, n: 132, k: 196 },
  { rows: 1, max: 1, n: 132, k: 196 },
].flatMap((size) => [true, false].map((transposed) => ({ ...size, transposed })));
type Shape = (typeof SHAPES)[number];

/** Tests what is in use, and blocks what is wrong. @param types how the model's weights are stored */
export async function selfTest(device: Device, types: readonly Weight['type'][]): Promise<Blocked[]> {
  const found: Blocked[] = [];
  for (const shape of SHAPES) {
    for (const type of types) {
      const names = inUse(device, shape, type);
      const why = names.length > 0 ? await problemOf(device, shape, type) : undefined;
      if (why === undefined) continue;
      for (const name of await toBlame(device, shape, type, names)) {
        device.blocked.add(name);
        found.push({ name, why });
      }
    }
  }
  return found;
}

/** The one without which the product is right; all where none is. */
async function toBlame(device: Device, shape: Shape, type: Weight['type'], names: string[]): Promise<string[]> {
  for (const name of names) {
    device.blocked.add(name);
    const why = await problemOf(device, shape, type);
    device.blocked.delete(name);
    if (why === undefined) return [name];
  }
  return names;
}

/** What could be blocked of a product. */
function inUse(device: Device, { n, k, transposed, ...size }: Shape, type: Weight['type']): string[] {
  const variant = choose(device, { n, k, transposed, maxRows: 'max' in size ? size.max : undefined });
  return [
    ...(variant === PLAIN ? [] : [variant]),
    ...(type === 'f16' && device.info.shaderF16 && !device.blocked.has(HALF) ? [HALF] : []),
  ];
}

/** Undefined where the product is right, null where it is wrong, the compiler's words where there is none. */
async function problemOf(
  device: Device,
  { rows, n, k, transposed, ...size }: Shape,
  type: Weight['type'],
): Promise<string | null | undefined> {
  const scope = device.buffers.scope('self-test');
  try {
    const rng = new Rng(rows * n * k);
    // Multiples of 2⁻⁹: f16 holds them as they are.
    const values = (length: number) => Float32Array.from({ length }, () => Math.round(rng.uniform(-512, 512)) / 512);
    const [a, w] = [values(rows * k), values(n * k)];
    const dims = scope.upload(
      'dims',
      new Uint8Array(packDims({ rows, supervised: 0, lossScale: 1, tokens: rows, segments: 1, stride: rows })),
      'uniform',
    );
    const count: RowCount = { dims, of: () => rows, ...('max' in size ? { max: size.max } : {}) };
    const out = scope.alloc('out', 4 * rows * n);
    const weight: Weight = { tensor: scope.upload('w', type === 'f16' ? halfBits(w)! : w), type };
    const ops = matmul(device, {
      label: 'self-test',
      rows: count,
      a: scope.upload('a', a),
      w: weight,
      out,
      n,
      k,
      transposed,
    });
    const program = await new Program(device, scope, 'self-test', ops).compile();
    device.submit('self-test', (commands) => program.encode(commands, { rows, supervised: 0, segments: 1 }));
    const got = await readFloats(device, out);
    const expected = new Float64Array(rows * n);
    matmulRef(
      expected,
      a,
      w,
      Array.from({ length: rows }, (_, i) => i),
      { n, k, transposed },
    );
    const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return expected.every((x, i) => Math.abs(got[i] - x) <= TOLERANCE * largest) ? undefined : null;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return error.message;
  } finally {
    scope.free();
  }
}

/**
 * `make` again without a variant that does not compile, until it does or there is no plainer form.
 * @throws what `make` throws then
 */
export async function withPlainKernels<T>(device: Device, make: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await make();
    } catch (error) {
      const name = error instanceof KernelError ? error.variants.find((v) => !device.blocked.has(v)) : undefined;
      if (name === undefined) throw error;
      device.blocked.add(name);
    }
  }
}
