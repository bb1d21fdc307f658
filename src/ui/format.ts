/** Numbers and names as people read them. A missing number is a dash. */
import type { ModuleId } from '../shared/types';

const DASH = '–';

function missing(x: number | null | undefined): x is null | undefined {
  return x === null || x === undefined || !Number.isFinite(x);
}

/** `digits` after the point. */
export function fixed(x: number | null | undefined, digits = 3): string {
  return missing(x) ? DASH : x.toFixed(digits).replace('-', '−');
}

/** With its sign, for differences. */
export function signed(x: number | null | undefined, digits = 3): string {
  if (missing(x)) return DASH;
  const text = Math.abs(x).toFixed(digits);
  if (Number(text) === 0) return `±${text}`;
  return (x > 0 ? '+' : '−') + text;
}

/** A share 0–1 as a percentage. */
export function percent(x: number | null | undefined, digits = 0): string {
  return missing(x) ? DASH : `${(x * 100).toFixed(digits).replace('-', '−')} %`;
}

/** Small and large numbers with three significant digits. */
export function compact(x: number | null | undefined): string {
  if (missing(x)) return DASH;
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text = size >= 1e-3 && size < 1e5 ? String(Number(x.toPrecision(3))) : x.toExponential(1).replace('e+', 'e');
  return text.replaceAll('-', '−');
}

/** Bytes in binary units. */
export function bytes(n: number | null | undefined): string {
  if (missing(n)) return DASH;
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 ? n : n.toFixed(n < 10 ? 2 : 1)} ${units[unit]}`;
}

/** Milliseconds as h, min and s. */
export function duration(ms: number | null | undefined): string {
  if (missing(ms)) return DASH;
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** A range of times in rough, even figures: "40 s to 1 min". */
export function durationRange(low: number, high: number): string {
  const even = (ms: number) => {
    const s = ms / 1000;
    if (s < 10) return `${Math.max(1, Math.round(s))} s`;
    if (s < 90) return `${Math.round(s / 5) * 5} s`;
    if (s < 5400) return `${Math.round(s / 60)} min`;
    return `${Number((s / 3600).toFixed(1))} h`;
  };
  const [from, to] = [even(low), even(high)];
  if (from === to) return from;
  const unit = from.slice(from.indexOf(' '));
  return to.endsWith(unit) ? `${from.slice(0, -unit.length)} to ${to}` : `${from} to ${to}`;
}

/** How long ago a moment was, in ms since 1970. */
export function ago(then: number, now = Date.now()): string {
  const s = Math.max(0, Math.round((now - then) / 1000));
  if (s < 60) return 'just now';
  const of = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'} ago`;
  if (s < 3600) return of(Math.floor(s / 60), 'minute');
  if (s < 86_400) return of(Math.floor(s / 3600), 'hour');
  return of(Math.floor(s / 86_400), 'day');
}

/** A count with thin spaces between thousands. */
export function count(n: number | null | undefined): string {
  return missing(n) ? DASH : Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Millions and thousands of parameters. */
export function parameters(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(2)} billion`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(2)} million`;
  return count(n);
}

export function moduleName(m: ModuleId): string {
  return `${m.layer}.${m.kind}`;
}

/** A token made visible: line ends and tabs as signs, an empty one as a box. */
export function tokenText(text: string): string {
  if (text === '') return '□';
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll('\r', '␍').replaceAll('\0', '␀');
}
