/** Whether the first line of a table holds names. */

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
  const first = lines[0];
  const rest = lines.slice(1, 1001);
  if (rest.length === 0) return { used: false, why: 'there is only one line' };
  const odd = first.find((f) => !looksLikeName(f));
  if (odd !== undefined && odd.trim() !== '') {
    return { used: false, why: isNumber(odd) ? `the first line holds the number ${odd.trim()}` : 'the first line holds text, not names' };
  }
  const known = first.filter((f) => KNOWN.has(f.trim().toLowerCase()));
  if (known.length > 0) return { used: true, why: `the first line holds the ${known.length === 1 ? 'name' : 'names'} ${known.map((f) => f.trim()).join(', ')}` };
  if (odd !== undefined) return { used: false, why: 'the first line has an empty field' };
  const repeated = first.findIndex((f, c) => rest.some((r) => r[c] === f));
  if (repeated >= 0) return { used: false, why: `“${first[repeated]}” of the first line occurs again below it` };
  const numeric = first.findIndex((_, c) => rest.every((r) => r[c] !== undefined && isNumber(r[c])));
  if (numeric >= 0) return { used: true, why: `“${first[numeric].trim()}” stands over numbers` };
  const mean = rest.reduce((sum, r) => sum + r.join('').length, 0) / rest.length;
  if (mean > 3 * first.join('').length) return { used: true, why: 'the first line is far shorter than the others and holds only name-like words' };
  return { used: false, why: 'the first line looks like the others' };
}
