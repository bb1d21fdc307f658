/** How much work a step is, in multiply-adds, counted from the shapes alone. */
import { MODULE_KINDS, type ModuleKind } from '../src/shared/config';
import type { LlamaConfig, TokenBatch } from '../src/shared/types';

/** Input and output width of a linear layer; not the engine's own table, so that its counts can be held against ours. */
function widths(c: LlamaConfig, kind: ModuleKind): [dIn: number, dOut: number] {
  const [q, kv] = [c.heads * c.headDim, c.kvHeads * c.headDim];
  return (
    {
      q: [c.dModel, q],
      k: [c.dModel, kv],
      v: [c.dModel, kv],
      o: [q, c.dModel],
      gate: [c.dModel, c.ffn],
      up: [c.dModel, c.ffn],
      down: [c.ffn, c.dModel],
    } as const
  )[kind] as [number, number];
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** Of all linear layers of one block, per token. */
const frozen = (c: LlamaConfig) => sum(MODULE_KINDS.map((kind) => widths(c, kind)[0] * widths(c, kind)[1]));
/** Those whose input gradient the lowest block does not need: it stops at q, k and v. */
const lowest = (c: LlamaConfig) =>
  sum((['q', 'k', 'v'] as const).map((kind) => widths(c, kind)[0] * widths(c, kind)[1]));

/** (query, key) pairs of causal attention. */
export function causalPairs(batch: TokenBatch): number {
  let pairs = 0;
  for (let s = 0; s + 1 < batch.starts.length; s++) {
    const length = batch.starts[s + 1] - batch.starts[s];
    pairs += (length * (length + 1)) / 2;
  }
  return pairs;
}

/** Attention of all layers: two products forward, five backward. */
export const attentionMacs = (c: LlamaConfig, batch: TokenBatch, products: number): number =>
  products * c.layers * causalPairs(batch) * c.heads * c.headDim;

export const supervisedOf = (batch: TokenBatch): number => batch.targets.filter((t) => t >= 0).length;

/** The base's forward with its head on supervised rows. */
export const forwardMacs = (c: LlamaConfig, batch: TokenBatch): number =>
  c.layers * batch.ids.length * frozen(c) + attentionMacs(c, batch, 2) + supervisedOf(batch) * c.dModel * c.vocab;

/**
 * A training step of one run with all seven modules adapted: frozen products forward and their input gradients,
 * attention, the head both ways, and the adapter's products. `kept`: share of tokens whose gate is open; A x and Bᵀ g
 * run on all tokens, B z, dB, dA and Aᵀ u on those.
 */
export function stepMacs(c: LlamaConfig, batch: TokenBatch, rank: number, kept = 1): number {
  const tokens = batch.ids.length;
  const base =
    tokens * (2 * c.layers * frozen(c) - lowest(c)) +
    attentionMacs(c, batch, 7) +
    2 * supervisedOf(batch) * c.dModel * c.vocab;
  const adapter = sum(
    MODULE_KINDS.map((kind) => {
      const [dIn, dOut] = widths(c, kind);
      const throughLayers = c.layers - (kind === 'q' || kind === 'k' || kind === 'v' ? 1 : 0);
      return c.layers * (dIn + dOut) + kept * (c.layers * (2 * dOut + dIn) + throughLayers * dIn);
    }),
  );
  return base + tokens * rank * adapter;
}
