/**
 * What Parquet files hold exactly, and what hostile ones declare. The files are written by
 * python/sieve_ref/parquet_files.py (pyarrow 26.0.1) or made by hand (../../testing/parquet).
 */
import { existsSync, readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { DataError } from '../../../shared/errors';
import { quickly } from '../../../shared/testing/quickly';
import { dataPage, parquetFile, struct, varint, I32, STRUCT, type MadeColumn } from '../../testing/parquet';
import { plainTable } from '../../testing/table';
import { parseFile } from '../index';
import { Budget } from './bounds';
import { dateTime, decimalText } from './cells';
import { unpackLz4 } from './lz4';
import { inWords } from '../../../shared/testing/words';

const stored = (name: string) => new Uint8Array(readFileSync(new URL(`../../testing/files/${name}`, import.meta.url)));
const open = (bytes: Uint8Array | Blob) =>
  parseFile('a.parquet', bytes instanceof Blob ? bytes : new Blob([bytes as Uint8Array<ArrayBuffer>]));
const read = async (bytes: Uint8Array) => plainTable(await open(bytes));
const refusal = (bytes: Uint8Array | Blob) =>
  open(bytes).then(
    () => {
      throw new Error('nothing was refused');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(DataError);
      return (error as DataError).message;
    },
  );
const int32 = (...values: number[]) =>
  values.flatMap((v) => [v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >> 24) & 255]);

describe('values', () => {
  it('are what was written, digit by digit', async () => {
    const { columns, rows } = await read(stored('types.parquet'));
    const column = (name: string) => rows.map((row) => row[columns.indexOf(name)]);
    expect(column('text').slice(0, 4)).toEqual(['\ufefflead', 'é😀', '', '']);
    expect(column('d32')).toEqual(['-883.81', '0.05', '0.00', '-0.01', '999.99', '0.10', '', '1.23']);
    expect(column('d64').slice(0, 4)).toEqual(['-883.8099999999', '0.0500000001', '0.0000000001', '-0.0099999999']);
    expect(column('d256')[0]).toBe('-88381.77777777777777777777');
    expect(column('bytes')).toEqual(['(3 bytes)', 'plain', '', '', '(1 bytes)', 'x', 'y', 'z']);
    expect(column('micros').slice(0, 5)).toEqual([
      '-144169-06-28T09:59:32.612096Z',
      '+148108-07-06T14:00:27.387904Z',
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999999Z',
      '2023-11-14T22:13:20.123456Z',
    ]);
    expect(column('day').slice(0, 4)).toEqual([
      '-5877641-06-23T00:00:00.000Z',
      '+5881580-07-11T00:00:00.000Z',
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T00:00:00.000Z',
    ]);
    expect(column('list').slice(0, 3)).toEqual([`[1,"${2n ** 60n}",null]`, '[]', '']);
    expect(column('struct')[0]).toBe('{"at":"2024-02-29T00:00:00.000Z","cost":"-0.05"}');
  });

  it('decimals of any size and scale keep every digit', async () => {
    expect(
      [
        [-88381n, 2],
        [5n, 3],
        [0n, 0],
        [12n, -2],
        [-1n, 1],
      ].map(([n, scale]) => decimalText(n as bigint, scale as number)),
    ).toEqual(['-883.81', '0.005', '0', '1200', '-0.1']);
    // In a byte array, as some writers store them; pyarrow does not.
    const bytes = [...int32(3), 0xfe, 0xa6, 0xc3, ...int32(0), ...int32(1), 7];
    expect(
      (await read(parquetFile({ rows: 3, pages: dataPage(bytes, 3), type: 6, converted: 5, scale: 2 }))).rows,
    ).toEqual([['-883.81'], ['0.00'], ['0.07']]);
  });

  it('times before and after all calendars are written down', () => {
    expect(dateTime(-(2n ** 63n), 1000n)).toBe('-292275055-05-16T16:47:04.192Z');
    expect(dateTime(-1n, 1_000_000_000n)).toBe('1969-12-31T23:59:59.999999999Z');
    expect(dateTime(-62167219200n, 1n)).toBe('0000-01-01T00:00:00.000Z');
  });

  it('a text that is not UTF-8 breaks its row, and can be read as Windows-1252', async () => {
    const { rows } = await open(stored('latin.parquet'));
    expect([rows.state(0), rows.state(1)]).toEqual(['encoding', 'ok']);
    expect(rows.cells(0)).toEqual(['café', 'a']);
  });

  it('a column of a type that is not read is left out and named', async () => {
    expect(inWords(await open(stored('strange.parquet')))).toMatchObject({
      columns: ['text'],
      notes: [{ line: 1, message: 'the column “odd” is ignored: BSON cannot be read' }],
    });
    expect(
      await refusal(
        parquetFile({ rows: 2, pages: dataPage(new Array(24).fill(1), 2), type: 7, width: 12, converted: 21 }),
      ),
    ).toMatch(/no column has a type that is read: x \(INTERVAL\)/);
  });
});

describe('LZ4', () => {
  it.each(['pairs-lz4.parquet', 'pairs-lz4-old.parquet'])('reads %s', async (name) => {
    const { rows } = await read(stored(name));
    expect([rows.length, rows[299]]).toEqual([300, ['an otter and 5 pebbles, 299', 'an otter and 5 pebbles, 299']]);
  });

  const { text, ...packed } = JSON.parse(new TextDecoder().decode(stored('lz4.json'))) as Record<string, string>;
  it.each(Object.entries(packed))('reads %s', (_, bytes) => {
    const input = Uint8Array.from(Buffer.from(bytes, 'base64'));
    expect(new TextDecoder().decode(unpackLz4(input, text.length))).toBe(text);
    expect(() => unpackLz4(input, text.length + 1)).toThrow(DataError);
    expect(() => unpackLz4(input.slice(0, -3), text.length)).toThrow(DataError);
  });
});

describe('what a file declares is not believed', () => {
  const two = dataPage(int32(1, 2), 2);
  const ints: MadeColumn = { rows: 2, pages: two };

  it('an honest file made the same way is read', async () => {
    expect((await read(parquetFile(ints))).rows).toEqual([['1'], ['2']]);
  });

  /** Levels of an optional column, as runs that are given, and nothing behind them. */
  const levels = (...runs: number[]) => [...int32(runs.length), ...runs];
  const run = (n: number, value: number) => [...varint(BigInt(n) * 2n), value];
  const deltas = (...numbers: number[]) => numbers.flatMap((n) => varint(BigInt(n)));
  const hostile: Record<string, MadeColumn> = {
    'a page of negative size': { ...ints, pages: dataPage(int32(1, 2), 2, 0, { packed: -100 }) },
    'a page larger than its column': { ...ints, pages: dataPage(int32(1, 2), 2, 0, { packed: 1 << 30 }) },
    'a page without a size': {
      ...ints,
      pages: [
        ...struct([
          [1, I32, 0],
          [
            5,
            STRUCT,
            [
              [1, I32, 2],
              [2, I32, 0],
              [3, I32, 3],
              [4, I32, 3],
            ],
          ],
        ]),
        ...int32(1, 2),
      ],
    },
    'a page that unpacks to less than nothing': { ...ints, pages: dataPage(int32(1, 2), 2, 0, { unpacked: -8 }) },
    'a page that unpacks to 2 GB': {
      ...ints,
      codec: 2,
      pages: dataPage([...gzipSync(Buffer.from([1]))], 2, 0, { unpacked: 0x7fffffff }),
    },
    'a page of 2³¹ values': { ...ints, pages: dataPage(int32(1, 2), 2 ** 31 - 1) },
    'a page of −2 values': { ...ints, pages: dataPage(int32(1, 2), -2) },
    'pages of no values, and no end': { ...ints, pages: [...dataPage([], 0), ...dataPage([], 0)] },
    'more values than rows': { ...ints, values: 3, pages: dataPage(int32(1, 2, 3), 3) },
    'fewer values than rows': { ...ints, values: 1, pages: dataPage(int32(1), 1) },
    'rows by the million in nothing': {
      rows: 3_999_999,
      optional: true,
      pages: dataPage(levels(...run(3_999_999, 0)), 3_999_999),
    },
    'a row group of 129 MB': { ...ints, unpacked: 129 << 20 },
    'five million rows': { ...ints, rows: 5_000_000 },
    'three groups of 100 MB': { ...ints, groups: 3, unpacked: 100 << 20, pages: [] },
    'an encoding that is none': { ...ints, pages: dataPage(int32(1, 2), 2, 99) },
    'a dictionary that is not there': { ...ints, pages: dataPage([1, ...run(2, 0)], 2, 8) },
    'runs of no values': { ...ints, optional: true, pages: dataPage(levels(...run(0, 1), ...run(0, 1)), 2) },
    'a level that there is not': {
      ...ints,
      optional: true,
      pages: dataPage([...levels(...run(2, 5)), ...int32(1, 2)], 2),
    },
    'levels that end behind the page': {
      ...ints,
      optional: true,
      pages: dataPage([...int32(1 << 30), ...run(2, 1)], 2),
    },
    'differences in blocks of nothing': { ...ints, pages: dataPage(deltas(0, 0, 2, 2), 2, 5) },
    'differences in 2³⁰ parts': { ...ints, pages: dataPage(deltas(2 ** 30, 2 ** 30, 2, 2), 2, 5) },
    'a difference of a thousand bytes': {
      ...ints,
      pages: dataPage([...deltas(128, 4, 2, 2), ...new Array(1000).fill(0xff), 1, 0, 0, 0, 0], 2, 5),
    },
    'fixed bytes of 2³⁰ each': { ...ints, type: 7, width: 1 << 30, pages: dataPage([1, 2, 3], 2, 9) },
    'fixed bytes of −1 each': { ...ints, type: 7, width: -1, pages: dataPage([1, 2, 3], 2) },
    'a list of 2³¹ in the footer': { ...ints, extra: [0x59, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x07] },
    'a number of a thousand bytes in the footer': { ...ints, extra: [0x56, ...new Array(1000).fill(0xff), 1] },
    'structs forty deep in the footer': {
      ...ints,
      extra: [0x5c, ...new Array(40).fill(0x1c), ...new Array(41).fill(0)],
    },
    'empty structs by the thousand': { ...ints, extra: [0x59, 0xfc, ...varint(5000n), ...new Array(5000).fill(0)] },
  };
  /** Which guard has spoken: behind each stands another, which would have let more happen first. */
  const reason = (name: string) => {
    if (/size|larger than its column|unpacks to/.test(name)) return /a page declares a size that it cannot have/;
    if (/of 2³¹ values|of −2 values|than rows/.test(name)) return /its parts do not add up to its rows/;
    if (/row group/.test(name)) return /a row group declares 135266304 bytes/;
    if (/million rows/.test(name)) return /it declares 5000000 rows/;
    if (/three groups/.test(name)) return /holds more than 256 MB of data/;
    if (/by the million/.test(name)) return /far more values than/;
    return /^The Parquet file cannot be read/;
  };

  it('a hundred thousand empty rows are honest, and few bytes', async () => {
    expect(
      (await open(parquetFile({ rows: 100_000, optional: true, pages: dataPage(levels(...run(100_000, 0)), 100_000) })))
        .rows.length,
    ).toBe(100_000);
  });

  it.each(Object.keys(hostile))('%s', async (name) => {
    const bytes = parquetFile(hostile[name]);
    const before = process.memoryUsage().arrayBuffers;
    expect(await quickly(() => refusal(bytes))).toMatch(reason(name));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  it('byte strings that begin as the one before does, and grow', async () => {
    // Each value takes over the one before, of a megabyte: 1000 of them would be a gigabyte.
    const big = 1 << 20;
    const bits = (numbers: number[]) => numbers.flatMap((n) => int32(n));
    const packed = (first: number, rest: number[]) => [
      ...deltas(1024, 1, 1000, first * 2),
      ...varint(0n),
      32,
      ...bits([...rest, ...new Array(1024 - rest.length).fill(0)]),
    ];
    // Differences from number to number: shared is 0, big, big, …; own is big, 0, 0, …
    const shared = packed(0, [big, ...new Array(998).fill(0)]);
    const own = [
      ...deltas(1024, 1, 1000, big * 2),
      ...varint(BigInt(big) * 2n - 1n),
      32,
      ...bits([0, ...new Array(998).fill(big), ...new Array(25).fill(0)]),
    ];
    const body = [...shared, ...own];
    const bytes = parquetFile({ rows: 1000, type: 6, pages: dataPage([...body, ...new Uint8Array(big)], 1000, 7) });
    expect(await refusal(bytes)).toMatch(/unpacks to more than 200 times/);
  });

  it('packed pages that unpack to more than they say', async () => {
    const page = (packed: Uint8Array | Buffer, unpacked: number) => dataPage([...packed], 2, 0, { unpacked });
    const bomb = gzipSync(Buffer.alloc(1 << 20));
    expect(await refusal(parquetFile({ ...ints, codec: 2, pages: page(bomb, 8) }))).toMatch(/not what they say/);
    // Zstandard: a block that repeats two million bytes out of one, fifty thousand times.
    const repeat = [
      0x28,
      0xb5,
      0x2f,
      0xfd,
      0x00,
      0x58,
      ...Array.from({ length: 50_000 }, () => [0xfa, 0xff, 0xff, 0]).flat(),
      0x03,
      0,
      0,
      0,
    ];
    expect(await refusal(parquetFile({ ...ints, codec: 6, pages: page(Uint8Array.from(repeat), 8) }))).toMatch(
      /not what they say/,
    );
    // Brotli: the library's output would grow with it.
    const grows = parquetFile({
      ...ints,
      codec: 4,
      pages: page(
        brotliCompressSync(new Uint8Array(128 << 20), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
        8,
      ),
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(grows)).toMatch(/not what they say/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    // … and one that asks for a window of 2 GB.
    expect(
      await refusal(
        parquetFile({
          ...ints,
          codec: 6,
          pages: page(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0]), 8),
        }),
      ),
    ).toMatch(/not what they say/);
  });
});

it('a file that takes far longer than its size lets expect', async () => {
  const clock = vi.spyOn(performance, 'now');
  let now = 0;
  // What would take a second takes an hour.
  clock.mockImplementation(() => (now += 60_000));
  try {
    expect(await refusal(parquetFile({ rows: 2, pages: dataPage(int32(1, 2), 2) }))).toMatch(/takes far longer than/);
    // The time of others is not the file's.
    now = 0;
    clock.mockImplementation(() => now);
    const budget = new Budget(1 << 20);
    now = 29_000;
    budget.worked();
    now = 1e9;
    budget.rested();
    now += 900;
    budget.worked();
    now += 200;
    expect(() => budget.worked()).toThrow(DataError);
  } finally {
    clock.mockRestore();
  }
});

it('a file of 64 MB costs no more: its footer is bounded', async () => {
  const tail = (length: number) => [
    ...new Uint8Array(Uint32Array.of(length).buffer),
    ...new TextEncoder().encode('PAR1'),
  ];
  const large = new Uint8Array(64 << 20);
  large.set(new TextEncoder().encode('PAR1'));
  large.set(tail(5 << 20), large.length - 8);
  // The copy that makes a Blob of it is not the reader's.
  let file = new Blob([large]);
  expect(await quickly(() => refusal(file))).toMatch(/footer declares 5242880 bytes/);
  // The longest footer, of fields that nobody knows.
  large.set(tail(2 << 20), large.length - 8);
  large.fill(0x11, large.length - 8 - (2 << 20), large.length - 8);
  file = new Blob([large]);
  expect(await quickly(() => refusal(file))).toMatch(/^The Parquet file cannot be read/);
});

describe('files of others', () => {
  const shared = new URL('../../../../../shared/cases/faults/', import.meta.url);
  const names = [
    'parquet-hangs-1',
    'parquet-hangs-2',
    'parquet-hangs-3',
    'parquet-rangeerror',
    'parquet-allocates-162MB',
  ];
  it.skipIf(!existsSync(shared)).each(names)('%s is refused in plain words (needs ../shared)', async (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(`${name}.parquet`, shared)));
    expect(await quickly(() => refusal(bytes))).toMatch(/^The Parquet file cannot be read/);
  });
});
