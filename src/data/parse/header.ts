/** Whether the first line of a table holds names. */
import { texts } from '../../shared/texts';

/** Names that columns of text data have, in lower case. */
const KNOWN = new Set([
  'id', 'idx', 'index', 'text', 'sentence', 'sentence1', 'sentence2', 'review', 'content', 'message', 'comment', 'story', 'title', 'body', 'tweet',
  'label', 'labels', 'class', 'category', 'sentiment', 'target', 'intent', 'emotion', 'feeling', 'rating', 'score', 'tag', 'topic',
  'instruction', 'input', 'output', 'context', 'prompt', 'completion', 'response', 'question', 'answer', 'query', 'source',
]);

const isNumber = (s: string) => /^\s*[-+]?\d+(\.\d+)?\s*$/.test(s);
const looksLikeName = (s: string) => /^[\p{L}_][\p{L}\p{N}_ .#:/()-]{0,39}$/u.test(s.trim()) && s.trim().split(/\s+/).length <= 4;

/**
 * @param lines fields per line, blank lines removed; at least one.
 * @returns the verdict and the reason, in words for the page.
 */
export function looksLikeHeader(lines: string[][]): { used: boolean; why: string } {
  const t = texts().errors.data.header;
  const first = lines[0];
  const rest = lines.slice(1, 1001);
  if (rest.length === 0) return { used: false, why: t.oneLine };
  const odd = first.find((f) => !looksLikeName(f));
  if (odd !== undefined && odd.trim() !== '') {
    return { used: false, why: isNumber(odd) ? t.number(odd.trim()) : t.text };
  }
  const known = first.filter((f) => KNOWN.has(f.trim().toLowerCase()));
  if (known.length > 0) return { used: true, why: t.names(known.length, known.map((f) => f.trim()).join(', ')) };
  if (odd !== undefined) return { used: false, why: t.emptyField };
  const repeated = first.findIndex((f, c) => rest.some((r) => r[c] === f));
  if (repeated >= 0) return { used: false, why: t.again(first[repeated]) };
  const numeric = first.findIndex((_, c) => rest.every((r) => r[c] !== undefined && isNumber(r[c])));
  if (numeric >= 0) return { used: true, why: t.overNumbers(first[numeric].trim()) };
  const mean = rest.reduce((sum, r) => sum + r.join('').length, 0) / rest.length;
  if (mean > 3 * first.join('').length) return { used: true, why: t.short };
  return { used: false, why: t.alike };
}
