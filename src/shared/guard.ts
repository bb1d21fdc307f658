/**
 * What a person writes may look like a special token. Before a chat template puts it among real ones, such text is
 * guarded: two characters that no text holds (Unicode calls them noncharacters) part it behind its first letter.
 */
export const GUARD = '\ufdd0\ufdd1';

/** The text with every special token in it guarded. */
export function guard(text: string, special: Iterable<string>): string {
  let out = text.replaceAll(GUARD, '');
  for (const mark of special) out = out.replaceAll(mark, (found) => found[0] + GUARD + found.slice(1));
  return out;
}

/** The text as it was written. */
export function unguard(text: string): string {
  return text.replaceAll(GUARD, '');
}
