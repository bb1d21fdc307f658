/**
 * Which sizes of a model the engine can compute with. Its kernels hold to these, and `config.json` is read by them, so
 * that no weight is downloaded for a model that could not be trained.
 */
export const ENGINE_LIMITS = {
  /** Numbers are read four at a time: hidden size, feed-forward size and head size are multiples of it. */
  step: 4,
  /** Longest sum of a frozen product: inputs of a linear layer. The CPU packs a whole one when it also sums squares. */
  inputs: 16_384,
  /** Largest head: a GPU's thread keeps up to two vectors of it. */
  headDim: 256,
} as const;
