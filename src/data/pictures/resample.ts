/**
 * Resizes pictures as Pillow does, bit for bit: a filter that is widened where the picture shrinks (so that nothing is
 * skipped), weights in fixed point, rows first, values rounded to bytes after each direction. A browser's own resizing
 * differs from that, and from browser to browser.
 */

/** Pillow's numbers for its filters, as `resample` of a processor's configuration has them. */
const FILTERS: Readonly<Record<number, { support: number; weight(x: number): number }>> = {
  1: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
  2: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  3: { support: 2, weight: cubic },
  4: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
};

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

function cubic(at: number): number {
  const x = Math.abs(at);
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

export interface Pixels {
  width: number;
  height: number;
  /** [height, width, 3] */
  values: Uint8Array;
}

const BITS = 22;

interface Tap {
  first: number;
  weights: number[];
}

/** What each of `to` values is made of, where there were `from`. */
function taps(from: number, to: number, resample: number): Tap[] {
  const { support, weight } = FILTERS[resample];
  const scale = from / to;
  const wide = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support * wide + 0.5));
    const end = Math.min(from, Math.trunc(center + support * wide + 0.5));
    const raw = Array.from({ length: end - first }, (_w, k) => weight((k + first - center + 0.5) * (1 / wide)));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((w) => rounded((sum === 0 ? w : w / sum) * 2 ** BITS)) };
  });
}

const rounded = (x: number) => Math.trunc(x < 0 ? x - 0.5 : x + 0.5);

/** Along one direction: `lines` lines of values that lie `step` apart, three channels at a time. */
function along(
  values: Uint8Array,
  all: readonly Tap[],
  {
    lines,
    line,
    step,
    outLine,
    outStep,
  }: { lines: number; line: number; step: number; outLine: number; outStep: number },
): Uint8Array {
  const out = new Uint8Array(lines * all.length * 3);
  for (let l = 0; l < lines; l++)
    for (let i = 0; i < all.length; i++) {
      const { first, weights } = all[i];
      for (let c = 0; c < 3; c++) {
        let sum = 2 ** (BITS - 1);
        let at = l * line + first * step + c;
        for (let k = 0; k < weights.length; k++, at += step) sum += values[at] * weights[k];
        out[l * outLine + i * outStep + c] = Math.min(255, Math.max(0, sum >> BITS));
      }
    }
  return out;
}

/** @param resample Pillow's number of the filter: Lanczos 1, bilinear 2, bicubic 3, box 4 */
export function resize(
  { width, height, values }: Pixels,
  to: { width: number; height: number },
  resample: number,
): Pixels {
  let made = values;
  if (to.width !== width)
    made = along(made, taps(width, to.width, resample), {
      lines: height,
      line: 3 * width,
      step: 3,
      outLine: 3 * to.width,
      outStep: 3,
    });
  if (to.height !== height)
    made = along(made, taps(height, to.height, resample), {
      lines: to.width,
      line: 3,
      step: 3 * to.width,
      outLine: 3,
      outStep: 3 * to.width,
    });
  return { ...to, values: made };
}
