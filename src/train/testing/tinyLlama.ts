import type { LlamaConfig } from '../../shared/types';

/** The embedded nano model's widths, in two layers, with a small vocabulary: where only shapes count. */
export const TINY_LLAMA: LlamaConfig = {
  layers: 2,
  dModel: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffn: 160,
  vocab: 256,
  context: 64,
  ropeTheta: 10_000,
  rmsEps: 1e-5,
  tied: true,
  bosId: 0,
  eosIds: [0],
};
