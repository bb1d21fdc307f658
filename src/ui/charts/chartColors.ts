/** The style sheet's colours as a canvas wants them, read again when the theme changes. */
import { useSyncExternalStore } from 'react';
import { makeRamp, type Shade } from './ramp';

export interface ChartColors {
  panel: string;
  ink: string;
  ink2: string;
  line: string;
  lineStrong: string;
  /** By index: 0 is the base, then the runs. */
  runs: string[];
  /** The same, for the noisy and the unsmoothed. */
  runsSoft: string[];
  /** For lines that are no runs. */
  lines: string[];
  /** Skipped share, and kept share. */
  skip: (share: number) => Shade;
  keep: (share: number) => Shade;
  /** How much less than something else, where `skip` is how much more. */
  less: (share: number) => Shade;
  /** What updates are worth, −1 (raises the loss) to 1 (lowers it). */
  worth: (share: number) => Shade;
}

function read(): ChartColors {
  const probe = document.createElement('i');
  // Where the system forces its colours, runs and ramps keep theirs.
  probe.style.setProperty('forced-color-adjust', 'none');
  document.body.append(probe);
  const css = getComputedStyle(probe);
  // Let CSS work out light-dark() and variables.
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return css.color;
  };
  const [keep, less] = [
    makeRamp(color('ramp-low'), color('keep-high')),
    makeRamp(color('ramp-low'), color('less-high')),
  ];
  const numbered = (f: (i: number) => string, n: number) => Array.from({ length: n }, (_, i) => color(f(i)));
  const colors: ChartColors = {
    panel: color('panel'),
    ink: color('ink'),
    ink2: color('ink-2'),
    line: color('line'),
    lineStrong: color('line-strong'),
    runs: numbered((i) => `run-${i}`, 9),
    runsSoft: numbered((i) => (i === 0 ? 'line-strong' : `run-${i}-soft`), 9),
    lines: numbered((i) => `line-${i + 1}`, 8),
    skip: makeRamp(color('ramp-low'), color('ramp-high')),
    keep,
    less,
    worth: (share) => (share < 0 ? less(-share) : keep(share)),
  };
  probe.remove();
  return colors;
}

let current: ChartColors | null = null;
const listeners = new Set<() => void>();
let watching = false;

function watch(): void {
  if (watching) return;
  watching = true;
  const change = () => {
    current = null;
    listeners.forEach((l) => l());
  };
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
    matchMedia(query).addEventListener('change', change);
  new MutationObserver(change).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'data-contrast'],
  });
}

function subscribe(listener: () => void): () => void {
  watch();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Colours of the theme in use, as they are now. */
export const chartColors = (): ChartColors => (current ??= read());

/** The same; a new object whenever they change. */
export function useChartColors(): ChartColors {
  return useSyncExternalStore(subscribe, chartColors);
}
