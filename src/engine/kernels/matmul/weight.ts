/** How frozen weights are stored and read. */
import { type StoredMatrix, isQuantised, valueCount } from '../../../shared/quantised';
import { giveBack } from '../../../shared/giveBack';
import type { BufferScope, Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import { halfBits } from './halfBits';
import { type BlockType, blockNumber, blockOf, blockTypesOf, bytesOfBlocks, loadBlocks, packBlocks } from './quantised';

/** How a weight is read, by its storage. */
const loadF32 = /* wgsl */ `// How a weight is read: four neighbours of one row. Other storage types bring their own loadW.
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
fn loadW(index4: u32) -> vec4f { return w[index4]; }
`;
const loadF16 = /* wgsl */ `// Weights as f16, for adapters with shader-f16 (the composer puts enable f16; first); arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<vec4<f16>>;
fn loadW(index4: u32) -> vec4f { return vec4f(w[index4]); }
`;
const loadPackedF16 = /* wgsl */ `// Weights as f16 in pairs of a u32, for adapters without shader-f16: half the memory, arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<vec2u>;
fn loadW(index4: u32) -> vec4f {
  let pairs = w[index4];
  return vec4f(unpack2x16float(pairs.x), unpack2x16float(pairs.y));
}
`;

/** A weight and how it is stored. f16 lies densely, two to a u32, whether or not the adapter has shader-f16. */
export interface Weight {
  tensor: Tensor;
  type: WeightType;
}
export type WeightType = 'f32' | 'f16' | BlockType;

/** A storage as the CPU's kernels are told it. */
export const typeNumber = (type: WeightType): number => (type === 'f32' ? 0 : type === 'f16' ? 1 : blockNumber(type));

/** Values that a row of a weight is made of. */
export const blockSize = (type: WeightType): number => (type === 'f32' || type === 'f16' ? 1 : blockOf(type));

/** Storages in which values may lie without a loss, the smallest first. */
function typesFor(values: StoredMatrix): WeightType[] {
  if (isQuantised(values)) return blockTypesOf(values);
  return values instanceof Uint16Array ? ['f16'] : ['f16', 'f32'];
}

/** Values as they lie on a device; null where the storage would lose something. */
function encode(values: StoredMatrix, type: WeightType): ArrayBufferView | null {
  if (isQuantised(values)) return packBlocks(values, type as BlockType);
  if (type === 'f32') return values;
  return values instanceof Uint16Array ? values : halfBits(values);
}

const bytesOfValues = (type: WeightType, values: number): number =>
  type === 'f32' ? 4 * values : type === 'f16' ? 2 * values : bytesOfBlocks(type, values);

/**
 * Uploads a frozen matrix as it takes the least memory: blocks and f16 as they are, f32 as f16 where nothing is lost.
 */
export const uploadWeight = (scope: BufferScope, label: string, values: StoredMatrix): Weight =>
  uploadStretches(scope, label, { values: valueCount(values), stretches: [() => values] });

/**
 * The same for a matrix that is read a stretch at a time.
 * @param values of the matrix on the device; zeros follow those that are read
 * @param stretches one behind the other, each of a multiple of four values, and all stored in the same way
 */
export function uploadStretches(
  scope: BufferScope,
  label: string,
  { values, stretches }: { values: number; stretches: readonly (() => StoredMatrix)[] },
): Weight {
  // What a stretch gave may be gone when another was read.
  let first: StoredMatrix | null = stretches[0]();
  for (const type of typesFor(first)) {
    let tensor: Tensor | null = null;
    let at = 0;
    const fits = stretches.every((read) => {
      const given = first ?? read();
      first = null;
      const data = encode(given, type);
      if (!data) return false;
      tensor ??= scope.alloc(label, bytesOfValues(type, values));
      scope.fill(tensor, at, data);
      at += data.byteLength;
      if (data !== given) giveBack([data.buffer as ArrayBuffer]);
      return true;
    });
    if (fits) return { tensor: tensor!, type };
    if (tensor) scope.drop(tensor);
  }
  throw new Error(`weight "${label}" changes its storage`);
}

/** The name of shader-f16's numbers among a device's `blocked`: their bits are unpacked by hand then. */
export const HALF = 'shader-f16';

/** WGSL that defines `loadW` for a weight (at binding 2), the extension it needs, and what of it can be blocked. */
export function loadSnippet(device: Device, { type }: Weight): { enables: string[]; wgsl: string; variants: string[] } {
  if (type === 'f32') return { enables: [], wgsl: loadF32, variants: [] };
  if (type !== 'f16') return { enables: [], wgsl: loadBlocks(type), variants: [] };
  const half = device.info.shaderF16 && !device.blocked.has(HALF);
  return half
    ? { enables: ['f16'], wgsl: loadF16, variants: [HALF] }
    : { enables: [], wgsl: loadPackedF16, variants: [] };
}
