/** How frozen weights are stored and read. */
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';

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
  type: 'f32' | 'f16';
}

/** The name of shader-f16's numbers among a device's `blocked`: their bits are unpacked by hand then. */
export const HALF = 'shader-f16';

/** WGSL that defines `loadW` for a weight (at binding 2), the extension it needs, and what of it can be blocked. */
export function loadSnippet(device: Device, { type }: Weight): { enables: string[]; wgsl: string; variants: string[] } {
  if (type === 'f32') return { enables: [], wgsl: loadF32, variants: [] };
  const half = device.info.shaderF16 && !device.blocked.has(HALF);
  return half
    ? { enables: ['f16'], wgsl: loadF16, variants: [HALF] }
    : { enables: [], wgsl: loadPackedF16, variants: [] };
}

/** Half of the smallest subnormal f16: what a value below 2⁻¹⁴ may lose. */
const LOST = 2 ** -25;

/**
 * `values` as bits of f16 where nothing is lost: every value of at least 2⁻¹⁴ is an f16, smaller ones are rounded by at
 * most 2⁻²⁵. Null where that does not hold; such weights stay f32.
 */
export function halfBits(values: Float32Array): Uint16Array<ArrayBuffer> | null {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i];
    const exponent = ((b >>> 23) & 0xff) - 127;
    const sign = (b >>> 16) & 0x8000;
    if (exponent >= -14) {
      if (exponent > 15 || (b & 0x1fff) !== 0) return null;
      half[i] = sign | ((exponent + 15) << 10) | ((b >>> 13) & 0x3ff);
    } else {
      // A subnormal f16 counts steps of 2⁻²⁴; a whole 1024 of them is the smallest normal one, with the same bits.
      half[i] = sign | Math.round(Math.abs(values[i]) / (2 * LOST));
    }
  }
  return half;
}
