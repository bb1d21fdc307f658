/** 300 generated Parquet files, by seed: every cell against the value that was written. Another's writer makes them. */
import { gzipSync } from 'fflate';
import type { Encoding, SchemaElement } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import { Rng } from '../../../shared/rng';
import { parseFile } from '../index';

const FILES = 300;
const DAY = 86_400_000;

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng.below(list.length)];
const WORDS = ['otter', 'a', '灯', 'naïve', '', '\uFEFF', 'x, y', '"q"', 'line\nbreak', '👍', ' '];
const text = (rng: Rng) => Array.from({ length: rng.below(9) }, () => pick(rng, WORDS)).join(' ');
/** A whole number of up to 62 bits, either sign. */
const large = (rng: Rng) =>
  BigInt(rng.below(2 ** 31)) * BigInt(2 ** (1 + rng.below(31))) * (rng.below(2) === 0 ? 1n : -1n);
const signed = (rng: Rng) => rng.below(2 ** 31) - 2 ** 30;
const moment = (rng: Rng) => new Date(rng.below(2 ** 31) * 1000 * pick(rng, [1, 0.5, -1]) + rng.below(1000));

interface Kind {
  /** What lies below the root; the first one's name and repetition are filled in. */
  elements: SchemaElement[];
  encodings?: readonly Encoding[];
  /** A value for the writer, and the cell that must come of it. */
  value(rng: Rng): [raw: unknown, cell: string];
}

const leaf = (element: Partial<SchemaElement>): SchemaElement[] => [{ name: '', ...element }];
const TEXT: Partial<SchemaElement> = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
const INTEGERS: readonly Encoding[] = ['PLAIN', 'DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT'];
const TEXTS: readonly Encoding[] = ['PLAIN', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'RLE_DICTIONARY'];

const KINDS: Record<string, Kind> = {
  text: { elements: leaf(TEXT), encodings: TEXTS, value: (rng) => both(text(rng)) },
  few: { elements: leaf(TEXT), encodings: TEXTS, value: (rng) => both(pick(rng, ['good', 'bad', 'so-so'])) },
  bytes: {
    elements: leaf({ type: 'BYTE_ARRAY' }),
    value: (rng) => [new TextEncoder().encode('é 灯'), rng ? 'é 灯' : ''],
  },
  truth: {
    elements: leaf({ type: 'BOOLEAN' }),
    encodings: ['PLAIN', 'RLE'],
    value: (rng) => written(rng.below(2) === 0),
  },
  int: { elements: leaf({ type: 'INT32' }), encodings: INTEGERS, value: (rng) => written(signed(rng)) },
  unsigned: {
    elements: leaf({ type: 'INT32', converted_type: 'UINT_32' }),
    value: (rng) => written(rng.below(2 ** 31) * 2 + rng.below(2)),
  },
  long: { elements: leaf({ type: 'INT64' }), encodings: INTEGERS, value: (rng) => written(large(rng)) },
  double: {
    elements: leaf({ type: 'DOUBLE' }),
    encodings: ['PLAIN', 'BYTE_STREAM_SPLIT'],
    value: (rng) => written(signed(rng) / pick(rng, [1, 3, 1e-9, 1e12])),
  },
  float: { elements: leaf({ type: 'FLOAT' }), value: (rng) => written(Math.fround(signed(rng) / 7)) },
  date: {
    elements: leaf({ type: 'INT32', converted_type: 'DATE' }),
    value: (rng) => {
      const day = new Date((rng.below(80_000) - 20_000) * DAY);
      return [day, day.toISOString()];
    },
  },
  millis: {
    elements: leaf({ type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }),
    value: (rng) => moments(moment(rng)),
  },
  nanos: {
    elements: leaf({ type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } }),
    value: (rng) => moments(moment(rng)),
  },
  decimal: {
    elements: leaf({ type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 2 }),
    value: (rng) => decimal(BigInt(signed(rng))),
  },
  wide: {
    elements: leaf({
      type: 'FIXED_LEN_BYTE_ARRAY',
      type_length: 16,
      converted_type: 'DECIMAL',
      precision: 38,
      scale: 2,
    }),
    value: (rng) => decimal(large(rng) * large(rng)),
  },
  uuid: {
    elements: leaf({ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } }),
    value: (rng) => {
      const part = () => rng.below(65536).toString(16).padStart(4, '0');
      const p = Array.from({ length: 8 }, part);
      return both(`${p[0]}${p[1]}-${p[2]}-${p[3]}-${p[4]}-${p[5]}${p[6]}${p[7]}`);
    },
  },
  list: {
    elements: [
      { name: '', converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...TEXT },
    ],
    value: (rng) => nested(Array.from({ length: rng.below(4) }, () => (rng.below(5) === 0 ? null : text(rng)))),
  },
  turns: {
    elements: [
      { name: '', converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', num_children: 3 },
      { name: 'role', repetition_type: 'OPTIONAL', ...TEXT },
      { name: 'content', repetition_type: 'OPTIONAL', ...TEXT },
      { name: 'weight', repetition_type: 'OPTIONAL', type: 'INT32' },
    ],
    value: (rng) =>
      nested(
        Array.from({ length: rng.below(5) }, (_, i) => ({
          role: i % 2 === 0 ? 'user' : 'assistant',
          content: text(rng),
          weight: rng.below(3) === 0 ? null : rng.below(2),
        })),
      ),
  },
};

const both = (value: string): [string, string] => [value, value];
const written = (value: number | bigint | boolean): [unknown, string] => [value, String(value)];
const nested = (value: unknown): [unknown, string] => [value, JSON.stringify(value)];
const moments = (value: Date): [unknown, string] => [value, value.toISOString()];
/** Hundredths, by hand. */
function decimal(hundredths: bigint): [unknown, string] {
  const size = hundredths < 0n ? -hundredths : hundredths;
  return [hundredths, `${hundredths < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`];
}

function write(rng: Rng): { names: string[]; bytes: ArrayBuffer; rows: string[][] } {
  const names = Object.keys(KINDS).filter(() => rng.below(3) === 0);
  if (names.length === 0) names.push('text');
  const count = 2 + rng.below(pick(rng, [6, 20, 50]));
  const columns = names.map((name) => {
    const kind = KINDS[name];
    const optional = rng.below(2) === 0;
    const values = Array.from({ length: count }, () =>
      optional && rng.below(4) === 0 ? ([null, ''] as const) : kind.value(rng),
    );
    const [first, ...below] = kind.elements;
    const encoding = kind.encodings && rng.below(2) === 0 ? pick(rng, kind.encodings) : undefined;
    return {
      schema: [{ ...first, name, repetition_type: optional ? ('OPTIONAL' as const) : ('REQUIRED' as const) }, ...below],
      source: { name, data: values.map(([raw]) => raw), encoding },
      cells: values.map(([, cell]) => cell),
    };
  });
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    columnData: columns.map(({ source }) => source),
    schema: [{ name: 'root', num_children: columns.length }, ...columns.flatMap(({ schema }) => schema)],
    codec: pick(rng, ['UNCOMPRESSED', 'SNAPPY', 'GZIP']),
    compressors: { GZIP: (bytes) => gzipSync(bytes) },
    pageSize: pick(rng, [64, 1000, 1 << 20]),
    rowGroupSize: pick(rng, [7, 100, 10_000]),
    statistics: rng.below(2) === 0,
  });
  return {
    names,
    bytes: writer.getBuffer(),
    rows: Array.from({ length: count }, (_, i) => columns.map(({ cells }) => cells[i])),
  };
}

it(`${FILES} generated files hold the values that were written`, { timeout: 120_000 }, async () => {
  const differ: string[] = [];
  let cells = 0;
  for (let i = 0; i < FILES; i++) {
    const { names, bytes, rows } = write(new Rng(2000 + i));
    const table = await parseFile('a.parquet', new Blob([bytes]));
    if (table.columns.join() !== names.join() || table.rows.length !== rows.length)
      differ.push(`file ${i}: ${table.columns.join()} × ${table.rows.length}, not ${names.join()} × ${rows.length}`);
    for (const [r, wanted] of rows.entries()) {
      const got = table.rows.cells(r);
      for (const [c, cell] of wanted.entries()) {
        cells++;
        if (got[c] !== cell)
          differ.push(`file ${i}, row ${r}, ${names[c]}: ${JSON.stringify(got[c])}, not ${JSON.stringify(cell)}`);
      }
    }
  }
  expect(differ.slice(0, 8)).toEqual([]);
  expect(cells).toBeGreaterThan(15_000);
});
