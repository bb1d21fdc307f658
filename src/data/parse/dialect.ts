/** What parts and what encloses the cells of a table, found over its first hundred records. */
import type { Quote } from '../../shared/data';
import { meaningsOf } from '../columnNames';
import { CsvReader } from './csvReader';

export interface Dialect {
  separator: string;
  quote: Quote;
}

/** In order of preference: of two that fit equally well the first is taken. */
const SEPARATORS = [',', ';', '\t', '|', '^', '~', '||', '|||', '::', '\u0001', '\u001f'];
const LOOKED_AT = 100;
/** Share of records that must have the same width for a separator to be believed. */
const LEAST = 0.5;

/** A quote behind a backslash, in the middle of a cell. */
const ESCAPED = /[^\n]\\"[^\s,;|]/;

interface Fit extends Dialect {
  score: number;
  /** Records whose quotes cannot be read, and their share. */
  broken: number;
  brokenShare: number;
}

/** The line that some programs write first: `sep=;`. */
export function separatorLine(text: string): { separator: string; length: number } | null {
  const found = /^\uFEFF?"?sep=(.|\\t)"?\r?\n/i.exec(text);
  return found && { separator: found[1] === '\\t' ? '\t' : found[1], length: found[0].length };
}

/**
 * The separator and quote under which most records have the same width of more than one cell. Where none fits, every
 * line is one cell, unless the first one holds a separator.
 * @param text the beginning of the file; its last record may be cut
 * @param whole whether it is all of it
 * @param given what a person has chosen
 */
export function dialectOf(text: string, whole: boolean, given: Partial<Dialect>): Dialect {
  const quotes: Quote[] = given.quote ? [given.quote] : ['double', 'backslash', 'single', 'none'];
  // Blanks part words, and cells only where these are quoted (R writes tables so).
  const spaced = /^"[^"\n]*"( "[^"\n]*")+\r?\n/.test(text);
  const separators =
    given.separator === undefined
      ? [...new Set([...betweenNames(text), ...SEPARATORS, ...(spaced ? [' '] : [])])]
      : [given.separator];
  let best: Fit | null = null;
  for (const quote of quotes) {
    // A quote that is never closed costs its own line; quotes are letters only where many of them cannot be read.
    if (quote === 'none' && best?.quote === 'double' && (best.broken < 3 || best.brokenShare < 0.2)) continue;
    if (quote === 'backslash' && !ESCAPED.test(text.slice(0, 1 << 16))) continue;
    if (quote === 'single' && !/(^|[,;\t|^~:])'/m.test(text.slice(0, 1 << 16))) continue;
    for (const separator of separators) {
      const fit = { separator, quote, ...fitOf(text, whole, { separator, quote }) };
      // Quotes mean something unless the table reads clearly better without.
      const margin = quote === 'double' || quote === 'backslash' ? 0 : best?.quote === 'double' ? 0.05 : 0;
      if (!best || fit.score > best.score + margin + 1e-9) best = fit;
    }
  }
  if (best && (best.score >= LEAST || given.separator !== undefined)) return best;
  return { separator: fromFirstLine(text), quote: given.quote ?? 'double' };
}

function fitOf(text: string, whole: boolean, { separator, quote }: Dialect): Omit<Fit, keyof Dialect> {
  if (separator !== '' && !text.includes(separator)) return { score: 0, broken: 0, brokenShare: 0 };
  const records = new CsvReader(separator, quote)
    .push(text.slice(0, 1 << 18), whole && text.length <= 1 << 18)
    .filter((r) => r.fields.some((f) => f.trim() !== ''))
    .slice(0, LOOKED_AT);
  if (records.length === 0) return { score: 0, broken: 0, brokenShare: 0 };
  const broken = records.filter((r) => r.broken).length;
  const brokenShare = broken / records.length;
  const widths = new Map<number, number>();
  for (const { fields, broken } of records)
    if (!broken) widths.set(fields.length, (widths.get(fields.length) ?? 0) + 1);
  let [width, n] = [1, 0];
  for (const [w, count] of widths) if (w > 1 && count > n) [width, n] = [w, count];
  if (width === 1) return { score: separator === '' ? 1 : 0, broken, brokenShare };
  const first = records[0];
  const names = first.fields.filter((f) => f.trim().length <= 60 && meaningsOf(f).length > 0).length;
  // A first line of names of the right width, or one short (names of rows have none), speaks for a separator.
  const named = !first.broken && names > 0 && Math.abs(first.fields.length - width) <= 1 && first.fields.length > 1;
  const quoted = records.filter((r) => r.fields.some((f) => !r.broken && wrapped(f, quote))).length / records.length;
  return { score: n / records.length + (named ? 0.3 : 0) - (quoted > 0.5 ? 0.3 : 0), broken, brokenShare };
}

/** Signs in the first line that part it into nothing but names that columns have. */
function betweenNames(text: string): string[] {
  const line = text.slice(0, 1000).split(/\r?\n/, 1)[0];
  const signs = new Set(line.match(/[^\p{L}\p{N}\p{M}_\s"'()[\]{}-]+/gu));
  return [...signs].filter((sign) => line.split(sign).every((name) => meaningsOf(name.replaceAll('"', '')).length > 0));
}

/** Whether a cell still has quotes around it: those of another kind than are minded. */
function wrapped(cell: string, quote: Quote): boolean {
  const [first, last] = [cell[0], cell[cell.length - 1]];
  return (
    cell.length > 1 &&
    first === last &&
    ((first === "'" && quote !== 'single') || (first === '"' && quote !== 'double' && quote !== 'backslash'))
  );
}

/** The separator that occurs most often in the first line, outside quotes; none where it holds none. */
function fromFirstLine(text: string): string {
  const counts = new Map([
    [',', 0],
    [';', 0],
    ['\t', 0],
    ['|', 0],
  ]);
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (c === '\n' && !quoted) break;
    else if (!quoted && counts.has(c)) counts.set(c, counts.get(c)! + 1);
  }
  const [separator, n] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best));
  return n > 0 ? separator : '';
}
