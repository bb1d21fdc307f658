/** Numbers and names as people read them. A missing number is a dash. */
import { language, texts } from '../shared/texts';
import type { ModuleId } from '../shared/types';
import { kindLabel } from '../shared/settings/names';

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
  const { unit } = texts().common;
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} ${unit.s}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${unit.min} ${s % 60} ${unit.s}`;
  return `${Math.floor(s / 3600)} ${unit.h} ${Math.floor((s % 3600) / 60)} ${unit.min}`;
}

/** A range of times in rough, even figures: "40 s to 1 min". */
export function durationRange(low: number, high: number): string {
  const { unit: units, range } = texts().common;
  const even = (ms: number) => {
    const s = ms / 1000;
    if (s < 10) return `${Math.max(1, Math.round(s))} ${units.s}`;
    if (s < 90) return `${Math.round(s / 5) * 5} ${units.s}`;
    if (s < 5400) return `${Math.round(s / 60)} ${units.min}`;
    return `${Number((s / 3600).toFixed(1))} ${units.h}`;
  };
  const [from, to] = [even(low), even(high)];
  if (from === to) return from;
  const unit = from.slice(from.indexOf(' '));
  return range(to.endsWith(unit) ? from.slice(0, -unit.length) : from, to);
}

/** A moment, in ms since 1970, as the browser's own variety of the page's language writes dates. */
export function when(at: number): string {
  const own = globalThis.navigator?.languages?.find((tag) => tag.split('-')[0] === language());
  return new Intl.DateTimeFormat(own ?? language(), { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** How long ago a moment was, in ms since 1970. */
export function ago(then: number, now = Date.now()): string {
  const t = texts().common.ago;
  const s = Math.max(0, Math.round((now - then) / 1000));
  if (s < 60) return t.now;
  if (s < 3600) return t.minutes(Math.floor(s / 60));
  if (s < 86_400) return t.hours(Math.floor(s / 3600));
  return t.days(Math.floor(s / 86_400));
}

/** A count with thin spaces between thousands. */
export function count(n: number | null | undefined): string {
  return missing(n)
    ? DASH
    : Math.round(n)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Millions and thousands of parameters. */
export function parameters(n: number): string {
  const { billion, million } = texts().common;
  if (n >= 1e9) return billion((n / 1e9).toFixed(2));
  if (n >= 1e6) return million((n / 1e6).toFixed(2));
  return count(n);
}

export function moduleName(m: ModuleId): string {
  return `${m.layer}.${kindLabel(m.kind)}`;
}

/** A token made visible: line ends and tabs as signs, an empty one as a box. */
export function tokenText(text: string): string {
  if (text === '') return '□';
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll('\r', '␍').replaceAll('\0', '␀');
}
