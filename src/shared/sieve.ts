/** Sieve afterwards: what page and train worker say to each other of an adapter that gets gates when it is finished. */

/**
 * How the tokens to skip are chosen at a given share. ratio: the same share of every module, by r. path: by what each
 * update is worth along the path from no adapter to the adapter. joint: searched on the calibration set, from `ratio`
 * on.
 */
export const SIEVE_WAYS = ['ratio', 'path', 'joint'] as const;
export type SieveWay = (typeof SIEVE_WAYS)[number];

export interface SieveInfo {
  /** Validation loss of the base, and of the adapter with every update applied; nats/token. */
  base: number;
  dense: number;
  /** Validation examples; calibration examples, and whether they are of the dev split (else of the train split). */
  examples: number;
  calibration: number;
  dev: boolean;
  /** Those that this adapter allows. */
  ways: SieveWay[];
}

export interface SievePoint {
  /** Asked for, of the calibration tokens × modules; and what is skipped of the validation tokens × modules. */
  share: number;
  skipped: number;
  /** Validation loss; of a third of the examples in a preview. */
  loss: number;
  preview: boolean;
}
