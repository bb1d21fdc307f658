/** How quantised weights lie on a device, and how a shader reads them. */
import type { QuantisedBlocks } from '../../../shared/types';
import { halfBits } from './halfBits';

/**
 * Blocks one behind the other, each as its head and its numbers, so that one binding holds all and what belongs
 * together lies together: `q4/32/scale`. Heads: the scale in f32 (no offsets); scale and offset in f16 (`halves`), in
 * f32 (`floats`).
 */
export type BlockType = `q${4 | 8}/${16 | 32}/${Head}`;
type Head = 'scale' | 'halves' | 'floats';
/** In the order of quantised.as.ts. */
const HEADS: readonly Head[] = ['scale', 'halves', 'floats'];

interface BlockForm {
  bits: number;
  block: number;
  head: Head;
  /** Words of the head, and of a block with it. */
  headWords: number;
  words: number;
}

function formOf(type: BlockType): BlockForm {
  const [q, size, head] = type.split('/');
  const [bits, block] = [Number(q.slice(1)), Number(size)];
  const headWords = head === 'floats' ? 2 : 1;
  return { bits, block, head: head as Head, headWords, words: headWords + (block * bits) / 32 };
}

/** Values of a block: a row has a whole number of blocks. */
export const blockOf = (type: BlockType): number => formOf(type).block;

/** The form as the CPU's kernels are told it; more than the numbers of f32 and f16. */
export function blockNumber(type: BlockType): number {
  const { bits, block, head } = formOf(type);
  return bits + (block << 8) + (HEADS.indexOf(head) << 16);
}

/** f16 bits of scales or offsets, where each comes back as it was. */
const exactHalves = (values: Float32Array) =>
  values.every((x) => Math.abs(x) >= 2 ** -14 || Number.isInteger(x * 2 ** 24)) ? halfBits(values) : null;

/** Forms in which blocks may lie on a device, the smallest first. */
export const blockTypesOf = ({ bits, block }: Pick<QuantisedBlocks, 'bits' | 'block'>): BlockType[] =>
  HEADS.map((head): BlockType => `q${bits}/${block}/${head}`);

/** Bytes of so many values on a device. */
export function bytesOfBlocks(type: BlockType, values: number): number {
  const { block, words } = formOf(type);
  return (values / block) * words * 4;
}

/** Blocks as they lie on a device; null where the form would lose something. */
export function packBlocks(
  { bits, block, values, scales, offsets }: QuantisedBlocks,
  type: BlockType,
): Uint32Array<ArrayBuffer> | null {
  const { head, words: step, headWords } = formOf(type);
  if (head === 'scale' && offsets) return null;
  const middle = bits === 4 ? -8 : 0;
  const shifts = offsets ?? (head === 'scale' ? null : scales.map((scale) => middle * scale));
  const halves = head === 'halves' ? [exactHalves(scales), exactHalves(shifts!)] : [];
  if (halves.includes(null)) return null;
  const words = new Uint32Array(scales.length * step);
  const floats = new Float32Array(words.buffer);
  const bytes = new Uint8Array(words.buffer);
  const bytesOfBlock = (block * bits) / 8;
  for (let b = 0; b < scales.length; b++) {
    const at = b * step;
    if (head === 'halves') words[at] = halves[0]![b] | (halves[1]![b] << 16);
    else floats[at] = scales[b];
    if (head === 'floats') floats[at + 1] = shifts![b];
    bytes.set(values.subarray(b * bytesOfBlock, (b + 1) * bytesOfBlock), 4 * (at + headWords));
  }
  return words;
}

/** Blocks of a form, made of `random` numbers in [0, 1): what the self-test and tests multiply. */
export function randomBlocks(type: BlockType, count: number, random: () => number): QuantisedBlocks {
  const { bits, block, head } = formOf(type);
  // Multiples of 2⁻⁹, which are f16; and such as are none.
  const step = head === 'halves' ? 2 ** -9 : 0.0021;
  const some = (from: number, to: number) => step * Math.round(from + (to - from) * random());
  return {
    bits: bits as 4 | 8,
    block: block as 16 | 32,
    values: Uint8Array.from({ length: (count * block * bits) / 8 }, () => Math.floor(256 * random())),
    scales: Float32Array.from({ length: count }, () => some(1, 64) / 2 ** (bits - 1)),
    offsets: head === 'scale' ? null : Float32Array.from({ length: count }, () => some(-64, 64)),
  };
}

/** What a word before the numbers says, by head: the scale and the offset. */
const HEAD_WGSL: Record<Head, string> = {
  scale: 'vec2f(bitcast<f32>(w[at]), 0.0)',
  halves: 'unpack2x16float(w[at])',
  floats: 'vec2f(bitcast<f32>(w[at]), bitcast<f32>(w[at + 1u]))',
};

/** WGSL that defines `loadW` for blocks, at binding 2. */
export function loadBlocks(type: BlockType): string {
  const { bits, block, head, headWords, words } = formOf(type);
  const quads = block / 4;
  const centre = head === 'scale' && bits === 4 ? ' - 8.0' : '';
  // Four nibbles are half a word, four signed bytes a whole one.
  const numbers =
    bits === 4
      ? `let word = w[at + ${headWords}u + quad / 2u] >> (16u * (quad % 2u));
  let q = vec4f((vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u))${centre};`
      : `let word = bitcast<i32>(w[at + ${headWords}u + quad]);
  let q = vec4f((vec4i(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));`;
  return `// Quantised weights, ${type}: blocks of ${block} numbers of ${bits} bits behind their scale; arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<u32>;
fn loadW(index4: u32) -> vec4f {
  let at = (index4 / ${quads}u) * ${words}u;
  let quad = index4 % ${quads}u;
  let head = ${HEAD_WGSL[head]};
  ${numbers}
  return ${head === 'scale' ? 'head.x * q' : 'head.x * q + head.y'};
}
`;
}
