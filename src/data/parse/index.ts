/** Files → `ParsedTable`, piece by piece. The name's extension says the format; without one the content does. */
import {
  type FileInfo,
  isTextFormat,
  type OwnFile,
  type ParsedTable,
  READ_AUTO,
  type ReadChoices,
  type TableInfo,
  type TextFormat,
  type TextUnit,
} from '../../shared/data';
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import { Pace, type PaceHooks } from '../pace';
import { binaryFormatOf, readBinary } from './binary';
import { candidates, usesOf } from './choose';
import { TextPieces } from './decode';
import { Delimited } from './delimited';
import { guessEncoding } from './encodings';
import { formatOf } from './format';
import { parsedPictures, picturesAmong } from '../pictures/table';
import { joinTables } from './join';
import { JsonRecords, type TextParser } from './json';
import type { Labelled } from './labelled';
import { PlainText, TextLines } from './plain';
import { openSources, type Source } from './source';
import { TableBuilder } from './table';

export { MAX_FILE_BYTES } from './source';

/** Text whose beginning decides the format. */
const HEAD = 1 << 16;
/** Lines that are UTF-8 by accident, as two bytes of an old encoding may be, are few beside those that are none. */
const ACCIDENTS = 0.2;
/** One line that is no UTF-8 may be damaged; several in a file that has none are an encoding. */
const LEAST_BAD = 2;
/** Bytes of lines that are no UTF-8 by which their encoding is told. */
const BAD_BYTES = 1 << 16;

/** `parseFiles` of one file. */
export function parseFile(
  fileName: string,
  file: Blob,
  choices: Partial<ReadChoices> = {},
  hooks: PaceHooks = {},
): Promise<ParsedTable> {
  return parseFiles([{ path: fileName, file }], choices, hooks);
}

/**
 * Reads data files, packed or not: of several those that their names say are to learn from and to measure on.
 * @param choices what a person has chosen; the rest is found out.
 * @throws {DataError} in plain words, with the line where one is to blame; {Cancelled}. Throws nothing else for any
 *   bytes.
 */
export async function parseFiles(
  files: readonly OwnFile[],
  choices: Partial<ReadChoices> = {},
  hooks: PaceHooks = {},
): Promise<ParsedTable> {
  const pace = new Pace(hooks);
  const all = { ...READ_AUTO, ...choices };
  const sources = await openSources(files);
  const pictures = picturesAmong(sources);
  if (pictures.length > 0)
    return parsedPictures(pictures, {
      fileName: files.length === 1 ? files[0].path : folderOf(files),
      packed: pictures[0].packed,
    });
  const found = candidates(sources, files.length === 1);
  if (found.length === 0)
    throw new DataError(
      files.length === 1
        ? message('data.file.emptyZip', { path: files[0].path })
        : message('data.file.noneOfFiles', { n: files.length }),
    );
  const uses = usesOf(found, all.files);
  const learnt = found.filter((_, i) => uses[i] === 'train');
  const measured = found.filter((_, i) => uses[i] === 'validation');
  if (learnt.length === 0) throw new DataError(message('data.file.nothingToLearn'));
  const tables: ParsedTable[] = [];
  const several = learnt.length + measured.length > 1;
  for (const source of [...learnt, ...measured]) tables.push(await parseSource(source, all, pace, several));
  const table = joinTables(tables, measured.length);
  const infos = found.map((source, i): FileInfo => ({ path: source.path, bytes: source.bytes, use: uses[i] }));
  return {
    ...table,
    fileName: files.length === 1 ? files[0].path : learnt[0].path,
    packed: packedWords(learnt[0], files, found.length - learnt.length - measured.length),
    files: infos,
  };
}

/** What files of a folder are called together. */
const folderOf = ([{ path }]: readonly OwnFile[]): string => path.slice(0, Math.max(0, path.indexOf('/'))) || path;

/** What the data were unpacked from. */
function packedWords(source: Source, files: readonly OwnFile[], others: number): TableInfo['packed'] {
  if (source.packed === null || (source.packed === 'gzip' && files.length === 1)) return source.packed;
  return message('data.file.fromArchive', { kind: source.packed, path: source.path, others });
}

type Legacy = NonNullable<TableInfo['legacy']>;

/** The line of a bad byte was met before anybody had asked what it is written in. */
class UnknownEncoding extends Error {}

async function parseSource(source: Source, choices: ReadChoices, pace: Pace, several: boolean): Promise<ParsedTable> {
  if (source.problem) throw source.problem;
  const named = (table: ParsedTable): ParsedTable => ({ ...table, fileName: source.path });
  const binary = await binaryFormatOf(source);
  if (binary) {
    const table = new TableBuilder();
    await readBinary(binary, source, table, pace);
    return named(
      table.finish({ ...NOTHING, fileName: source.path, format: binary, encoding: 'binary' }, several ? 1 : undefined),
    );
  }
  const read = (legacy: Legacy | null) => parseText({ source, choices, pace, legacy, several });
  try {
    return named(await read(null));
  } catch (error) {
    if (!(error instanceof UnknownEncoding)) throw error;
    return named(await read(await encodingOf(source, pace)));
  }
}

const NOTHING: Omit<TableInfo, 'columns' | 'notes' | 'surplus' | 'fileName' | 'format' | 'encoding'> = {
  header: null,
  separator: '',
  quote: 'double',
  unit: null,
  legacy: null,
  packed: null,
  files: [],
  validationFrom: null,
};

/**
 * @param legacy what lines that are no UTF-8 are read in; null where none has been met. @throws {UnknownEncoding} at
 * the first of them then
 */
async function parseText({
  source,
  choices,
  pace,
  legacy,
  several,
}: {
  source: Source;
  choices: ReadChoices;
  pace: Pace;
  legacy: Legacy | null;
  several: boolean;
}): Promise<ParsedTable> {
  const table = new TableBuilder();
  const text = new TextPieces({
    encoding: choices.encoding,
    legacy: legacy ?? { encoding: 'windows-1252', all: false },
    onBadLine: (line) => {
      if (legacy === null) throw new UnknownEncoding();
      table.badLine(line);
    },
  });
  let parser: Parser | null = null;
  let head = '';
  let beginning = '';
  const lost = new LostLetters();
  const start = (all: boolean) => {
    beginning = head.slice(0, 1000);
    parser = chooseParser({ fileName: source.path, head, all, table, choices });
    parser.text.push(head);
    head = '';
  };
  const push = (piece: string) => {
    lost.push(piece);
    if (parser) parser.text.push(piece);
    else {
      head += piece;
      if (head.length >= HEAD) start(false);
    }
  };
  await eachPiece(source, pace, (bytes, last) => push(text.push(bytes, last)));
  if (!parser) start(true);
  const { format, text: last, unit, labelled } = parser!;
  last.end();
  if (format === 'txt' && isProgram(beginning)) table.note(1, message('data.row.program'));
  if (lost.line) table.note(lost.line, message('data.row.lostLetters'));
  if (labelled)
    table.note(
      1,
      message(`data.table.labelled.${labelled.style}`, {
        labels: labelled.labels.slice(0, 6).join(', '),
        more: labelled.labels.length > 6,
      }),
    );
  const delimited = last instanceof Delimited ? last : null;
  return table.finish(
    {
      ...NOTHING,
      fileName: source.path,
      format: last instanceof JsonRecords ? last.format : format,
      unit,
      encoding: legacy?.all ? legacy.encoding : text.encoding,
      header: delimited?.header ?? null,
      separator: delimited?.separator ?? (labelled ? ' ' : ''),
      quote: delimited?.quote ?? 'double',
      legacy,
      validationFrom: table.validationFrom,
    },
    several ? 1 : undefined,
  );
}

/** Reads all pieces; `take` hears each with whether it is the last one. */
async function eachPiece(source: Source, pace: Pace, take: (bytes: Uint8Array, last: boolean) => void): Promise<void> {
  let held: Uint8Array | null = null;
  let read = 0;
  for await (const bytes of source.pieces((n) => {
    read = n;
  })) {
    if (held) take(held, false);
    held = bytes;
    await pace.rest(message('data.progress.reading'), read, source.total);
  }
  take(held ?? new Uint8Array(0), true);
}

/** What the lines are written in that are no UTF-8, over all of them. */
async function encodingOf(source: Source, pace: Pace): Promise<Legacy> {
  const bad: Uint8Array[] = [];
  const lines = { good: 0, bad: 0 };
  let size = 0;
  const text = new TextPieces({
    encoding: 'auto',
    legacy: { encoding: 'windows-1252', all: false },
    onGoodLines: (n) => {
      lines.good += n;
    },
    onBadLine: (_, bytes) => {
      lines.bad++;
      if (size >= BAD_BYTES) return;
      bad.push(bytes.slice(0, BAD_BYTES));
      size += bytes.length;
    },
  });
  await eachPiece(source, pace, (bytes, last) => void text.push(bytes, last));
  return {
    encoding: guessEncoding(new Uint8Array(await new Blob(bad as BlobPart[]).arrayBuffer())),
    all: lines.bad >= LEAST_BAD && lines.good <= lines.bad * ACCIDENTS,
  };
}

interface Parser {
  format: TextFormat;
  text: TextParser;
  unit: TextUnit | null;
  labelled: Labelled | null;
}

function chooseParser({
  fileName,
  head,
  all,
  table,
  choices,
}: {
  fileName: string;
  head: string;
  all: boolean;
  table: TableBuilder;
  choices: ReadChoices;
}): Parser {
  const found = choices.format === 'auto' ? formatOf(fileName, head, all) : null;
  const format = found?.format ?? choices.format;
  if (!isTextFormat(format)) throw new DataError(message('data.file.otherFormat', { format }));
  switch (format) {
    case 'csv':
    case 'tsv':
      return { format, text: new Delimited(table, format, choices), unit: null, labelled: null };
    case 'json':
    case 'jsonl':
      return { format, text: new JsonRecords(table), unit: null, labelled: null };
    case 'txt': {
      const unit = choices.unit === 'auto' ? (found?.unit ?? 'whole') : choices.unit;
      const labelled = choices.unit === 'auto' ? (found?.labelled ?? null) : null;
      return {
        format,
        text: unit === 'whole' ? new PlainText(table) : new TextLines(table, unit, labelled),
        unit,
        labelled,
      };
    }
  }
}

/** Whether a text is a JavaScript module that holds data. */
const isProgram = (text: string): boolean =>
  /^\s*(\/\/.*\n\s*)*(export\s+(default|const)\b|module\.exports\s*=|(const|let|var)\s+[\w$]+\s*=\s*[[{])/.test(text);

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
