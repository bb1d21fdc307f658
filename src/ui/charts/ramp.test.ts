import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Rgb, contrast, luminance, makeRamp, parseColor, toOklab } from './ramp';

/** The ramps as the style sheet has them: [light, dark, and both in high contrast] of a custom property. */
const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8');
const token = (name: string) =>
  [...css.matchAll(new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`, 'g'))].flatMap((m) => m.slice(1));
const ramps = ['ramp-high', 'keep-high', 'less-high'].flatMap((high) =>
  ['light', 'dark', 'more contrast, light', 'more contrast, dark'].map((theme, i) => ({
    name: `${high}, ${theme}`,
    low: token('ramp-low')[i],
    high: token(high)[i],
    panel: token('panel')[i],
  })),
);

const STEPS = Array.from({ length: 101 }, (_, i) => i / 100);
const distance = (a: Rgb, b: Rgb) => Math.hypot(...toOklab(a).map((v, i) => v - toOklab(b)[i]));

/** Machado, Oliveira and Fernandes (2009), full severity, applied to linear light. */
const BLINDNESS = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const lin = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const gam = (c: number) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);
const seen = (rgb: Rgb, matrix: number[][]) =>
  matrix.map((row) =>
    gam(
      Math.min(
        1,
        Math.max(
          0,
          row.reduce((sum, w, i) => sum + w * lin(rgb[i]), 0),
        ),
      ),
    ),
  ) as unknown as Rgb;

describe.each(ramps)('$name', ({ low, high, panel }) => {
  const ramp = makeRamp(low, high);
  const colors = STEPS.map((s) => parseColor(ramp(s).fill));

  test('begins and ends at its colours, and takes what is out of range for an end', () => {
    expect(ramp(0).fill).toBe(low);
    expect(ramp(1).fill).toBe(high);
    expect(ramp(7)).toEqual(ramp(1));
    expect(ramp(NaN)).toEqual(ramp(0));
  });

  test('equal steps look equal: no tenth of it is longer than another by a sixth', () => {
    const tenths = Array.from({ length: 10 }, (_, i) => distance(colors[10 * i], colors[10 * i + 10]));
    expect(Math.max(...tenths) / Math.min(...tenths)).toBeLessThan(1.17);
  });

  test.each(Object.entries(BLINDNESS))('goes one way and far with %s', (_, matrix) => {
    const light = colors.map((c) => toOklab(seen(c, matrix))[0]);
    const sign = Math.sign(light[100] - light[0]);
    for (let i = 5; i <= 100; i += 5) expect(sign * (light[i] - light[i - 5])).toBeGreaterThan(0);
    expect(Math.abs(light[100] - light[0])).toBeGreaterThan(0.5);
  });

  test('text on it can be read anywhere, and its strong end stands out from the panel', () => {
    for (const s of STEPS)
      expect(contrast(parseColor(ramp(s).fill), parseColor(ramp(s).ink))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colors[100], parseColor(panel))).toBeGreaterThan(3);
  });
});

test('contrast and luminance are WCAG’s', () => {
  expect(contrast([0, 0, 0], [1, 1, 1])).toBeCloseTo(21);
  expect(luminance(parseColor('rgb(255, 255, 255)'))).toBeCloseTo(1);
  expect(contrast(parseColor('#767676'), [1, 1, 1])).toBeCloseTo(4.54, 2);
});
