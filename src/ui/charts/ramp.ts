/**
 * Colours for shares. A ramp is a straight line in OKLab between two colours that differ mostly in lightness: equal
 * steps of the share look equally far apart, with or without colour vision.
 */

export type Rgb = readonly [number, number, number];

/** `#rrggbb` or `rgb(r, g, b)`, as style sheets give them, to 0–1. */
export function parseColor(css: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(css.trim())?.[1];
  if (hex) return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255) as unknown as Rgb;
  const parts = css
    .match(/[\d.]+/g)
    ?.slice(0, 3)
    .map((p) => Number(p) / 255);
  if (parts?.length !== 3) throw new Error(`not a colour: ${css}`);
  return parts as unknown as Rgb;
}

const toLinear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toGamma = (c: number) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

/** OKLab (Björn Ottosson, 2020) of an sRGB colour. */
export function toOklab(rgb: Rgb): [number, number, number] {
  const [r, g, b] = rgb.map(toLinear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]: readonly [number, number, number]): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clamp = (c: number) => Math.min(1, Math.max(0, toGamma(c)));
  return [
    clamp(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clamp(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clamp(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Relative luminance, as WCAG defines it. */
export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map(toLinear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG's contrast of two colours, 1–21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

export interface Shade {
  fill: string;
  /** Black or white, whichever can be read on it: at least 4.5 to 1 on any colour. */
  ink: string;
}

const STEPS = 100;

/** Shades from `low` (0) to `high` (1), computed once. */
export function makeRamp(low: string, high: string): (share: number) => Shade {
  const [a, b] = [toOklab(parseColor(low)), toOklab(parseColor(high))];
  const shades = Array.from({ length: STEPS + 1 }, (_, i): Shade => {
    const t = i / STEPS;
    const rgb = fromOklab([0, 1, 2].map((k) => a[k] + (b[k] - a[k]) * t) as [number, number, number]);
    const hex = rgb
      .map((c) =>
        Math.round(c * 255)
          .toString(16)
          .padStart(2, '0'),
      )
      .join('');
    return { fill: `#${hex}`, ink: contrast(rgb, [0, 0, 0]) >= contrast(rgb, [1, 1, 1]) ? '#000000' : '#ffffff' };
  });
  return (share) => shades[Math.round(Math.min(1, Math.max(0, share || 0)) * STEPS)];
}
