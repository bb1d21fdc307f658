/** Parquet → rows, by hyparquet, one row group at a time. What a header declares is checked before it is believed. */
import { parquetMetadataAsync, parquetRead, parquetSchema, type Compressors, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import type { Pace } from '../pace';
import { MAX_ROWS, MAX_TEXT_BYTES } from '../rowStore';
import { plainText } from './json';
import { MAX_COLUMNS, type TableBuilder } from './table';

/** Largest page and row group, unpacked. */
const MAX_PAGE = 64 << 20;
const MAX_GROUP = 128 << 20;

const broken = (what: string) => new DataError(texts().errors.data.file.parquet(what));

/**
 * Reads every row. A row's line is its number.
 * @throws {DataError} when it is damaged or declares more than is read.
 */
export async function readParquet(file: Blob, table: TableBuilder, pace: Pace): Promise<void> {
  // The library reads ahead, and drops what it has begun when it gives up: an error there would reject with nobody
  // listening. So reading and unpacking never fail; what went wrong is said afterwards.
  let fault: DataError | null = null;
  const t = texts().errors.data;
  const { parquetHas } = t.file;
  const said = async <T>(run: () => Promise<T>): Promise<T> => {
    const result = await guarded(run).catch((error: unknown) => { throw fault ?? error; });
    if (fault) throw fault;
    return result;
  };
  const buffer = {
    byteLength: file.size,
    slice: async (from: number, to = file.size) => {
      if (from >= 0 && from <= to && to <= file.size) return file.slice(from, to).arrayBuffer();
      fault ??= broken(parquetHas.outside);
      return new ArrayBuffer(0);
    },
  };
  const capped = Object.fromEntries(Object.entries(compressors).map(([name, run]) => [name, (input: Uint8Array, length: number) => {
    try {
      if (!(length >= 0 && length <= MAX_PAGE)) throw broken(parquetHas.page(length));
      return run(input, length);
    } catch (error) {
      fault ??= error instanceof DataError ? error : broken(String(error));
      return new Uint8Array(0);
    }
  }])) as Compressors;
  const metadata = await said(() => parquetMetadataAsync(buffer));
  check(metadata);
  await guarded(async () => checkPaths(metadata));
  const columns = metadata.schema.length > 0 ? topLevel(metadata) : [];
  if (columns.length === 0) throw broken(parquetHas.noColumns);
  if (columns.length > MAX_COLUMNS) throw new DataError(t.table.manyColumns(columns.length, MAX_COLUMNS));
  table.setColumns(columns);
  const total = Number(metadata.num_rows);
  let from = 0;
  for (const group of metadata.row_groups) {
    const to = from + Number(group.num_rows);
    const rows = await said(() => new Promise<unknown[][]>((resolve, reject) => {
      parquetRead({ file: buffer, metadata, compressors: capped, rowStart: from, rowEnd: to, rowFormat: 'array', onComplete: resolve }).catch(reject);
    }));
    for (let r = 0; r < rows.length; r++) {
      const cells = columns.map((_, c) => cellText(rows[r][c]));
      if (cells.includes(null)) table.addLost(from + r + 1, '', 'syntax', t.row.deepValue);
      else table.add(from + r + 1, cells as string[]);
      if (r % 64 === 0 && pace.due) await pace.rest(t.progress.readingRows, from + r, total);
    }
    from = to;
    await pace.rest(t.progress.readingRows, from, total);
  }
}

function cellText(value: unknown): string | null {
  return value instanceof Uint8Array ? texts().errors.data.file.bytes(value.length) : plainText(value);
}

/** Names of the root's children. */
function topLevel({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at++]?.num_children ?? 0;
    for (let c = 0; c < children && at < schema.length; c++) skip();
  };
  while (at < schema.length) {
    names.push(schema[at].name);
    skip();
  }
  return names;
}

function check(metadata: FileMetaData): void {
  const t = texts().errors.data.file;
  const rows = Number(metadata.num_rows);
  if (!(rows >= 0 && rows <= MAX_ROWS)) throw broken(t.parquetHas.rows(rows));
  let sum = 0;
  let bytes = 0;
  for (const group of metadata.row_groups) {
    sum += Number(group.num_rows);
    const size = group.columns.reduce((n, c) => n + Number(c.meta_data?.total_uncompressed_size ?? 0), 0);
    if (!(Number(group.num_rows) >= 0) || !(size >= 0 && size <= MAX_GROUP)) throw broken(t.parquetHas.group(size));
    bytes += size;
  }
  if (sum !== rows) throw broken(t.parquetHas.sum);
  if (bytes > MAX_TEXT_BYTES) throw new DataError(t.muchText(MAX_TEXT_BYTES / 2 ** 20, 'data'));
}

/**
 * Every column has its place in the schema. The library would find one that has not only after it had begun to decode
 * others, whose own errors nobody would hear then.
 */
function checkPaths(metadata: FileMetaData): void {
  const root = parquetSchema(metadata);
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: column } of columns) {
      let node: ReturnType<typeof parquetSchema> | undefined = root;
      for (const name of column?.path_in_schema ?? [undefined]) node = node?.children.find((c) => c.element.name === name);
      if (!node) throw broken(texts().errors.data.file.parquetHas.path);
    }
  }
}

/** The library throws plain errors of many kinds at damaged bytes. */
async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw broken(error instanceof Error ? error.message : String(error));
  }
}
