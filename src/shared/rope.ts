/** Angles of rotary position embeddings, stretched or not. */
import type { Rope, RopeScaling } from './layers';

/** Angle per position of each pair, and what queries and keys are multiplied by. */
export function ropeFrequencies({ rotary, theta, scaling }: Rope): { frequencies: Float64Array; attention: number } {
  const frequencies = Float64Array.from({ length: rotary / 2 }, (_, i) => theta ** ((-2 * i) / rotary));
  if (!scaling) return { frequencies, attention: 1 };
  return {
    frequencies: frequencies.map((frequency, i) => frequency * slowed(scaling, frequency, { pair: i, rotary, theta })),
    attention: 'attention' in scaling ? scaling.attention : 1,
  };
}

/** What remains of a pair's speed. Formulas as in transformers' `modeling_rope_utils.py`. */
function slowed(
  s: RopeScaling,
  frequency: number,
  { pair, rotary, theta }: { pair: number; rotary: number; theta: number },
): number {
  switch (s.kind) {
    case 'linear':
      return 1 / s.factor;
    case 'llama3': {
      const turns = (s.trainedContext * frequency) / (2 * Math.PI);
      return mix(1 / s.factor, (turns - s.lowFrequency) / (s.highFrequency - s.lowFrequency));
    }
    case 'yarn': {
      // The pair, as a fraction, that makes so many turns.
      const pairOf = (turns: number) =>
        (rotary * Math.log(s.trainedContext / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const [first, last] = [pairOf(s.fast), pairOf(s.slow)];
      const low = Math.max(s.truncate ? Math.floor(first) : first, 0);
      const high = Math.min(s.truncate ? Math.ceil(last) : last, rotary - 1);
      return mix(1 / s.factor, 1 - (pair - low) / (high === low ? 0.001 : high - low));
    }
    case 'longrope':
      return 1 / s.factors[pair];
  }
}

/** From `least` to 1 as `share` goes from 0 to 1. */
const mix = (least: number, share: number) => least + (1 - least) * Math.min(1, Math.max(0, share));
