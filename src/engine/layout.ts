/** How training is laid out in memory, see plan.ts; saved with a session, which goes on in the same. */
import type { Capacity } from './model/batch';

export interface Layout {
  capacity: Capacity;
  /** Micro-batches that one submit may hold: accumulated ones, each in `split` parts. */
  microBatches: number;
  /** Parts of a batch, of whole sequences; 1 unless given. */
  split?: number;
  /** Keep only every layer's input and recompute the rest in the backward: a third more work, far less memory. */
  recompute: boolean;
  /**
   * Its runs are measured, not trained: a gate keeps what `TokenRecords` says of every token, and can be held as it
   * was.
   */
  measures?: true;
  /** A session that began before version 2 draws its random numbers as it did; see `saltOfVersion1`. */
  salts?: 'version 1';
}
