/**
 * A `config.json` with other fields, as text: what is not changed stays as it was written. Python tells 4.0 from 4 and
 * refuses the one for the other, JSON.parse does not.
 */

/** Where a string that begins at `at` ends: behind its closing mark. */
function afterString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

/** The members of an object, each as its key and its text. */
function membersOf(text: string): [key: string, value: string][] {
  const members: [string, string][] = [];
  let [depth, start, key] = [0, 0, ''];
  for (let i = text.indexOf('{'); i < text.length; ) {
    const mark = text[i];
    if (mark === '"') {
      const end = afterString(text, i);
      if (depth === 1 && key === '' && text.slice(start, i).trim() === '') {
        key = text.slice(i, end);
        start = text.indexOf(':', end) + 1;
        i = start;
      } else i = end;
      continue;
    }
    if (mark === '{' || mark === '[') depth++;
    const ends = depth === 1 && (mark === ',' || mark === '}');
    if (ends && key !== '') members.push([JSON.parse(key) as string, text.slice(start, i).trim()]);
    if (ends || (mark === '{' && depth === 1)) [start, key] = [i + 1, ''];
    if (mark === '}' || mark === ']') depth--;
    i++;
  }
  return members;
}

/** @param text a JSON object @param changes new values; undefined takes a field out */
export function withFields(text: string, changes: Record<string, unknown>): string {
  const kept = membersOf(text).filter(([key]) => !Object.hasOwn(changes, key));
  const added = Object.entries(changes).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')]],
  );
  const lines = [...kept, ...added].map(([key, value]) => `  ${JSON.stringify(key)}: ${value}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Fields as JSON, whole numbers of those that Python has as floats with a point. */
export const configText = (fields: Record<string, unknown>): string =>
  JSON.stringify(fields, null, 2).replaceAll(
    /("\w*(?:eps|theta|softcapping|factor|scale|multiplier|scaling)": -?\d+)(?=[,\n])/g,
    '$1.0',
  );
