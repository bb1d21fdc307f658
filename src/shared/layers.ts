/** What layers of a model can be, as its description and the engine name it. */

/** SiLU; GELU by the normal distribution, or by tanh; ReLU. */
export type ActivationKind = 'silu' | 'gelu' | 'geluTanh' | 'relu';

/**
 * How positions of RoPE are stretched beyond what a model was first trained for, by config.json's `rope_scaling`.
 * "Dynamic" is not among them: its angles depend on how long a sequence is.
 */
export type RopeScaling =
  | { kind: 'linear'; factor: number }
  | { kind: 'llama3'; factor: number; lowFrequency: number; highFrequency: number; trainedContext: number }
  | {
      kind: 'yarn';
      factor: number;
      /** Turns within `trainedContext` from which on a pair keeps its speed, and up to which it is slowed fully. */
      fast: number;
      slow: number;
      trainedContext: number;
      /** The bounds between them in whole pairs. */
      truncate: boolean;
      /** Of the lengths of queries and keys. */
      attention: number;
    }
  | { kind: 'longrope'; factors: readonly number[]; attention: number };

export interface Rope {
  /** Numbers of a head that turn, an even number; the rest has no position. */
  rotary: number;
  theta: number;
  /** Absent: as first trained. */
  scaling?: RopeScaling;
}
