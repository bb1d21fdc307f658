/**
 * Parquet → rows, one row group at a time. What a file declares is checked before it is believed: hyparquet reads the
 * footer and decodes values, and is given only what has been looked at (`parquet/`).
 */
import { parquetMetadata, type ColumnMetaData, type FileMetaData, type RowGroup } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { DataError } from '../../../shared/errors';
import { type Message, message } from '../../../shared/message';
import { Cancelled, type Pace } from '../../pace';
import { MAX_ROWS, MAX_TEXT_BYTES } from '../../rowStore';
import { excerpt } from '../excerpt';
import { plainText } from '../json';
import { Budget, broken } from './bounds';
import { BadText } from './cells';
import { readColumn } from './column';
import { columnsOf, type Column, type Leaf } from './schema';
import { checkStruct } from './thrift';
import { isKnownCodec } from './unpack';
import { MAX_COLUMNS, MAX_ROW_LENGTH, type TableBuilder } from '../table';

/** Largest row group, unpacked. */
const MAX_GROUP = 128 << 20;
/** What a file ends with after its footer: the footer's length and the mark. */
const TAIL = 8;
/** Longest footer, in bytes: a hundred columns in a hundred row groups take some 1 MB. */
const MAX_FOOTER = 2 << 20;
const MARK = 'PAR1';

interface ReadColumn extends Column {
  leaves: Leaf[];
}

/**
 * Reads every row. A row's line is its number. A column of a type that is not read is left out, with a note.
 * @throws {DataError} when it is damaged or declares more than is read; {Cancelled}.
 */
export async function readParquet(file: Blob, table: TableBuilder, pace: Pace): Promise<void> {
  const metadata = await readFooter(file);
  await guarded(async () => check(metadata, file.size));
  const columns = await guarded(async () => usable(columnsOf(metadata), metadata, table));
  table.setColumns(ownNames(columns, table));
  const budget = new Budget(file.size);
  const total = Number(metadata.num_rows);
  let from = 0;
  const rest = async (row = from) => {
    budget.worked();
    await pace.rest(message('data.progress.readingRows'), row, total);
    budget.rested();
  };
  const restIfDue = async () => {
    if (pace.due) await rest();
  };
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const values: unknown[][] = [];
    for (const column of columns)
      values.push(await guarded(() => readTopLevel({ file, column, group, budget, rest: restIfDue })));
    for (let r = 0; r < rows; r++) {
      addRow(
        table,
        from + r + 1,
        values.map((column) => column[r]),
      );
      if (r % 64 === 0 && pace.due) await rest(from + r);
    }
    from += rows;
    await rest();
  }
}

function addRow(table: TableBuilder, line: number, values: unknown[]): void {
  const sizes = { length: 0, bad: false };
  for (const value of values) measure(value, sizes);
  const cells = sizes.length > MAX_ROW_LENGTH ? [] : values.map(cellText);
  if (sizes.length > MAX_ROW_LENGTH)
    table.addLost(line, '', 'huge', message('data.row.huge', { millions: MAX_ROW_LENGTH >> 20, text: '' }));
  else if (cells.includes(null)) table.addLost(line, '', 'syntax', message('data.row.deepValue'));
  else table.add(line, cells as string[], { state: sizes.bad ? 'encoding' : 'ok' });
}

const cellText = (value: unknown) => (value instanceof BadText ? value.text : plainText(value));

/** Adds the length of a value's texts, so far as it still matters, and whether one of them is not UTF-8. */
function measure(value: unknown, sizes: { length: number; bad: boolean }): void {
  if (sizes.length > MAX_ROW_LENGTH) return;
  if (typeof value === 'string') sizes.length += value.length;
  else if (value instanceof BadText) {
    sizes.length += value.text.length;
    sizes.bad = true;
  } else if (Array.isArray(value)) {
    sizes.length += value.length;
    for (const entry of value) measure(entry, sizes);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      sizes.length += key.length;
      measure(entry, sizes);
    }
  }
}

async function readFooter(file: Blob): Promise<FileMetaData> {
  const bytesOf = async (from: number, to: number) => new Uint8Array(await file.slice(from, to).arrayBuffer());
  const tail = await bytesOf(Math.max(0, file.size - TAIL), file.size);
  const length = tail.length === TAIL ? new DataView(tail.buffer).getUint32(0, true) : Infinity;
  if (new TextDecoder('latin1').decode(tail.subarray(4)) !== MARK)
    throw broken(message('data.file.parquetHas.damaged'));
  if (length > file.size - TAIL) throw broken(message('data.file.parquetHas.outside'));
  if (length > MAX_FOOTER) throw broken(message('data.file.parquetHas.footer', { bytes: length }));
  const footer = await bytesOf(file.size - TAIL - length, file.size);
  checkStruct(footer.subarray(0, length), 0);
  return guarded(async () => parquetMetadata(footer, { geoparquet: false }));
}

function check(metadata: FileMetaData, size: number): void {
  const rows = Number(metadata.num_rows);
  if (!(rows >= 0 && rows <= MAX_ROWS)) throw broken(message('data.file.parquetHas.rows', { rows }));
  let sum = 0;
  let packed = 0;
  let unpacked = 0;
  for (const group of metadata.row_groups) {
    sum += Number(group.num_rows);
    const total = (bytes: (column: ColumnMetaData) => bigint) =>
      group.columns.reduce((n, c) => n + Number(c.meta_data ? bytes(c.meta_data) : 0), 0);
    const groupSize = total((c) => c.total_uncompressed_size);
    if (!(Number(group.num_rows) >= 0) || !(groupSize >= 0 && groupSize <= MAX_GROUP))
      throw broken(message('data.file.parquetHas.group', { bytes: groupSize }));
    packed += total((c) => c.total_compressed_size);
    unpacked += groupSize;
  }
  if (sum !== rows) throw broken(message('data.file.parquetHas.sum'));
  // Columns that lie over one another would be unpacked again and again.
  if (!(packed <= size)) throw broken(message('data.file.parquetHas.outside'));
  if (unpacked > MAX_TEXT_BYTES)
    throw new DataError(message('data.file.muchText', { mb: MAX_TEXT_BYTES / 2 ** 20, what: 'data' }));
}

/** The columns that are read; the others are noted. */
function usable(columns: Column[], metadata: FileMetaData, table: TableBuilder): ReadColumn[] {
  if (columns.length === 0) throw broken(message('data.file.parquetHas.noColumns'));
  if (columns.length > MAX_COLUMNS)
    throw new DataError(message('data.table.manyColumns', { columns: columns.length, most: MAX_COLUMNS }));
  const left: Message[] = [];
  const kept = columns.filter((column): column is ReadColumn => {
    const why = column.leaves ? packedStrangely(column.leaves, metadata) : column.strange;
    if (why === null) return true;
    left.push(message('data.file.parquetHas.unreadColumn', { column: excerpt(column.name), why }));
    table.note(1, message('data.file.leftOut', { column: excerpt(column.name), what: why }));
    return false;
  });
  if (kept.length === 0) throw broken(message('data.file.parquetHas.noReadable', { columns: left }));
  return kept;
}

/** How the leaves are packed where that is not known here, or where they do not lie in this file. */
function packedStrangely(leaves: Leaf[], metadata: FileMetaData): Message | string | null {
  for (const group of metadata.row_groups) {
    for (const leaf of leaves) {
      const chunk = chunkOf(group, leaf);
      if (chunk.file_path || chunk.crypto_metadata || !chunk.meta_data) return message('data.file.parquetHas.outside');
      if (!isKnownCodec(chunk.meta_data.codec)) return String(chunk.meta_data.codec);
    }
  }
  return null;
}

function chunkOf(group: RowGroup, { path }: Leaf): RowGroup['columns'][number] {
  const same = (other: string[] | undefined) =>
    other?.length === path.length && path.every((name, i) => name === other[i]);
  const chunk = group.columns.find((c) => same(c.meta_data?.path_in_schema));
  if (!chunk) throw broken(message('data.file.parquetHas.path'));
  return chunk;
}

/** Names as the table has them: none is empty, and none occurs twice. */
function ownNames(columns: Column[], table: TableBuilder): string[] {
  const taken = new Set(columns.map(({ name }) => name));
  const seen = new Set<string>();
  return columns.map(({ name }, c) => {
    const wanted = name.trim() === '' ? `column ${c + 1}` : name;
    let own = wanted;
    for (let n = 2; seen.has(own) || (own !== name && taken.has(own)); n++) own = `${wanted} (${n})`;
    if (own !== name) table.note(1, message('data.table.renamed', { name: excerpt(name), own: excerpt(own) }));
    seen.add(own);
    return table.repair(own, 1);
  });
}

/** A column of a row group, with its lists and structs put together. */
async function readTopLevel({
  file,
  column,
  group,
  budget,
  rest,
}: {
  file: Blob;
  column: ReadColumn;
  group: RowGroup;
  budget: Budget;
  rest: () => Promise<void>;
}): Promise<unknown[]> {
  const rows = Number(group.num_rows);
  if (rows === 0) return [];
  const parts = new Map<string, unknown[]>();
  for (const leaf of column.leaves) {
    const meta = chunkOf(group, leaf).meta_data!;
    // Some writers say nothing of a dictionary before the first page, some say 0.
    const first = Number(meta.data_page_offset);
    const dictionary = Number(meta.dictionary_page_offset ?? 0);
    const start = dictionary > 0 && dictionary < first ? dictionary : first;
    const end = start + Number(meta.total_compressed_size);
    if (!(start >= 0 && start <= end && end <= file.size)) throw broken(message('data.file.parquetHas.outside'));
    const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
    const values = await readColumn(
      leaf,
      { bytes, codec: meta.codec, values: Number(meta.num_values), rows },
      budget,
      rest,
    );
    parts.set(leaf.path.join('.'), values);
  }
  const { node } = column;
  if (node.children.length > 0) assembleNested(parts as never, node, {} as never);
  const values = parts.get(node.path.join('.'));
  if (values?.length !== rows) throw broken(message('data.file.parquetHas.sum'));
  return values;
}

/** The library throws plain errors of many kinds at damaged bytes; none of them is for a person. */
async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DataError || error instanceof Cancelled) throw error;
    if (error instanceof Error) throw broken(message('data.file.parquetHas.damaged'));
    throw error;
  }
}
