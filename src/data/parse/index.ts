/** A file → `ParsedTable`, piece by piece. The name's extension says the format; without one the content does. */
import type { DataFormat, ParsedTable } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import { Pace, type PaceHooks } from '../pace';
import { TextPieces } from './decode';
import { Delimited, type HeaderChoice } from './delimited';
import { isOneObject, JsonArray, JsonLines, type TextParser } from './json';
import { PlainText } from './plain';
import { openSource, type Source } from './source';
import { MIN_ROWS, TableBuilder } from './table';

export { MAX_FILE_BYTES } from './source';
export { MIN_ROWS } from './table';
export type { HeaderChoice } from './delimited';

/** Text whose beginning decides the format. */
const HEAD = 1 << 16;

/**
 * Reads a data file, packed or not.
 * @param header whether the first line of a CSV/TSV holds names; 'auto' decides and says why.
 * @throws {DataError} in plain words, with the line where one is to blame; {Cancelled}. Throws nothing else for any bytes.
 */
export async function parseFile(fileName: string, file: Blob, header: HeaderChoice = 'auto', hooks: PaceHooks = {}): Promise<ParsedTable> {
  const pace = new Pace(hooks);
  const source = await openSource(fileName, file);
  const table = new TableBuilder();
  if (await isParquet(source)) {
    // Its library is asked for only by those who need it.
    const { readParquet } = await import('./parquet');
    await readParquet(source.blob ?? (await whole(source)), table, pace);
    return table.finish({ fileName, format: 'parquet', header: null, separator: '', encoding: 'binary', packed: source.packed });
  }
  const text = new TextPieces((line) => table.badLine(line));
  let parser: { format: DataFormat; text: TextParser } | null = null;
  let head = '';
  let read = 0;
  const lost = new LostLetters();
  const push = (piece: string) => {
    lost.push(piece);
    if (parser) parser.text.push(piece);
    else {
      head += piece;
      if (head.length >= HEAD) start();
    }
  };
  const start = () => {
    parser = chooseParser(source.name, head, table, header);
    parser.text.push(head);
    head = '';
  };
  let held: Uint8Array | null = null;
  for await (const bytes of source.pieces((n) => { read = n; })) {
    if (held) push(text.push(held, false));
    held = bytes;
    await pace.rest(texts().errors.data.progress.reading, read, source.total);
  }
  push(text.push(held ?? new Uint8Array(0), true));
  if (!parser) {
    refuseOneObject(head);
    start();
  }
  const { format, text: last } = parser!;
  last.end();
  if (lost.line) table.note(lost.line, texts().errors.data.row.lostLetters);
  const delimited = last instanceof Delimited ? last : null;
  return table.finish({ fileName, format, header: delimited?.header ?? null, separator: delimited?.separator ?? '', encoding: text.encoding, packed: source.packed });
}

async function isParquet(source: Source): Promise<boolean> {
  if (source.blob) return new TextDecoder('latin1').decode(await source.blob.slice(0, 4).arrayBuffer()) === 'PAR1';
  return /\.parquet$/i.test(source.name);
}

async function whole(source: Source): Promise<Blob> {
  const pieces: BlobPart[] = [];
  for await (const piece of source.pieces(() => {})) pieces.push(piece as Uint8Array<ArrayBuffer>);
  return new Blob(pieces);
}

function chooseParser(fileName: string, head: string, table: TableBuilder, header: HeaderChoice): { format: DataFormat; text: TextParser } {
  const format = formatOf(fileName, head);
  switch (format) {
    case 'csv':
    case 'tsv':
      return { format, text: new Delimited(table, format, header) };
    case 'txt':
      return { format, text: new PlainText(table) };
    case 'json':
    case 'jsonl':
      // People mix the two extensions up; what the file holds decides.
      return head.trimStart().startsWith('[') ? { format: 'json', text: new JsonArray(table) } : { format: 'jsonl', text: new JsonLines(table) };
  }
}

/** A JSON file that is one object has no rows to offer. Only files that end within the head are known to be one. */
function refuseOneObject(text: string): void {
  if (isOneObject(text)) throw new DataError(texts().errors.data.file.oneObject);
}

/** U+FFFD in the file itself: valid, but a sign that letters were lost before. */
class LostLetters {
  line = 0;
  #line = 1;

  push(text: string): void {
    if (this.line) return;
    const at = text.indexOf('\uFFFD');
    const before = at < 0 ? text : text.slice(0, at);
    for (let b = before.indexOf('\n'); b >= 0; b = before.indexOf('\n', b + 1)) this.#line++;
    if (at >= 0) this.line = this.#line;
  }
}

type TextFormat = Exclude<DataFormat, 'parquet'>;

function formatOf(fileName: string, text: string): TextFormat {
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
function sniff(text: string, commas: boolean): TextFormat {
  const head = text.slice(0, HEAD).split('\n').filter((l) => l.trim() !== '').slice(0, 20);
  if (text.length > HEAD && head.length > 1) head.pop(); // may be cut
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
