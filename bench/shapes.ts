/** Model shapes that are measured with random weights. */
import type { LlamaConfig } from '../src/shared/types';

/** SmolLM2-135M's: 30 blocks, 9 query and 3 key heads of 64. */
export const smollm: LlamaConfig = {
  layers: 30,
  dModel: 576,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  ffn: 1536,
  vocab: 49152,
  context: 2048,
  ropeTheta: 100_000,
  rmsEps: 1e-5,
  tied: true,
  bosId: 1,
  eosIds: [2],
};
