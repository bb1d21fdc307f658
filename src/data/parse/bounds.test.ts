/**
 * Bounds on what a file may hold, each met by an input of its own: what is beyond it is refused or cut, and that is
 * said.
 */
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import type { ParsedTable } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { inWords } from '../../shared/testing/words';
import { MAX_ROWS } from '../rowStore';
import { plainTable, tableOf } from '../testing/table';
import { CsvReader } from './csvReader';
import { TextPieces } from './decode';
import { parseFile } from './index';
import { JsonRecords } from './json';
import { joinTables } from './join';
import { TextLines } from './plain';
import { openSources } from './source';
import { MAX_COLUMNS, MAX_ROW_LENGTH, TableBuilder } from './table';

const MB = 1 << 20;
const parse = (name: string, content: string | Uint8Array) => parseFile(name, new Blob([content as BlobPart]));
const refusal = (run: Promise<unknown>) =>
  run.then(
    () => 'nothing was refused',
    (error: unknown) => {
      expect(error).toBeInstanceOf(DataError);
      return (error as DataError).message;
    },
  );

it('a file that is too large is refused unread', async () => {
  expect(await refusal(openSources([{ path: 'a.txt', file: { size: 256 * MB + 1 } as File }]))).toMatch(/has 257 MB/);
});

it('an archive of too many files, and archives in archives in archives', async () => {
  const end = new Uint8Array(22);
  end.set([0x50, 0x4b, 5, 6]);
  new DataView(end.buffer).setUint16(10, 40_001, true);
  const zip = Uint8Array.from([0x50, 0x4b, 3, 4, ...new Uint8Array(30), ...end]);
  expect(await refusal(parse('a.zip', zip))).toMatch(/it has 40001 entries/);

  let packed: Uint8Array = new TextEncoder().encode('a,b\n1,2\n3,4\n');
  for (let depth = 1; depth <= 4; depth++) packed = gzipSync(packed);
  expect((await parse('a.csv.gz', packed)).rows.length).toBe(2);
  expect(await refusal(parse('a.csv.gz', gzipSync(packed)))).toMatch(/binary|text/);
});

it('a zip that unpacks to far more than its size', async () => {
  const zip = zipSync({ 'a.txt': new TextEncoder().encode(`${'a'.repeat(1023)}\n`.repeat(9 * 1024)) });
  expect(await refusal(parse('a.zip', zip))).toMatch(/more than 200 times its size/);
});

it('a gzip that unpacks to more than is read, in proportion to its size', async () => {
  const noise = Uint8Array.from({ length: MB }, (_, i) => (i < 8192 ? (i * i * 2654435761) >>> 24 : 0));
  const [source] = await openSources([{ path: 'a.gz', file: new File(new Array(257).fill(gzipSync(noise)), 'a.gz') }]);
  const read = async () => {
    for await (const piece of source.pieces(() => {})) expect(piece.length).toBeGreaterThan(0);
  };
  expect(await refusal(read())).toMatch(/has 257 MB/);
});

it('files that together have too many rows', () => {
  const rows = {
    length: MAX_ROWS / 2 + 1,
    cells: () => ['x'],
    line: () => 1,
    state: () => 'ok',
    continues: () => false,
  };
  const half = { ...tableOf(['a'], []), rows } as unknown as ParsedTable;
  expect(() => joinTables([half, half], 0)).toThrow(/more than 4 million rows/);
});

it('a line without an end is handed on before it has come, as text and as a record', () => {
  const text = new TextPieces({
    encoding: 'auto',
    legacy: { encoding: 'windows-1252', all: false },
    onBadLine: () => {},
  });
  const piece = new Uint8Array(MB).fill(97);
  expect(Array.from({ length: 5 }, () => text.push(piece, false).length)).toEqual([0, 0, 0, 0, 5 * MB]);

  const csv = new CsvReader(',', 'double');
  expect(csv.push('a'.repeat(16 * MB), false)).toEqual([]);
  expect(csv.push('aa', false)).toMatchObject([{ line: 1, broken: true }]);

  const lines = new TableBuilder();
  new TextLines(lines, 'lines', null).push('a'.repeat(MAX_ROW_LENGTH + 1));
  const paragraphs = new TableBuilder();
  new TextLines(paragraphs, 'paragraphs', null).push(`${'a'.repeat(MAX_ROW_LENGTH / 4 + 1)}\n`.repeat(4));
  expect([lines.rows.length, paragraphs.rows.length]).toEqual([1, 1]);
});

it('a quoted field that is longer than any, or never closes, costs its line', () => {
  const long = 'x'.repeat(MB);
  const records = (text: string) => new CsvReader(',', 'double').push(text, false);
  expect(records(`"${long}x",b\nc,d\n`)).toMatchObject([{ broken: true }, { fields: ['c', 'd'] }]);
  expect(records(`"${long.slice(2)}",b\nc,d\n`)).toMatchObject([{ broken: false }, { fields: ['c', 'd'] }]);
  expect(records(`"${long}\nc,d\n`)).toMatchObject([{ broken: true }, { fields: ['c', 'd'] }]);
});

it('a JSON record that is too long, whether its end has come with it or not', () => {
  const state = (...pieces: string[]) => {
    const table = new TableBuilder();
    const records = new JsonRecords(table);
    for (const piece of ['{"a":1}\n', ...pieces]) records.push(piece);
    records.end();
    return Array.from({ length: table.rows.length }, (_, i) => table.rows.state(i));
  };
  const long = 'x'.repeat(MAX_ROW_LENGTH);
  expect(state('{"a":\n"', long, '"}\n')).toEqual(['ok', 'huge']);
  expect(state(`{"a":\n"${long}"}\n`)).toEqual(['ok', 'huge']);
  expect(state(`{"a":\n"${long.slice(100)}"}\n`)).toEqual(['ok', 'ok']);
});

it('one large JSON object around a list: the list is read', async () => {
  const filler = 'x'.repeat(MAX_ROW_LENGTH / 8);
  const rows = Array.from({ length: 9 }, (_, i) => `{"a":"${i}${filler}"}`).join(',');
  const table = await parse('a.json', `{"version": 1, "data": [${rows}]}`);
  expect(table.rows.length).toBe(9);
  expect(inWords(table.notes)).toMatchObject([{ message: expect.stringContaining('one large object') }]);
});

it('more columns than a table may have, in a header and in one row', async () => {
  const wide = Array.from({ length: MAX_COLUMNS + 1 }, (_, i) => `c${i}`).join(',');
  expect(await refusal(parse('a.csv', `${wide}\n${wide}\n${wide}\n`))).toMatch(/257 columns/);
  const table = plainTable(await parse('a.csv', `a,b\n1,2\n3,4\n${wide}\n5,6\n`));
  expect(table.broken.map(({ cells }) => cells.length)).toEqual([MAX_COLUMNS]);
});

it('notes are kept in full up to a number, the others counted', async () => {
  const { notes } = await parse('a.jsonl', '{"a":"half \\ud800"}\n'.repeat(250));
  expect(notes).toHaveLength(201);
  expect(inWords(notes.at(-1)!.message)).toContain('50 more notes');
});

it('a Parquet file with a row that is too long, and one with too many columns', async () => {
  const written = (columnData: { name: string; data: string[] }[]) => {
    const writer = new ByteWriter();
    parquetWrite({ writer, columnData });
    return new Uint8Array(writer.getBuffer());
  };
  const cells = ['a', 'x'.repeat(MAX_ROW_LENGTH + 1), 'b', 'c', 'd', 'e'];
  const { broken, rows } = plainTable(await parse('a.parquet', written([{ name: 'text', data: cells }])));
  expect([broken.map(({ line, state }) => [line, state]), rows.length]).toEqual([[[2, 'huge']], 5]);
  const columns = Array.from({ length: MAX_COLUMNS + 1 }, (_, i) => ({ name: `c${i}`, data: ['1', '2'] }));
  expect(await refusal(parse('a.parquet', written(columns)))).toMatch(/257 columns/);
});
