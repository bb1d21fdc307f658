import { describe, expect, it } from 'vitest';
import type { RopeScaling } from '../../../shared/layers';
import { expectClose } from '../../testing/allclose';
import { ropeFrequencies } from '../../../shared/rope';
import { ropeTable } from './table';

/** Angles per position of 8 pairs, as transformers 5.23.0 computes them in f32. */
const figures: { theta: number; scaling: RopeScaling; frequencies: number[] }[] = [
  {
    theta: 10000,
    scaling: { kind: 'linear', factor: 4 },
    frequencies: [0.25, 0.079056941, 0.025, 0.0079056947, 0.0025, 0.00079056947, 0.00025, 7.9056947e-5],
  },
  {
    theta: 500000,
    scaling: { kind: 'llama3', factor: 32, lowFrequency: 1, highFrequency: 4, trainedContext: 8192 },
    frequencies: [1, 0.19392276, 0.037606031, 0.0072926651, 0.00042955671, 8.5702559e-6, 1.6619674e-6, 3.2229329e-7],
  },
  {
    theta: 1e6,
    scaling: {
      kind: 'yarn',
      factor: 4,
      fast: 32,
      slow: 1,
      trainedContext: 32768,
      truncate: true,
      attention: 1.1386294,
    },
    frequencies: [1, 0.17782794, 0.031622779, 0.0042175599, 0.0005, 4.4456985e-5, 7.9056936e-6, 1.4058534e-6],
  },
  {
    theta: 10000,
    scaling: { kind: 'yarn', factor: 40, fast: 16, slow: 2, trainedContext: 4096, truncate: false, attention: 1 },
    frequencies: [1, 0.31622776, 0.1, 0.031622779, 0.0057901046, 0.00012395246, 2.5e-5, 7.9056945e-6],
  },
  {
    theta: 10000,
    scaling: { kind: 'longrope', factors: [1, 1.05, 1.1, 1.5, 2, 2.5, 3, 4], attention: 1.1902381 },
    frequencies: [1, 0.30116931, 0.090909094, 0.02108185, 0.005, 0.0012649111, 0.00033333333, 7.9056947e-5],
  },
];

describe('the table of RoPE', () => {
  it.each(figures)('is stretched as by $scaling', ({ theta, scaling, frequencies }) => {
    const got = ropeFrequencies({ rotary: 16, theta, scaling });
    expectClose(got.frequencies, frequencies, { rtol: 1e-6 });
    const attention = 'attention' in scaling ? scaling.attention : 1;
    expect(got.attention).toBe(attention);
    // At position 0 every pair stands still, so what is left is the factor of the lengths.
    const stands = Array.from({ length: 16 }, (_, i) => (i % 2 ? 0 : attention));
    expectClose(ropeTable(1, { rotary: 16, theta, scaling }), stands, { rtol: 1e-7 });
  });

  it('has the angles of every position', () => {
    const table = ropeTable(3, { rotary: 4, theta: 100 });
    const angles = [0, 0, 1, 0.1, 2, 0.2];
    expectClose(
      table,
      angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]),
      { atol: 1e-7 },
    );
  });
});
