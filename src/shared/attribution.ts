/**
 * Path attribution: what page and train worker say to each other of what the updates of a run's adapter are worth, by
 * token and module. Along the way from no adapter to the adapter all of them add up to the loss of the base minus that
 * of the adapter.
 */
import { type RunConfig, isGated, learnsThreshold } from './config';
import { methodOf } from './methods';
import type { WatchedPicture } from './data';
import { ruleOf } from './rules';
import type { ModuleId } from './types';

/** Gauss–Legendre points of the way: at first, and where the sum is too far off. */
export const PATH_POINTS = { few: 5, many: 20 } as const;

/** Validation examples that modules are ranked on, at most. */
export const RANKED_EXAMPLES = 64;

/**
 * What is attributed: the text or picture that is watched, as `example` or as typed; or a number of validation
 * examples.
 */
export type Attributed = { text: string | null; example: number } | { examples: number };

/** Token × module of one text. */
export interface TextWorth {
  tokens: string[];
  picture?: WatchedPicture;
  /**
   * [modules × tokens]: what an update lowers the loss by, in nats per loss token; where it is skipped what its
   * constant does, or 0.
   */
  worth: Float32Array;
  /** In the same layout: r, and 1 where the update is applied. */
  ratio: Float32Array;
  active: Uint8Array;
}

export interface Attribution {
  modules: ModuleId[];
  /** By module, over all tokens: nats per loss token. */
  byModule: Float64Array;
  /** Mean loss on the same tokens, of the base and of the adapter with its gates; nats per loss token. */
  base: number;
  adapted: number;
  /** Examples, and points of the way. */
  examples: number;
  points: number;
  /** null of validation examples. */
  text: TextWorth | null;
}

/** What the parts add up to, and how far that is from what was measured, as a share of it. */
export function checksum({ byModule, base, adapted }: Pick<Attribution, 'byModule' | 'base' | 'adapted'>): {
  sum: number;
  measured: number;
  error: number;
} {
  const sum = byModule.reduce((a, b) => a + b, 0);
  const measured = base - adapted;
  return { sum, measured, error: Math.abs(sum - measured) / Math.max(Math.abs(measured), 1e-9) };
}

/** Whether at evaluation a gate leaves updates whole or out by thresholds alone, of which it may have none. */
const cutsByThreshold = (gate: RunConfig['gate']): boolean => {
  const { shrinks, late, activeOutsideTraining } = ruleOf(gate);
  return !shrinks && (learnsThreshold(gate) || late === true || activeOutsideTraining === true);
};

/**
 * Whether a run's updates can be attributed: they are B times a number, behind no gate or one that cuts by thresholds.
 */
export const canAttribute = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  methodOf(run).scales === true && (!isGated(run) || cutsByThreshold(run.gate));
