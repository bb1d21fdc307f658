/**
 * One column of a row group: its pages, one after another, → values. A page's header is checked before anything is made
 * of it: its sizes against the bytes that are there, its counts against the column's. The library decodes what is left.
 */
import { message } from '../../../shared/message';
import type { CompressionCodec, DecodedArray, PageHeader } from 'hyparquet';
import { assembleLists } from 'hyparquet/src/assemble.js';
import { parquetHeader } from 'hyparquet/src/column.js';
import { deltaBinaryUnpack, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { MAX_PAGE, broken, type Budget } from './bounds';
import { checkDeltas, readRuns } from './runs';
import type { Leaf } from './schema';
import { checkStruct } from './thrift';
import { unpackPage } from './unpack';

export interface Chunk {
  bytes: Uint8Array;
  codec: CompressionCodec;
  /** Values that the file's footer declares, empty ones among them. */
  values: number;
  /** Rows of the row group. */
  rows: number;
}

/** A page, unpacked: levels of its values where there are any, and where the values that are there begin. */
interface Page {
  bytes: Uint8Array;
  encoding: string;
  count: number;
  definition: Uint32Array | null;
  repetition: Uint32Array | null;
  from: number;
}

const damaged = () => broken(message('data.file.parquetHas.damaged'));

/**
 * One entry per row; nested ones as the library's `assembleLists` leaves them.
 * @param rest called between pages
 * @throws {DataError} when a page is not what its header says, or the pages do not make up the rows
 */
export async function readColumn(
  leaf: Leaf,
  chunk: Chunk,
  budget: Budget,
  rest: () => Promise<void>,
): Promise<unknown[]> {
  const { bytes, codec } = chunk;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const depth = leaf.nodes.length - 1;
  const out: unknown[] = [];
  let dictionary: unknown[] | null = null;
  let at = 0;
  for (let left = chunk.values; left > 0; ) {
    const start = checkStruct(bytes, at);
    const header = parquetHeader({ view, offset: at });
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (!(packed >= 0 && packed <= bytes.length - start && unpacked >= 0 && unpacked <= MAX_PAGE))
      throw broken(message('data.file.parquetHas.page'));
    at = start + packed;
    budget.bytes(unpacked);
    const body = bytes.subarray(start, at);
    if (header.type === 'DICTIONARY_PAGE') {
      const count = header.dictionary_page_header?.num_values ?? -1;
      if (dictionary || !(count >= 0 && count <= unpacked * 8)) throw damaged();
      budget.values(count * depth);
      dictionary = convertAll(leaf, plain(leaf, unpackPage(codec, body, unpacked), 0, count));
    } else if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') {
      const count = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? -1;
      if (!(count >= 0 && count <= left)) throw broken(message('data.file.parquetHas.sum'));
      left -= count;
      budget.values(count * depth);
      const page =
        header.type === 'DATA_PAGE'
          ? openPage(leaf, header, unpackPage(codec, body, unpacked))
          : openPageV2(leaf, header, body, codec);
      if (count > 0) append(out, { leaf, page, dictionary, budget });
    } else if (header.type !== 'INDEX_PAGE') throw damaged();
    await rest();
  }
  if (out.length !== chunk.rows) throw broken(message('data.file.parquetHas.sum'));
  return out;
}

const bits = (most: number) => 32 - Math.clz32(most);

/** Levels before the values, each run after its length. */
function openPage(leaf: Leaf, { data_page_header: head }: PageHeader, bytes: Uint8Array): Page {
  if (!head) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let from = 0;
  const levels = (most: number, encoding: string) => {
    if (most === 0) return null;
    if (encoding !== 'RLE') throw broken(message('data.file.parquetHas.encoding', { name: String(encoding) }));
    if (from + 4 > bytes.length) throw damaged();
    const end = from + 4 + view.getUint32(from, true);
    const read = readRuns(bytes, { from: from + 4, end, width: bits(most), n: head.num_values });
    from = end;
    return within(read, most);
  };
  const repetition = levels(getMaxRepetitionLevel(leaf.nodes), head.repetition_level_encoding);
  const definition = levels(getMaxDefinitionLevel(leaf.nodes), head.definition_level_encoding);
  return { bytes, encoding: head.encoding, count: head.num_values, definition, repetition, from };
}

/** Levels stand unpacked before what may be packed. */
function openPageV2(leaf: Leaf, header: PageHeader, body: Uint8Array, codec: CompressionCodec): Page {
  const head = header.data_page_header_v2;
  if (!head) throw damaged();
  const { repetition_levels_byte_length: r, definition_levels_byte_length: d, num_values: count } = head;
  const size = header.uncompressed_page_size - r - d;
  if (!(r >= 0 && d >= 0 && r + d <= body.length && size >= 0)) throw damaged();
  const levels = (most: number, from: number, end: number) =>
    most === 0 ? null : within(readRuns(body, { from, end, width: bits(most), n: count }), most);
  const repetition = levels(getMaxRepetitionLevel(leaf.nodes), 0, r);
  const definition = levels(getMaxDefinitionLevel(leaf.nodes), r, r + d);
  const bytes = unpackPage(head.is_compressed ? codec : 'UNCOMPRESSED', body.subarray(r + d), size);
  return { bytes, encoding: head.encoding, count, definition, repetition, from: 0 };
}

function within(levels: Uint32Array, most: number): Uint32Array {
  for (const level of levels) if (level > most) throw damaged();
  return levels;
}

function append(
  out: unknown[],
  { leaf, page, dictionary, budget }: { leaf: Leaf; page: Page; dictionary: unknown[] | null; budget: Budget },
): void {
  const { definition, repetition, count } = page;
  const most = getMaxDefinitionLevel(leaf.nodes);
  let there = count;
  if (definition) for (const level of definition) if (level < most) there--;
  const values = valuesOf({ leaf, page, n: there, dictionary, budget });
  if (!definition) {
    for (const value of values) out.push(value);
  } else if (leaf.nodes.length === 2 && !repetition) {
    let v = 0;
    for (const level of definition) out.push(level === most ? values[v++] : null);
  } else assembleLists(out, Array.from(definition), repetition ? Array.from(repetition) : [], values, leaf.nodes);
}

function valuesOf({
  leaf,
  page,
  n,
  dictionary,
  budget,
}: {
  leaf: Leaf;
  page: Page;
  n: number;
  dictionary: unknown[] | null;
  budget: Budget;
}): unknown[] {
  if (n === 0) return [];
  const { bytes, encoding, from } = page;
  const { type, type_length: width } = leaf.nodes[leaf.nodes.length - 1].element;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: from };
  switch (encoding) {
    case 'PLAIN':
      return convertAll(leaf, plain(leaf, bytes, from, n));
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      if (!dictionary || from >= bytes.length) throw damaged();
      const indices = readRuns(bytes, { from: from + 1, end: bytes.length, width: bytes[from], n });
      return Array.from(indices, (i) => {
        if (i >= dictionary.length) throw damaged();
        return dictionary[i];
      });
    }
    case 'RLE': {
      if (type !== 'BOOLEAN' || from + 4 > bytes.length) throw damaged();
      const end = from + 4 + reader.view.getUint32(from, true);
      return Array.from(readRuns(bytes, { from: from + 4, end, width: 1, n }), (bit) => bit === 1);
    }
    case 'BYTE_STREAM_SPLIT': {
      const size = type === 'INT32' || type === 'FLOAT' ? 4 : type === 'INT64' || type === 'DOUBLE' ? 8 : (width ?? 0);
      if (size <= 0 || size * n > bytes.length - from) throw damaged();
      return convertAll(leaf, byteStreamSplit(reader, n, type!, width));
    }
    case 'DELTA_BINARY_PACKED': {
      if (type !== 'INT32' && type !== 'INT64') throw damaged();
      checkDeltas(bytes, from, n);
      const numbers = type === 'INT32' ? new Int32Array(n) : new BigInt64Array(n);
      deltaBinaryUnpack(reader, n, numbers);
      return convertAll(leaf, numbers);
    }
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      if (type !== 'BYTE_ARRAY') throw damaged();
      checkDeltas(bytes, from, n);
      const parts = new Array<Uint8Array>(n);
      deltaLengthByteArray(reader, n, parts);
      return convertAll(leaf, parts);
    }
    case 'DELTA_BYTE_ARRAY':
      if (type !== 'BYTE_ARRAY' && type !== 'FIXED_LEN_BYTE_ARRAY') throw damaged();
      return convertAll(leaf, prefixed(bytes, from, n, budget));
    default:
      throw broken(message('data.file.parquetHas.encoding', { name: String(encoding) }));
  }
}

function plain(leaf: Leaf, bytes: Uint8Array, from: number, n: number): DecodedArray {
  const { type, type_length: width } = leaf.nodes[leaf.nodes.length - 1].element;
  return readPlain(
    { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: from },
    type!,
    n,
    width,
  );
}

const convertAll = (leaf: Leaf, values: DecodedArray): unknown[] =>
  Array.from(values as ArrayLike<unknown>, leaf.convert);

/** Byte strings that begin as the one before does: their lengths together may be far more than the page's. */
function prefixed(bytes: Uint8Array, from: number, n: number, budget: Budget): Uint8Array[] {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: from };
  const lengths = () => {
    checkDeltas(bytes, reader.offset, n);
    const read = new Int32Array(n);
    deltaBinaryUnpack(reader, n, read);
    return read;
  };
  const shared = lengths();
  const own = lengths();
  const out = new Array<Uint8Array>(n);
  let last = new Uint8Array(0);
  for (let i = 0; i < n; i++) {
    if (!(shared[i] >= 0 && shared[i] <= last.length && own[i] >= 0 && own[i] <= bytes.length - reader.offset))
      throw damaged();
    budget.bytes(shared[i]);
    const value = new Uint8Array(shared[i] + own[i]);
    value.set(last.subarray(0, shared[i]));
    value.set(bytes.subarray(reader.offset, reader.offset + own[i]), shared[i]);
    reader.offset += own[i];
    out[i] = last = value;
  }
  return out;
}
