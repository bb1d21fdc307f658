/**
 * Packed and binary files, and text that comes in pieces. The Parquet files in ../testing/files were written by pyarrow
 * 26.0.1: 300 rows (prompt, completion with one null, n) in groups of 128 in five compressions, and 20 chats as lists
 * of structs.
 */
import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../shared/errors';
import { crc32 } from '../../shared/zipDirectory';
import { detect } from '../detect';
import { Cancelled } from '../pace';
import { plainTable } from '../testing/table';
import { Delimited } from './delimited';
import { parseFile } from './index';
import { JsonRecords, type TextParser } from './json';
import { MAX_PART, PlainText, TextLines } from './plain';
import { MAX_ROW_LENGTH, TableBuilder } from './table';
import { TextPieces } from './decode';
import { workMeter } from '../../shared/testing/quickly';
import { inWords } from '../../shared/testing/words';

const blob = (...parts: (Uint8Array | string)[]) => new Blob(parts as BlobPart[]);
const parse = async (name: string, file: Blob) => plainTable(await parseFile(name, file));
const failure = (run: Promise<unknown>) =>
  run.then(
    () => {
      throw new Error('nothing was refused');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(DataError);
      return error as DataError;
    },
  );
const stored = (name: string) => new Uint8Array(readFileSync(new URL(`../testing/files/${name}`, import.meta.url)));

interface Entry {
  name: string;
  content: Uint8Array;
  method?: number;
  says?: Partial<{ crc: number; size: number }>;
  encrypted?: boolean;
}

/** A zip, honest or not. */
function zip(entries: Entry[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 8, says = {}, encrypted } of entries) {
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(encrypted ? 1 : 0, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(says.crc ?? crc32(content), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(says.size ?? content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    parts.push(head, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const size = directory.reduce((n, d) => n + d.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

const csv = Buffer.from(`text,label\n${Array.from({ length: 500 }, (_, i) => `row é ${i},${i % 2}`).join('\n')}\n`);

describe('gzip and zip', { timeout: 30_000 }, () => {
  it('read what is inside, by its own name', async () => {
    const gz = await parse('data.csv.gz', blob(gzipSync(csv)));
    expect(gz).toMatchObject({ fileName: 'data.csv.gz', format: 'csv', columns: ['text', 'label'], packed: 'gzip' });
    expect(gz.rows).toHaveLength(500);
    expect((await parse('x.zip', blob(zip([{ name: 'in/data.csv', content: csv }])))).rows).toEqual(gz.rows);
    expect((await parse('x.zip', blob(zip([{ name: 'data.csv', content: csv, method: 0 }])))).rows).toEqual(gz.rows);
  });

  it('take the largest data file of a zip, not the read-me beside it, and say so', async () => {
    const t = await parse(
      'x.zip',
      blob(
        zip([
          { name: 'README.md', content: Buffer.from('long '.repeat(4000)) },
          { name: '__MACOSX/._data.csv', content: csv },
          { name: 'a.jsonl', content: Buffer.from('{"a":1}\n{"a":2}') },
          { name: 'data.csv', content: csv },
        ]),
      ),
    );
    expect(inWords(t)).toMatchObject({ format: 'csv', packed: 'zip; data.csv is read, 2 more files are not' });
  });

  it('refuse what is damaged, cut off, encrypted, a spreadsheet, or not what it says', async () => {
    const gz = gzipSync(csv);
    expect((await failure(parse('a.csv.gz', blob(gz.subarray(0, -20))))).message).toMatch(/packed file cannot be read/);
    const wrong = Buffer.from(gz);
    wrong[wrong.length - 6] ^= 1; // its checksum
    await failure(parse('a.csv.gz', blob(wrong)));
    for (const entry of [
      { encrypted: true },
      { says: { crc: 1 } },
      { says: { size: csv.length - 1 } },
      { says: { size: csv.length + 1 } },
      { method: 99 },
    ]) {
      expect((await failure(parse('x.zip', blob(zip([{ name: 'a.csv', content: csv, ...entry }]))))).message).toMatch(
        /packed file cannot be read/,
      );
    }
    const short = zip([{ name: 'a.csv', content: csv, says: { size: 9 } }]);
    expect((await failure(parse('x.zip', blob(short)))).message).toMatch(/unpacks to more than it says/);
    expect(
      (await failure(parse('x.zip', blob(zip([{ name: 'a.csv', content: csv }]).subarray(0, -10))))).message,
    ).toMatch(/no directory/);
    expect(
      (await failure(parse('x.xlsx', blob(zip([{ name: '[Content_Types].xml', content: csv }]))))).message,
    ).toMatch(/spreadsheet/);
    expect((await failure(parse('x.zip', blob(zip([{ name: 'a.png', content: csv }]))))).message).toMatch(
      /no data file/,
    );
  });

  it('list a zip inside of another, and refuse it in words where it is chosen or alone', async () => {
    const inner = Buffer.from(zip([{ name: 'train.csv', content: csv }]));
    const outer = blob(
      zip([
        { name: 'train.zip', content: inner },
        { name: 'data.csv', content: csv },
      ]),
    );
    expect((await parseFile('x.zip', outer)).files.map((f) => [f.path, f.use])).toEqual([
      ['data.csv', 'train'],
      ['train.zip', 'none'],
    ]);
    const refusal = async (...from: Parameters<typeof parseFile>) => (await failure(parseFile(...from))).message;
    const words = 'train.zip is a zip inside of another archive; unpack that first';
    expect(await refusal('x.zip', outer, { files: { 'train.zip': 'train', 'data.csv': 'none' } })).toContain(words);
    expect(await refusal('x.zip', blob(zip([{ name: 'train.zip', content: inner }])))).toContain(words);
  });

  it('refuse bombs early', async () => {
    const bomb = gzipSync(Buffer.alloc(40 << 20, 'bomb\n'));
    expect((await failure(parse('a.txt.gz', blob(bomb)))).message).toMatch(/more than 200 times/);
    expect(
      (
        await failure(
          parse(
            'a.zip',
            blob(zip([{ name: 'a.txt', content: Buffer.alloc(1 << 20, 'a\n'), says: { size: 0xfffffff0 } }])),
          ),
        )
      ).message,
    ).toMatch(/at most 256 MB/);
  });
});

describe('Parquet', () => {
  it.each(['snappy', 'zstd', 'gzip', 'brotli', 'none'])('reads %s', async (codec) => {
    const t = await parse('pairs.parquet', blob(stored(`pairs-${codec}.parquet`)));
    expect(t).toMatchObject({ format: 'parquet', columns: ['prompt', 'completion', 'n'], broken: [] });
    expect(t.rows).toHaveLength(300);
    expect([t.rows[0], t.rows[7], t.rows[299]]).toEqual([
      ['question 0 é😀', 'answer 0', '0'],
      ['question 7 é😀', '', '7'],
      ['question 299 é😀', 'answer 299', '299'],
    ]);
  });

  it('reads lists of structs as chats, and files inside gzip', async () => {
    const file = blob(stored('chat.parquet'));
    expect(detect(await parseFile('chat.parquet', file)).mapping).toEqual({
      kind: 'chat',
      roles: { message: 'messages' },
    });
    expect((await parse('pairs.parquet.gz', blob(gzipSync(stored('pairs-snappy.parquet'))))).rows).toHaveLength(300);
  });

  it('is a table or a DataError, for any damage', async () => {
    const whole = stored('pairs-snappy.parquet');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(whole.length),
        fc.boolean(),
        async (changes, length, cut) => {
          const bytes = whole.slice(0, cut ? length : whole.length);
          for (const [at, value] of changes) if (at >= 4 && at < bytes.length) bytes[at] = value;
          await parseFile('a.parquet', blob(bytes)).catch((error: unknown) => {
            if (!(error instanceof DataError)) throw error;
          });
        },
      ),
      { numRuns: 200 },
    );
  }, 30_000);
});

describe('pieces', { timeout: 30_000 }, () => {
  const makers: [string, (t: TableBuilder) => TextParser][] = [
    ['JSON', (t) => new JsonRecords(t)],
    ['text', (t) => new PlainText(t)],
    ['lines', (t) => new TextLines(t, 'lines', null)],
    ['paragraphs', (t) => new TextLines(t, 'paragraphs', null)],
    ['CSV', (t) => new Delimited(t, 'csv', { header: 'no', separator: 'auto', quote: 'auto' })],
    ['TSV', (t) => new Delimited(t, 'tsv', { header: 'no', separator: 'auto', quote: 'auto' })],
  ];
  const bit = fc.constantFrom(
    '"',
    ',',
    '\t',
    '\n',
    '\r\n',
    '{"a":"x"}',
    '[',
    ']',
    '\\',
    'a',
    '""',
    ' ',
    '\n<|endoftext|>\n',
    '😀',
    '\n\n',
  );

  it.each(makers)('%s: however the text is cut, the rows are the same', (_, make) => {
    const rowsOf = (pieces: string[]) => {
      const table = new TableBuilder();
      try {
        const parser = make(table);
        for (const piece of pieces) parser.push(piece);
        parser.end();
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        return error.message;
      }
      return Array.from({ length: table.rows.length }, (_, i) => [
        table.rows.line(i),
        table.rows.state(i),
        table.rows.cells(i),
      ]);
    };
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 50 }), fc.array(fc.nat(200), { maxLength: 6 }), (bits, cuts) => {
        const text = bits.join('');
        const at = [...new Set(cuts.filter((c) => c < text.length))].sort((a, b) => a - b);
        const pieces = [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length));
        expect(rowsOf(pieces)).toEqual(rowsOf([text]));
      }),
      { numRuns: 400 },
    );
  });

  it('bytes: however they are cut, text and bad lines are the same', () => {
    const decoded = (bytes: Uint8Array, cuts: number[]) => {
      const bad: number[] = [];
      const text = new TextPieces({
        encoding: 'auto',
        legacy: { encoding: 'windows-1252', all: false },
        onBadLine: (line) => bad.push(line),
      });
      let out = '';
      [0, ...cuts].forEach((from, i) => {
        out += text.push(bytes.subarray(from, cuts[i] ?? bytes.length), i === cuts.length);
      });
      return { out, bad };
    };
    const part = fc.constantFrom('é', 'x', '\n', '😀\n').map((s) => [...Buffer.from(s)]);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(part, fc.constant([0xe9])), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(100), { maxLength: 4 }),
        (parts, cuts) => {
          const bytes = Uint8Array.from([0x61, ...parts.flat()]);
          const at = [...new Set(cuts.filter((c) => c > 0 && c < bytes.length))].sort((a, b) => a - b);
          expect(decoded(bytes, at)).toEqual(decoded(bytes, []));
        },
      ),
    );
  });

  it('a row that is too long is left out and its beginning kept; the others stay', async () => {
    const long = `{"a":"${'x'.repeat(MAX_ROW_LENGTH)}"}`;
    const t = await parse('a.jsonl', blob(`{"a":"1"}\n{"a":"2"}\n${long}\n{"a":"3"}\n{"a":"4"}\n{"a":"5"}`));
    expect(t.rows).toHaveLength(5);
    expect(t.broken).toMatchObject([{ line: 3, state: 'huge' }]);
    expect(t.broken[0].cells[0]).toHaveLength(1000);
  });

  it('a long text is kept in parts that together are the text', async () => {
    const text = 'A line of a long book that goes on.\n\n'.repeat(Math.ceil(MAX_PART / 30)).trimEnd();
    const { rows } = await parseFile('a.txt', blob(text));
    expect(rows.length).toBeGreaterThan(1);
    expect([rows.continues(0), rows.continues(1)]).toEqual([false, true]);
    expect(Array.from({ length: rows.length }, (_, i) => rows.cells(i)[0]).join('')).toBe(text);
  });

  it('a long line of marks that part nothing takes no longer than any other', async () => {
    const line = `x${'<|endoftext|>'.repeat(20_000)}`;
    const work = workMeter();
    expect((await parse('a.txt', blob(`${line}\n\t <|endoftext|> \nb\n`))).rows).toEqual([[line], ['b']]);
    // Looked at from its start for every mark, it took 13 s.
    expect(work(), 'units of work').toBeLessThan(500);
  });

  const many = (sign: string) => sign.repeat(60_000);
  const rows = (first: string, other: string) => `${first}\n${`${other}\n`.repeat(8)}`;
  it.each<[string, string, string]>([
    ['blanks in a broken record', 'a.jsonl', rows(`{"a": tru${many(' ')}e`, '{"a":"x"}')],
    ['digits that are no number', 'a.jsonl', rows(`{"a":${many('0')}x}`, '{"a":"x"}')],
    ['blanks in a name', 'a.csv', rows(`a${many(' ')}b,c`, 'x,y')],
    ['strokes in a name', 'a.jsonl', rows(`{"a${many('_')}b":"x"}`, '{"a":"x"}')],
    ['blanks below the names', 'a.csv', rows(`a,b\n${many(' ')}x,`, 'x,y')],
    ['blanks before no label', 'a.txt', rows(`a${many(' ')}b __label__x y`, '__label__a b')],
    ['blanks behind a label', 'a.txt', rows(`__label__x ${many(' ')}\u00a0y`, '__label__a b')],
    ['commas in a label', 'a.txt', rows(`a __label__x${many(',')}y z`, '__label__a b')],
  ])('however many: %s, it takes no longer than any other text', async (_, name, text) => {
    const work = workMeter();
    await parseFile(name, blob(text)).then(detect, (error: unknown) => expect(error).toBeInstanceOf(DataError));
    // One regular expression each tried every part of the run: two to ten seconds.
    expect(work(), 'units of work').toBeLessThan(100);
  });

  it('names of 60,000 digits in a zip', async () => {
    const files = ['a', 'b'].map((end) => ({ name: `${many('1')}/${end}`, content: csv }));
    const work = workMeter();
    expect((await parse('x.zip', blob(zip(files)))).rows).toHaveLength(500);
    expect(work(), 'units of work').toBeLessThan(100);
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const reading = parseFile('a.jsonl', blob('{"a":"b"}\n'.repeat(400_000)), {}, { signal: abort.signal });
    abort.abort();
    await expect(reading).rejects.toBeInstanceOf(Cancelled);
  });
});
