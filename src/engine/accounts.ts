/**
 * How much work a step is, in multiply-adds: the frozen base, the adapter as plain LoRA would do it, the adapter as
 * done.
 */
import type { AdapterWork, TokenBatch } from '../shared/types';
import type { AdapterRun } from './adapterRun';
import type { Method, MethodStats } from './adapters/method';
import { padRank } from './adapters/parameters';
import { type Dispatch, type Op, macsOf } from './device/program';
import { backward, goesThroughAttention, needsInputGradient } from './model/backward';
import { batchTotals, attentionPairs } from './model/batch';
import { forward } from './model/forward';
import { headLoss } from './model/nn/head';
import type { Pass } from './model/nn/pass';

/** A method that adds nothing: what is left of a pass with it is the frozen base. */
const NOTHING = {
  usesBaseOutput: false,
  needsRowNorms: false,
  forward: () => [],
  backward: () => ({ through: [], gradients: [] }),
} as unknown as Method;

const multiplies = (op: Op): op is Dispatch => 'kernel' in op && op.macs !== undefined;

/**
 * Counts a run's steps from a pass that holds it alone. Sizes that only the GPU knows (active rows) come from what was
 * dispatched there. Small per-row work (gate norms, statistics, norms, activations) is not counted: it is no product.
 */
export function accountant(
  pass: Pass,
  run: AdapterRun,
): (batches: readonly TokenBatch[], stats: MethodStats | null) => AdapterWork {
  const bare: Pass = {
    ...pass,
    segments: pass.segments.map((adapters) => adapters && { ...adapters, method: NOTHING }),
  };
  const base = [...forward(bare), ...headLoss(bare, true), ...backward(bare)];
  const frozen = base.filter((op) => multiplies(op) && op.kernel.label.startsWith('matmul/'));
  // What the adapter multiplies for all tokens, and once a step. A layer that is recomputed is the layout's work, not
  // its own.
  const labels = new Set(base.map((op) => ('kernel' in op ? op.kernel.label : '')));
  const once: Pass = { ...pass, recompute: false };
  const adapter = [...forward(once), ...backward(once)].filter((op) => multiplies(op) && !labels.has(op.kernel.label));
  const perStep = macsOf([...run.finish(), ...run.update(pass.batch.lossTotal, 0)], {
    rows: 0,
    supervised: 0,
    segments: 0,
  });
  const rank = padRank(run.config.rank);
  // Attention per pair: q·k and p·v of every head forward; five such products backward.
  const attention = pass.config.layers.map(({ attention: { heads, headDim, window, causal } }, l) => ({
    perPair: heads * headDim * (goesThroughAttention(pass, l) ? 7 : 2),
    window: window ?? Infinity,
    causal,
  }));
  const modules = run.modules.map((m) => ({ ...m, dx: needsInputGradient(pass, m) ? m.dIn : 0 }));
  return (batches, stats) => {
    let step = 0;
    let tokens = 0;
    let done = perStep;
    for (const batch of batches) {
      const counts = { rows: batch.ids.length, supervised: batchTotals([batch]).supervised, segments: 1 };
      step += macsOf(frozen, counts);
      done += macsOf(adapter, counts);
      tokens += batch.ids.length;
      for (const { perPair, ...sees } of attention) step += attentionPairs(batch, sees) * perPair;
    }
    let dense = 0;
    for (const { index, dIn, dOut, dx } of modules) {
      dense += rank * tokens * (3 * dOut + 2 * dIn + dx);
      // Products over open rows: how many only the GPU knew.
      if (stats)
        done +=
          run.rPad *
          (stats.forwardRows[index] * dOut + stats.dxRows[index] * dx + stats.gradRows[index] * (dOut + dIn));
    }
    return { done, dense, step: step + dense };
  };
}
