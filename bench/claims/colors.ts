/** The page's light theme without a page: what a chart is drawn in where nothing has a style sheet. */
import { readFileSync } from 'node:fs';
import type { ChartColors } from '../../src/ui/charts/chartColors';
import { makeRamp } from '../../src/ui/charts/ramp';

const TOKENS = readFileSync('src/ui/styles/tokens.css', 'utf8');

/** @throws {Error} for a colour that the style sheet does not have */
function light(name: string): string {
  const color = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}),`).exec(TOKENS)?.[1];
  if (!color) throw new Error(`tokens.css has no colour --${name}`);
  return color;
}

export function lightColors(): ChartColors {
  const runs = Array.from({ length: 9 }, (_, i) => light(`run-${i}`));
  const [keep, less] = [
    makeRamp(light('ramp-low'), light('keep-high')),
    makeRamp(light('ramp-low'), light('less-high')),
  ];
  return {
    panel: light('panel'),
    ink: light('ink'),
    ink2: light('ink-2'),
    line: light('line'),
    lineStrong: light('line-strong'),
    runs,
    runsSoft: runs.map((_, i) => light(i === 0 ? 'line-strong' : `run-${i}-soft`)),
    lines: runs.slice(1),
    skip: makeRamp(light('ramp-low'), light('ramp-high')),
    keep,
    less,
    worth: (share) => (share < 0 ? less(-share) : keep(share)),
  };
}
