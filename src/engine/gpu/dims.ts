/** The host's side of dims.wgsl. */
export interface Dims {
  rows: number;
  supervised: number;
  lossScale: number;
  tokens: number;
  segments: number;
  stride: number;
  /** Of this micro-batch's dropout masks; 0 = nothing is dropped. */
  dropoutKey?: number;
}

export const DIMS_BYTES = 32;

/** `Dims` as the uniform's bytes. */
export function packDims(d: Dims): ArrayBuffer {
  const bytes = new ArrayBuffer(DIMS_BYTES);
  new Uint32Array(bytes).set([d.rows, d.supervised, 0, d.tokens, d.segments, d.stride, d.dropoutKey ?? 0]);
  new Float32Array(bytes)[2] = d.lossScale;
  return bytes;
}
