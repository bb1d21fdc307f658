/**
 * The variants of kernels that this GPU would take, beside f64: one that computes wrongly, or does not compile, is
 * blocked by name, and its plain form takes its place. What has no other form is proved as a whole, by the logits and
 * gradients of the model (train/openModel.ts).
 */
import { KernelError, messageOf } from '../shared/errors';
import type { Message } from '../shared/message';
import { dequantise } from '../shared/quantised';
import { Rng } from '../shared/rng';
import { type Device, readFloats } from './device/device';
import { packDims } from './device/dims';
import { Program, type RowCount } from './device/program';
import { FLASH, type Heads, attention, attentionBackward, takesFlash } from './kernels/attention/attention';
import { attentionBackwardRef, attentionRef } from './kernels/attention/attention.ref';
import { matmul } from './kernels/matmul/matmul';
import { matmulRef } from './kernels/matmul/matmul.ref';
import { PLAIN, choose } from './kernels/matmul/variants';
import { randomBlocks } from './kernels/matmul/quantised';
import { HALF, type WeightType, blockSize, uploadWeight } from './kernels/matmul/weight';

export interface Blocked {
  name: string;
  /** What the compiler says; null where it computes wrongly. */
  why: Message | null;
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

/**
 * What of a model decides which kernels it uses: how its weights are stored, and each kind of attention that its layers
 * have.
 */
export interface InUse {
  types: readonly WeightType[];
  attentions: readonly Heads[];
}

/** Tests what a model uses, and blocks what is wrong. Attention is the model's own, so that it is compiled once. */
export async function selfTest(device: Device, { types, attentions }: InUse): Promise<Blocked[]> {
  const found: Blocked[] = [];
  const products = SHAPES.flatMap((shape) =>
    types.map(
      (type): Case => ({ inUse: () => inUse(device, shape, type), problem: () => ofProduct(device, shape, type) }),
    ),
  );
  const attends = attentions.map(
    (heads): Case => ({
      inUse: () => (takesFlash(device, heads.headDim) ? [FLASH] : []),
      problem: () => ofAttention(device, heads),
    }),
  );
  for (const one of [...products, ...attends]) {
    const names = one.inUse();
    const why = names.length > 0 ? await problemOf(one) : undefined;
    if (why === undefined) continue;
    for (const name of await toBlame(device, one, names)) {
      device.blocked.add(name);
      found.push({ name, why });
    }
  }
  return found;
}

/** What is tested: a computation that takes variants. */
interface Case {
  /** Those that could be blocked. */
  inUse: () => string[];
  /** Whether it is right. */
  problem: () => Promise<boolean>;
}

/** The one without which the product is right; all where none is. */
async function toBlame(device: Device, one: Case, names: string[]): Promise<string[]> {
  for (const name of names) {
    device.blocked.add(name);
    const why = await problemOf(one);
    device.blocked.delete(name);
    if (why === undefined) return [name];
  }
  return names;
}

/** What could be blocked of a product. */
function inUse(device: Device, shape: Shape, type: WeightType): string[] {
  const { n, k, transposed, ...size } = inBlocks(shape, type);
  const variant = choose(device, { n, k, transposed, maxRows: 'max' in size ? size.max : undefined });
  return [
    ...(variant === PLAIN ? [] : [variant]),
    ...(type === 'f16' && device.info.shaderF16 && !device.blocked.has(HALF) ? [HALF] : []),
  ];
}

/** Undefined where it is right, null where it is wrong, the compiler's words where it does not compile. */
async function problemOf({ problem }: Case): Promise<Message | null | undefined> {
  try {
    return (await problem()) ? undefined : null;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return messageOf(error);
  }
}

/** Whether `got` is `expected`, as far as f32 goes. @param tolerance of the largest value */
function isClose(got: Float32Array, expected: Float64Array, tolerance: number): boolean {
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return expected.every((x, i) => Math.abs(got[i] - x) <= tolerance * largest);
}

/** A shape whose rows of the weight are whole blocks. */
function inBlocks<T extends Shape>(shape: T, type: WeightType): T {
  const block = blockSize(type);
  const whole = (size: number) => Math.ceil(size / block) * block;
  return shape.transposed ? { ...shape, k: whole(shape.k) } : { ...shape, n: whole(shape.n) };
}

async function ofProduct(device: Device, shape: Shape, type: WeightType): Promise<boolean> {
  const scope = device.buffers.scope('self-test');
  try {
    const { rows, n, k, transposed, ...size } = inBlocks(shape, type);
    const rng = new Rng(rows * n * k);
    // Multiples of 2⁻⁹: f16 holds them as they are.
    const values = (length: number) => Float32Array.from({ length }, () => Math.round(rng.uniform(-512, 512)) / 512);
    const a = values(rows * k);
    const stored =
      type === 'f32' || type === 'f16'
        ? values(n * k)
        : randomBlocks(type, (n * k) / blockSize(type), () => rng.float());
    const w = 'scales' in stored ? dequantise(stored) : stored;
    const dims = scope.upload(
      'dims',
      new Uint8Array(packDims({ rows, supervised: 0, lossScale: 1, tokens: rows, segments: 1, stride: rows })),
      'uniform',
    );
    const count: RowCount = { dims, of: () => rows, ...('max' in size ? { max: size.max } : {}) };
    const out = scope.alloc('out', 4 * rows * n);
    const weight = type === 'f32' ? { tensor: scope.upload('w', w), type } : uploadWeight(scope, 'w', stored);
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
    matmulRef(expected, a, w, { index: Array.from({ length: rows }, (_, i) => i), options: { n, k, transposed } });
    return isClose(got, expected, TOLERANCE);
  } finally {
    scope.free();
  }
}

/** Two sequences, one of them longer than a block. */
const LENGTHS = [70, 9];
/** Sums, and an exponential, which GPUs compute less exactly than a product. */
const ATTENTION_TOLERANCE = 1e-4;

/** Attention, forward and backward. */
async function ofAttention(device: Device, shape: Heads): Promise<boolean> {
  const scope = device.buffers.scope('self-test');
  try {
    const { heads, kvHeads, headDim } = shape;
    const rng = new Rng(headDim);
    const starts = LENGTHS.map((_, i) => LENGTHS.slice(0, i).reduce((a, b) => a + b, 0));
    const meta = Uint32Array.from(
      LENGTHS.flatMap((length, s) =>
        Array.from({ length }, (_, position) => [starts[s], position, starts[s] + length, 0]).flat(),
      ),
    );
    const rows = meta.length / 4;
    const [wide, narrow] = [rows * heads * headDim, rows * kvHeads * headDim];
    const values = (length: number) => Float32Array.from({ length }, () => rng.uniform(-2, 2));
    const [q, k, v, gradOut] = [values(wide), values(narrow), values(narrow), values(wide)];
    const dims = packDims({ rows, supervised: 0, lossScale: 1, tokens: rows, segments: 1, stride: rows });
    const to = (name: string, length: number) => scope.alloc(name, 4 * length);
    const out = {
      out: to('out', wide),
      lse: to('lse', rows * heads),
      gradQ: to('gradQ', wide),
      gradK: to('gradK', narrow),
      gradV: to('gradV', narrow),
    };
    const io = {
      ...shape,
      ...out,
      rows: { dims: scope.upload('dims', new Uint8Array(dims), 'uniform'), of: () => rows },
      meta: scope.upload('meta', meta),
      q: scope.upload('q', q),
      k: scope.upload('k', k),
      v: scope.upload('v', v),
    };
    const ops = [
      ...attention(device, io),
      ...attentionBackward(device, {
        ...io,
        gradOut: scope.upload('gradOut', gradOut),
        stats: to('stats', 2 * rows * heads),
      }),
    ];
    const program = await new Program(device, scope, 'self-test', ops).compile();
    device.submit('self-test', (commands) => program.encode(commands, { rows, supervised: 0, segments: 1 }));
    const inputs = { meta, q, k, v, ...shape };
    const expected = { ...attentionRef(inputs), ...attentionBackwardRef(inputs, gradOut) };
    for (const [name, tensor] of Object.entries(out))
      if (!isClose(await readFloats(device, tensor), expected[name as keyof typeof expected], ATTENTION_TOLERANCE))
        return false;
    return true;
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
