/** How much work a step is, in multiply-adds: the frozen base, the adapter as plain LoRA would do it, the adapter as done. */
import type { AdapterWork, TokenBatch } from '../shared/types';
import type { AdapterRun } from './adapterRun';
import type { Method, MethodStats } from './adapters/method';
import { macsOf } from './gpu/program';
import { backward, lowestAdapted, needsInputGradient } from './model/backward';
import { batchTotals, causalPairs } from './model/batch';
import { type Pass, forward } from './model/forward';
import { headLoss } from './model/head';

/** A method that adds nothing: what is left of a pass with it is the frozen base. */
const NOTHING = { forward: () => [], backward: () => [] } as unknown as Method;

/**
 * Counts a run's steps from a pass that holds it alone. Sizes that only the GPU knows (active rows) come from what was dispatched there.
 * Small per-row work (gate norms, statistics, norms, activations) is not counted: it is no product.
 */
export function accountant(pass: Pass, run: AdapterRun): (batches: readonly TokenBatch[], stats: MethodStats | null) => AdapterWork {
  const bare: Pass = { ...pass, segments: pass.segments.map((adapters) => adapters && { ...adapters, method: NOTHING }) };
  const frozen = [...forward(bare), ...headLoss(bare, true), ...backward(bare)].filter((op) => 'kernel' in op && op.kernel.label.startsWith('matmul/'));
  const { layers, heads, headDim } = pass.config;
  const attentionBack = layers - lowestAdapted(pass).layer;
  return (batches, stats) => {
    let step = 0;
    let tokens = 0;
    for (const batch of batches) {
      step += macsOf(frozen, { rows: batch.ids.length, supervised: batchTotals([batch]).supervised, segments: 1 });
      tokens += batch.ids.length;
      // Attention per causal pair, head and layer: q·k and p·v forward; five such products backward.
      step += causalPairs(batch) * heads * headDim * (2 * layers + 5 * attentionBack);
    }
    let dense = 0;
    let done = 0;
    for (const m of run.modules) {
      const dx = needsInputGradient(pass, m.layer, m.kind) ? m.dIn : 0;
      const all = tokens * (m.dIn + m.dOut);
      dense += run.rPad * (all + tokens * (2 * m.dOut + m.dIn + dx));
      done += run.rPad * (all + (stats
        ? stats.forwardRows[m.index] * m.dOut + stats.dxRows[m.index] * dx + stats.gradRows[m.index] * (m.dOut + m.dIn)
        : tokens * (2 * m.dOut + m.dIn + dx)));
    }
    return { done, dense, step: step + dense };
  };
}
