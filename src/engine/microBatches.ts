/** Batches cut so that they fit into a pass. */
import type { TokenBatch } from '../shared/types';
import type { Capacity } from './model/batch';
import { batchTotals } from './model/batch';

/** Whole sequences of a batch. */
export interface BatchPart {
  batch: TokenBatch;
  /** Which batch it is of, how many of that batch's tokens lie before it, and how many that batch has. */
  of: number;
  before: number;
  whole: number;
}

/** Whether it is less than its batch. */
export const isCut = ({ batch, whole }: BatchPart): boolean => batch.targets.length < whole;

/** Sequences `from … to` of a batch. */
function sequences({ ids, targets, starts, patches }: TokenBatch, from: number, to: number): TokenBatch {
  const [first, end] = [starts[from], starts[to]];
  const values = patches ? patches.length / targets.length : 0;
  return {
    ids: ids.slice(first, end),
    targets: targets.slice(first, end),
    starts: starts.slice(from, to + 1).map((s) => s - first),
    ...(patches && { patches: patches.slice(first * values, end * values) }),
  };
}

/**
 * Every batch whole where it fits, else as many of its sequences at a time as do. A sequence that is too long for a
 * pass alone is a part of its own; whoever stages it refuses it.
 */
export function fitBatches(
  batches: readonly TokenBatch[],
  { rows, supervised }: Pick<Capacity, 'rows' | 'supervised'>,
): BatchPart[] {
  const fits = (batch: TokenBatch) => batch.targets.length <= rows && batchTotals([batch]).supervised <= supervised;
  return batches.flatMap((batch, of) => {
    const whole = batch.targets.length;
    if (fits(batch)) return [{ batch, of, before: 0, whole }];
    const parts: BatchPart[] = [];
    const count = batch.starts.length - 1;
    for (let from = 0; from < count; ) {
      let to = from + 1;
      while (to < count && fits(sequences(batch, from, to + 1))) to++;
      parts.push({ batch: sequences(batch, from, to), of, before: batch.starts[from], whole });
      from = to;
    }
    return parts;
  });
}
