/**
 * The gate of a run that is measured and not trained (`Layout.measures`). It goes by τ, or is held as it was: so an
 * adapter can be made smaller while the same tokens are skipped. Of every token it keeps what `TokenRecords` says.
 */
import { type Tensor, alignBinding } from '../../device/buffers';
import type { Dispatch, Op } from '../../device/program';
import { slotOf } from '../../kernels/gate/slots';
import { pairBytes } from '../../kernels/proximal/proximal';
import { storeGateGradients } from '../../kernels/proximal/gateGradients';
import { markHeld } from '../../kernels/select/select';
import { gateLogits } from '../../kernels/tokenGate/tokenGate';
import type { AdaptedModule, BackwardIO, ForwardIO, TokenRecords } from '../method';
import { pairCapacity, pairsOf } from './proximalRules';
import type { RuleContext, RuleExtent, ThresholdRule } from './rule';

/** Bytes of how the gates of one module's tokens are held. */
const heldBytes = (tokens: number): number => alignBinding(4 * pairCapacity(tokens));

/** Bytes of its tensors, by name. @param constant whether skipped tokens get something */
export const measuredSizes = ({ modules, capacity }: RuleExtent, constant: boolean): Record<string, number> => ({
  pairs: pairBytes(modules, pairCapacity(capacity)),
  ...(constant ? { skipped: pairBytes(modules, pairCapacity(capacity)) } : {}),
  held: modules * heldBytes(capacity),
});

export class MeasuredRule implements ThresholdRule {
  readonly tokens: TokenRecords;
  readonly #context: RuleContext;

  constructor(context: RuleContext) {
    const { scope, constants, capacity } = context;
    const sizes = measuredSizes(context, constants !== null);
    this.#context = context;
    this.tokens = {
      pairs: scope.alloc('gate/pairs', sizes.pairs),
      skipped: constants && scope.alloc('gate/skipped', sizes.skipped),
      held: scope.alloc('gate/held', sizes.held),
      capacity: pairCapacity(capacity),
      heldCapacity: heldBytes(capacity) / 4,
    };
  }

  mark(m: AdaptedModule, { rows, saved: { ratio, open } }: ForwardIO): Dispatch[] {
    const { held, heldCapacity } = this.tokens;
    const own = held.slice(`gate/held[${m.index}]`, 4 * m.index * heldCapacity, 4 * heldCapacity);
    return [markHeld({ rows, open, ratio, slot: slotOf(this.#context.slots, m.index), held: own })];
  }

  /** Last of all that reads μ: what skipped tokens get takes its place. */
  keep(m: AdaptedModule, { rows, gradOut, saved: { ratio }, scratch: { mu } }: BackwardIO): Op[] {
    const { device, kind, constants } = this.#context;
    const { pairs, skipped, capacity } = this.tokens;
    const stored = (to: Tensor) => storeGateGradients({ rows, ratio, mu, kind, pairs: pairsOf(to, m, capacity) });
    if (!constants || !skipped) return [stored(pairs)];
    const constant = constants[m.index].value;
    return [
      stored(pairs),
      gateLogits(device, { rows, x: gradOut, w: constant, logit: mu, width: m.dOut }),
      stored(skipped),
    ];
  }
}
