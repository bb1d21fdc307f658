/** A session between two steps, as what goes on from it. */
import type { SessionConfig } from '../../shared/config';
import type { RunId } from './events';

/** Opaque outside train/: a structured-cloneable snapshot (A, B, τ, moments, λ, RNG, data cursor, step). */
export interface SessionState {
  /** 1: modules' salts as they were then. 3: today's names, see `todaysState`. */
  version: 1 | 2 | 3;
  config: SessionConfig;
  step: number;
  /** Step of the last evaluation on the way that is complete; −1 before the base's. */
  evaluated: number;
  /** Its runs have gone back to their best adapters already. */
  tookBest: boolean;
  /** It was told to stop, and its end is not complete. */
  stopping: boolean;
  /** Runs that have ended with an error. */
  failed: RunId[];
  /** The matmul variants that were used; others may round differently. */
  tuning: Record<string, string>;
  /** How it lay in memory. */
  layout: unknown;
  /** Rng states and cursors of the data orders. */
  data: unknown;
  runs: Record<RunId, unknown>;
  /** Records of early stopping. */
  early: unknown;
  /** What the signs of trouble of each run have seen so far. */
  signs: Record<RunId, unknown>;
}

type Buffers = Record<string, ArrayBuffer>;

/** Buffers of the runs' tensors, and of what they go back to; the snapshot's own: whoever sends it hands them over. */
export const stateBuffers = ({ runs, signs }: Pick<SessionState, 'runs' | 'signs'>): ArrayBuffer[] => [
  ...(Object.values(runs) as { tensors?: Buffers }[]).flatMap(({ tensors = {} }) => Object.values(tensors)),
  ...(Object.values(signs) as { good?: { point?: Buffers } }[]).flatMap(({ good }) => Object.values(good?.point ?? {})),
];
