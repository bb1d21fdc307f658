/** The host's side of dims.wgsl. */
/** What a pass is for, in the order of dims.wgsl's PASS_*. */
const KINDS = ['train', 'probe', 'evaluate', 'decode'] as const;
export type PassKind = (typeof KINDS)[number];
/** A kind as the shaders see it. */
export const passKind = (kind: PassKind): number => KINDS.indexOf(kind);

export interface Dims {
  rows: number;
  supervised: number;
  lossScale: number;
  tokens: number;
  segments: number;
  stride: number;
  /** Of this micro-batch's dropout masks; 0 = nothing is dropped. */
  dropoutKey?: number;
  /** 'train', 0, 0, 0, 0 and `rows` unless given. */
  kind?: PassKind;
  draw?: number;
  of?: number;
  first?: number;
  before?: number;
  whole?: number;
}

export const DIMS_BYTES = 64;

/** `Dims` as the uniform's bytes. */
export function packDims(d: Dims): ArrayBuffer {
  const bytes = new ArrayBuffer(DIMS_BYTES);
  new Uint32Array(bytes).set([
    d.rows,
    d.supervised,
    0,
    d.tokens,
    d.segments,
    d.stride,
    d.dropoutKey ?? 0,
    passKind(d.kind ?? 'train'),
    d.draw ?? 0,
    d.of ?? 0,
    d.first ?? 0,
    d.before ?? 0,
    d.whole ?? d.rows,
  ]);
  new Float32Array(bytes)[2] = d.lossScale;
  return bytes;
}

/** `packDims` backwards, from word `at` of a memory that is seen as integers and as floats. */
export function unpackDims(u32: Uint32Array, f32: Float32Array, at: number): Required<Dims> {
  return {
    rows: u32[at],
    supervised: u32[at + 1],
    lossScale: f32[at + 2],
    tokens: u32[at + 3],
    segments: u32[at + 4],
    stride: u32[at + 5],
    dropoutKey: u32[at + 6],
    kind: KINDS[u32[at + 7]],
    draw: u32[at + 8],
    of: u32[at + 9],
    first: u32[at + 10],
    before: u32[at + 11],
    whole: u32[at + 12],
  };
}
