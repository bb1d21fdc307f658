/** Whether the first line of a table holds names. */
import { type Message, message } from '../../shared/message';
import { meaningsOf } from '../columnNames';

const isNumber = (s: string) => /^\s*[-+]?\d+([.,]\d+)?\s*$/.test(s);
const looksLikeName = (s: string) =>
  /^(\p{S}\p{M}*\s*|#)?[\p{L}_][\p{L}\p{N}\p{M}_ .#:/()?-]{0,39}$/u.test(s.trim()) && s.trim().split(/\s+/).length <= 4;
/** Different values of a column of which a first one that is none of them may be the name. */
const FEW = 20;

/**
 * @param lines fields per line, blank lines removed; at least one.
 * @returns the verdict and the reason.
 */
export function looksLikeHeader(lines: string[][]): { used: boolean; why: Message } {
  const first = lines[0];
  // Files that were put together repeat their header.
  const rest = lines.slice(1, 1001).filter((l) => !isHeaderAgain(first, l));
  if (rest.length === 0) return { used: false, why: message('data.header.oneLine') };
  const filled = first.flatMap((f, c) => (f.trim() === '' ? [] : [c]));
  const below = (c: number) => rest.some((r) => r[c] !== undefined && r[c].trim() === first[c].trim());
  const known = filled.filter((c) => first[c].trim().length <= 60 && meaningsOf(first[c]).length > 0 && !below(c));
  const odd = filled.find((c) => !looksLikeName(first[c]) && !known.includes(c));
  // Where half of the fields are names that are known, an odd one beside them is a name, too.
  if (
    known.length > 0 &&
    (odd === undefined || known.length * 2 >= filled.length) &&
    !filled.some((c) => isNumber(first[c]))
  ) {
    return {
      used: true,
      why: message('data.header.names', { n: known.length, names: known.map((c) => first[c].trim()).join(', ') }),
    };
  }
  if (odd !== undefined)
    return {
      used: false,
      why: isNumber(first[odd])
        ? message('data.header.number', { text: first[odd].trim() })
        : message('data.header.text'),
    };
  const repeated = filled.find(below);
  if (repeated !== undefined) return { used: false, why: message('data.header.again', { text: first[repeated] }) };
  const numeric = filled.find((c) => rest.every((r) => r[c] !== undefined && isNumber(r[c])));
  if (numeric !== undefined)
    return { used: true, why: message('data.header.overNumbers', { text: first[numeric].trim() }) };
  const few = filled.find((c) => overFewValues(rest.map((r) => r[c] ?? '')));
  if (few !== undefined) return { used: true, why: message('data.header.overFew', { text: first[few].trim() }) };
  // A nameless column in front or behind says nothing; one in between does not occur in a header.
  const inside = first.slice(filled[0] ?? 0, (filled.at(-1) ?? -1) + 1).some((f) => f.trim() === '');
  if (inside || filled.length === 0) return { used: false, why: message('data.header.emptyField') };
  const mean = rest.reduce((sum, r) => sum + r.join('').length, 0) / rest.length;
  if (mean > 3 * first.join('').length) return { used: true, why: message('data.header.short') };
  return { used: false, why: message('data.header.alike') };
}

/** Whether a line is the header once more: more than one name, and every one of them the same. */
export function isHeaderAgain(names: readonly string[], line: readonly string[]): boolean {
  return (
    names.length > 1 &&
    names.length === line.length &&
    names.every((name, c) => name === line[c]) &&
    names.some((name) => meaningsOf(name).length > 0)
  );
}

/** Whether a column holds few different short values, each of them several times. */
function overFewValues(cells: readonly string[]): boolean {
  if (cells.length < 6) return false;
  const counts = new Map<string, number>();
  for (const cell of cells) {
    const value = cell.trim();
    if (value.length > 40) return false;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > FEW) return false;
  }
  return counts.size >= 2 && [...counts.values()].every((n) => n >= 2) && counts.size * 3 <= cells.length;
}
