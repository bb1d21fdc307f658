/** A file's bytes → `ParsedTable`. The name's extension says the format; without one the content does. */
import type { ParsedTable } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { decodeText } from './decode';
import { parseDelimited, type HeaderChoice } from './delimited';
import { isOneObject, parseJsonArray, parseJsonLines } from './json';
import { Problems } from './problems';
import { repairText, type Rows } from './rows';

export { MAX_FILE_BYTES } from './decode';
export type { HeaderChoice } from './delimited';

/** Fewer examples cannot be split into a part to train on and a part to test on. */
export const MIN_ROWS = 2;

type Format = ParsedTable['format'];

/**
 * Reads a data file.
 * @param header whether the first line of a CSV/TSV holds names; 'auto' decides and says why.
 * @throws {DataError} in plain words, with the line where one is to blame. Throws nothing else for any bytes.
 */
export function parseFile(fileName: string, bytes: Uint8Array, header: HeaderChoice = 'auto'): ParsedTable {
  const { text, encoding } = decodeText(bytes);
  const { format, ...rows } = read(formatOf(fileName, text), text, header);
  if (format !== 'txt' && rows.rows.length < MIN_ROWS) {
    const many = rows.rows.length === 1 ? 'only one row' : 'no rows';
    throw new DataError(`The file has ${rows.header?.used ? 'a header line and ' : ''}${many}.`, `At least ${MIN_ROWS} examples are needed: one to train on and one to test on.`);
  }
  const problems = rows.problems.concat(replacementCharacters(text));
  return { fileName, format, encoding, header: null, ...rows, problems };
}

function read(format: Format, text: string, header: HeaderChoice): Rows & { format: Format; header?: ParsedTable['header'] } {
  switch (format) {
    case 'csv':
    case 'tsv':
      return { format, ...parseDelimited(text, format, header) };
    case 'txt':
      return { format, ...parseText(text) };
    case 'json':
    case 'jsonl': {
      // People mix the two extensions up; what the file holds decides.
      if (text.trimStart().startsWith('[')) return { format: 'json', ...parseJsonArray(text) };
      if (isOneObject(text)) throw new DataError('The file is one JSON object, not a list of examples.', 'Use a JSON array of objects, or one object per line.');
      return { format: 'jsonl', ...parseJsonLines(text) };
    }
  }
}

/** One column `text`; one row, or one per document where lines of `<|endoftext|>` part them. */
function parseText(text: string): Rows {
  const problems = new Problems();
  let line = 1;
  const rows: string[][] = [];
  for (const part of text.replace(/\r\n?/g, '\n').split(/^[ \t]*<\|endoftext\|>[ \t]*\n?/m)) {
    if (part.trim() !== '') rows.push([repairText(part.replace(/^\n+|\s+$/g, ''), line, problems)]);
    line += part.split('\n').length;
  }
  if (rows.length === 0) throw new DataError('The file holds no text.', 'Choose a file with at least 2 examples.');
  return { columns: ['text'], rows, problems: problems.finish(rows.length) };
}

/** U+FFFD in the file itself: valid, but a sign that letters were lost before. */
function replacementCharacters(text: string): ParsedTable['problems'] {
  const at = text.indexOf('\uFFFD');
  if (at < 0) return [];
  return [{ line: text.slice(0, at).split('\n').length, message: 'the file holds replacement characters (U+FFFD): letters were lost before it came here' }];
}

function formatOf(fileName: string, text: string): Format {
  const extension = /\.([A-Za-z0-9]+)$/.exec(fileName)?.[1].toLowerCase();
  switch (extension) {
    case 'jsonl':
    case 'ndjson':
      return 'jsonl';
    case 'json':
    case 'csv':
    case 'tsv':
      return extension;
    case 'tab':
      return 'tsv';
  }
  return sniff(text, extension === undefined);
}

/** The format by content; commas count only where no extension says that it is prose. */
function sniff(text: string, commas: boolean): Format {
  const head = text.slice(0, 65536).split('\n').filter((l) => l.trim() !== '').slice(0, 20);
  if (text.length > 65536 && head.length > 1) head.pop(); // may be cut
  const start = text.trimStart();
  if (/^\[\s*[{"]/.test(start)) return 'json';
  if (start.startsWith('{')) return 'jsonl';
  const even = (separator: string) => {
    const counts = head.map((l) => l.split(separator).length);
    return head.length >= MIN_ROWS && counts[0] > 1 && counts.every((c) => c === counts[0]);
  };
  if (even('\t')) return 'tsv';
  return commas && even(',') ? 'csv' : 'txt';
}
