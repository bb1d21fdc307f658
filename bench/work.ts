/** How much work a step is, in multiply-adds, counted from the shapes alone. */
import type { ModelDescription } from '../src/shared/model';
import type { TokenBatch } from '../src/shared/types';

const KINDS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Input and output width of a linear layer; not the engine's own table, so that its counts can be held against ours.
 */
function widths({ width, layers: [{ attention, mlp }] }: ModelDescription, kind: Kind): [dIn: number, dOut: number] {
  const { heads, kvHeads, headDim } = attention;
  const [q, kv, ffn] = [heads * headDim, kvHeads * headDim, mlp.inner];
  return (
    {
      q: [width, q],
      k: [width, kv],
      v: [width, kv],
      o: [q, width],
      gate: [width, ffn],
      up: [width, ffn],
      down: [ffn, width],
    } as const
  )[kind] as [number, number];
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** Of all linear layers of one block, per token. */
const frozen = (c: ModelDescription) => sum(KINDS.map((kind) => widths(c, kind)[0] * widths(c, kind)[1]));
/** Those whose input gradient the lowest block does not need: it stops at q, k and v. */
const lowest = (c: ModelDescription) =>
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
export const attentionMacs = (c: ModelDescription, batch: TokenBatch, products: number): number =>
  products * c.layers.length * causalPairs(batch) * widths(c, 'q')[1];

export const supervisedOf = (batch: TokenBatch): number => batch.targets.filter((t) => t >= 0).length;

/** The base's forward with its head on supervised rows. */
export const forwardMacs = (c: ModelDescription, batch: TokenBatch): number =>
  c.layers.length * batch.ids.length * frozen(c) + attentionMacs(c, batch, 2) + supervisedOf(batch) * c.width * c.vocab;

/**
 * A training step of one run with all seven modules adapted: frozen products forward and their input gradients,
 * attention, the head both ways, and the adapter's products. `kept`: share of tokens whose gate is open; A x and Bᵀ g
 * run on all tokens, B z, dB, dA and Aᵀ u on those.
 */
export function stepMacs(c: ModelDescription, batch: TokenBatch, rank: number, kept = 1): number {
  const tokens = batch.ids.length;
  const base =
    tokens * (2 * c.layers.length * frozen(c) - lowest(c)) +
    attentionMacs(c, batch, 7) +
    2 * supervisedOf(batch) * c.width * c.vocab;
  const adapter = sum(
    KINDS.map((kind) => {
      const [dIn, dOut] = widths(c, kind);
      const throughLayers = c.layers.length - (kind === 'q' || kind === 'k' || kind === 'v' ? 1 : 0);
      return c.layers.length * (dIn + dOut) + kept * (c.layers.length * (2 * dOut + dIn) + throughLayers * dIn);
    }),
  );
  return base + tokens * rank * adapter;
}
