import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../shared/errors';
import { utf8 } from '../testing/bytes';
import { cellsOf, READ_ALL } from '../repair';
import { plainTable } from '../testing/table';
import { MAX_FILE_BYTES, parseFile } from './index';
import { MAX_COLUMNS } from './table';
import { sayError } from '../../shared/texts/say';
import { inWords } from '../../shared/testing/words';

/** The table with its rows written out, and what is wrong with the others. */
const parseBytes = async (name: string, bytes: Uint8Array, header?: 'auto' | 'yes' | 'no') =>
  plainTable(await parseFile(name, new Blob([bytes as Uint8Array<ArrayBuffer>]), header && { header }));
const parse = (name: string, text: string, header?: 'auto' | 'yes' | 'no') => parseBytes(name, utf8(text), header);

/** The DataError that `run` throws; fails when there is none. */
async function refusal(run: () => Promise<unknown>): Promise<DataError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect(sayError(error as DataError).hint).not.toBe('');
    return error as DataError;
  }
  throw new Error('nothing was refused');
}

const lines = (n: number, f: (i: number) => string) => Array.from({ length: n }, (_, i) => f(i)).join('\n');

describe('JSON', () => {
  it('reads lines of objects, with the union of their keys as columns', async () => {
    const t = await parse('a.jsonl', '{"a":"x","b":1}\r\n\n{"b":true,"c":null}\n');
    expect(t.columns).toEqual(['a', 'b', 'c']);
    expect(t.rows).toEqual([
      ['x', '1', ''],
      ['', 'true', ''],
    ]);
    expect(t).toMatchObject({ format: 'jsonl', encoding: 'utf-8', header: null, notes: [] });
  });

  it('reads an array of objects and an array of strings', async () => {
    expect(await parse('a.json', '[{"a":"x, [y]"},\n {"a":"\\"}"}]')).toMatchObject({
      format: 'json',
      rows: [['x, [y]'], ['"}']],
    });
    expect(await parse('a.json', '["x", "y"]')).toMatchObject({ columns: ['text'], rows: [['x'], ['y']] });
  });

  it('reads a .json file that holds lines, and a .jsonl file that holds an array', async () => {
    expect((await parse('a.json', '{"a":1}\n{"a":2}')).format).toBe('jsonl');
    expect((await parse('a.jsonl', '[{"a":1},{"a":2}]')).format).toBe('json');
  });

  it('writes nested values down as JSON', async () => {
    expect((await parse('a.jsonl', '{"m":[{"role":"user"}]}\n{"m":{"x":[1]}}')).rows).toEqual([
      ['[{"role":"user"}]'],
      ['{"x":[1]}'],
    ]);
  });

  it('skips a broken line, with its number', async () => {
    const t = await parse('a.jsonl', `${lines(9, (i) => `{"a":"${i}"}`)}\n{"a": broken`);
    expect(t.rows).toHaveLength(9);
    expect(t.broken).toEqual([
      {
        line: 10,
        state: 'syntax',
        cells: ['{"a": broken', 'not valid JSON: “broken” is not a value, at character 7: {"a": broken'],
      },
    ]);
  });

  it('refuses when more than a fifth is broken, naming the first line', async () => {
    const e = await refusal(() => parse('a.jsonl', '{"a":1}\n{"a":2}\n{"a"\n{"a":3}'));
    expect(e.line).toBe(3);
    expect(e.message).toMatch(/1 of 4 rows.*line 3: not valid JSON: a \{ is never closed, at character 5: {"a"/);
  });

  it('skips a broken record of an array, with its line', async () => {
    const t = await parse('a.json', `[\n${lines(9, (i) => `{"a":"${i}"},`)}\n{"a": }]`);
    expect(t.rows).toHaveLength(9);
    expect(t.broken).toEqual([
      {
        line: 11,
        state: 'syntax',
        cells: ['{"a": }', 'not valid JSON: a value is missing before “}”, at character 7: {"a": }'],
      },
    ]);
    expect((await refusal(() => parse('a.json', '[{"a":1},\n{"a":},\n{"a":3}]'))).line).toBe(2);
  });

  it('refuses an array that is cut off, with the line and what is whole', async () => {
    const e = await refusal(() => parse('a.json', `[\n${lines(9, (i) => `{"a":"${i}"},`)}\n{"a": "cut o`));
    expect(e.line).toBe(11);
    expect(e.message).toMatch(/cut off on line 11, after 9 records/);
  });

  it('refuses rows that are not objects, and a file that is one object', async () => {
    expect((await refusal(() => parse('a.jsonl', '1\n2\n3'))).message).toMatch(/line 1: 1 instead of an object/);
    expect((await refusal(() => parse('a.json', '{"a": 1,\n"b": 2}'))).message).toMatch(/one JSON object/);
  });

  it('takes __proto__ and constructor as keys like any other', async () => {
    const t = await parse(
      'a.jsonl',
      '{"__proto__":"p","constructor":"c","toString":"t"}\n{"__proto__":{"polluted":1}}',
    );
    expect(t.columns).toEqual(['__proto__', 'constructor', 'toString']);
    expect(t.rows).toEqual([
      ['p', 'c', 't'],
      ['{"polluted":1}', '', ''],
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('replaces lone surrogates with a note, and keeps everything else exactly', async () => {
    const odd = '😀 \u202eRTL <script>alert(1)</script> <|endoftext|> \u0000';
    const t = await parse('a.jsonl', `${JSON.stringify({ a: odd })}\n{"a":"x\\ud800y"}`);
    expect(t.rows).toEqual([[odd], ['x\uFFFDy']]);
    expect(inWords(t.notes)).toEqual([{ line: 2, message: expect.stringContaining('surrogate') }]);
  });

  it('bounds columns and nesting', async () => {
    const many = JSON.stringify(Object.fromEntries(Array.from({ length: MAX_COLUMNS + 1 }, (_, i) => [`k${i}`, 1])));
    expect((await refusal(() => parse('a.jsonl', `${many}\n${many}`))).message).toMatch(/more than 256/);
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect((await refusal(() => parse('a.jsonl', `${deep}\n${deep}`))).line).toBe(1);
  });
});

describe('CSV and TSV', () => {
  it('reads quotes, separators and line breaks inside quotes', async () => {
    const t = await parse('a.csv', 'text,label\r\n"a, ""b""\nc",x\r\nd,y\r\n');
    expect(t).toMatchObject({
      format: 'csv',
      columns: ['text', 'label'],
      rows: [
        ['a, "b"\nc', 'x'],
        ['d', 'y'],
      ],
    });
    expect(inWords(t.header)).toEqual({ used: true, why: 'the first line holds the names text, label' });
  });

  it('finds semicolons', async () => {
    expect((await parse('a.csv', 'text;label\na, b;1\nc;2')).rows).toEqual([
      ['a, b', '1'],
      ['c', '2'],
    ]);
  });

  it('says why a first line is no header, and obeys', async () => {
    const body = 'a fine film , really\t1\na dull film\t0\nanother fine film\t1';
    expect(inWords(await parse('a.tsv', body))).toMatchObject({
      columns: ['column 1', 'column 2'],
      header: { used: false, why: 'the first line holds text, not names' },
    });
    expect(await parse('a.tsv', body, 'yes')).toMatchObject({
      columns: ['a fine film , really', '1'],
      header: { used: true },
    });
    expect((await parse('a.csv', 'text,label\na,b', 'no')).rows).toEqual([
      ['text', 'label'],
      ['a', 'b'],
    ]);
    expect(inWords((await parse('a.tsv', 'ham\tGo home\nspam\tWin now\nham\tOk')).header)).toEqual({
      used: false,
      why: expect.stringContaining('“ham”'),
    });
    expect(inWords((await parse('a.csv', 'words,height\nabc,12\nabd,13')).header)).toEqual({
      used: true,
      why: '“height” is above numbers',
    });
  });

  it('keeps a line with an unclosed quote apart, and reads on at the next', async () => {
    const t = await parse('a.csv', `text,label\n${lines(5, (i) => `row ${i},x`)}\n"never closed,x\nmore,y\n`);
    expect(t.rows.at(-1)).toEqual(['more', 'y']);
    expect(t.broken).toEqual([{ line: 7, state: 'quote', cells: ['"never closed,x'] }]);
    expect((await refusal(() => parse('a.csv', '"text,label\na,b\nc,d', 'yes'))).line).toBe(1);
  });

  it('keeps a line with a stray quote apart, counting lines inside quotes', async () => {
    const t = await parse('a.csv', 'text,label\n"two\nlines",x\n"a" b,y\nc,z');
    expect(t.rows).toEqual([
      ['two\nlines', 'x'],
      ['c', 'z'],
    ]);
    expect(t.broken).toEqual([{ line: 4, state: 'quote', cells: ['"a" b,y'] }]);
  });

  it('keeps ragged rows apart, with their line', async () => {
    const t = await parse('a.csv', `text,label\n${lines(9, (i) => `row ${i},x`)}\nshort\nc,d,e\n`);
    expect(t.rows).toHaveLength(9);
    expect(t.broken).toEqual([
      { line: 11, state: 'ragged', cells: ['short'] },
      { line: 12, state: 'ragged', cells: ['c', 'd', 'e'] },
    ]);
  });

  it('lets empty fields at the end pass', async () => {
    expect((await parse('a.csv', 'text,label\na,b,,\nc,d')).rows).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('gives columns of one name names apart, with a note, and numbers empty ones', async () => {
    const twice = await parse('a.csv', 'text,label,text,text (2),text\na,b,c,d,e\nf,g,h,i,j');
    expect(twice.columns).toEqual(['text', 'label', 'text (3)', 'text (2)', 'text (4)']);
    expect(inWords(twice.notes)).toEqual(
      [3, 4].map((n) => ({ line: 1, message: `another column is called “text”; it is “text (${n})” here` })),
    );
    expect(twice.rows).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['f', 'g', 'h', 'i', 'j'],
    ]);
    expect((await parse('a.csv', 'text,label,text\na,b,c\nd,e,f', 'no')).columns).toEqual([
      'column 1',
      'column 2',
      'column 3',
    ]);
    expect((await parse('a.csv', 'text,,label\na,b,c\nd,e,f', 'yes')).columns).toEqual(['text', 'column 2', 'label']);
  });

  it('keeps a __proto__ column', async () => {
    expect(await parse('a.csv', '__proto__,text\np,a\nq,b')).toMatchObject({
      columns: ['__proto__', 'text'],
      rows: [
        ['p', 'a'],
        ['q', 'b'],
      ],
    });
  });

  it('takes quotes in TSV as characters, unless the file quotes properly', async () => {
    expect((await parse('a.tsv', '"tis said\tx\nhe said "no"\ty\n')).rows).toEqual([
      ['"tis said', 'x'],
      ['he said "no"', 'y'],
    ]);
    expect((await parse('a.tsv', '"Go on\tx\nand on\ty\nto the end"\tz\n')).rows).toHaveLength(3);
    // A cell that holds a tab and a line break, which are two lines of the right width.
    for (const header of ['"text"\t"label"', 'text\tlabel'])
      expect((await parse('a.tsv', `${header}\n"a\tb ""q""\nc"\td\nx\ty\n`)).rows[0]).toEqual(['a\tb "q"\nc', 'd']);
    expect((await parse('a.tsv', '"a\tb"\tx\n"c ""d"""\ty\n', 'no')).rows).toEqual([
      ['a\tb', 'x'],
      ['c "d"', 'y'],
    ]);
  });

  it('knows a table without an extension', async () => {
    expect((await parse('SMSSpamCollection', 'ham\tGo\nspam\tWin\n')).format).toBe('tsv');
    expect((await parse('pasted', 'text,label\na,b\nc,d')).format).toBe('csv');
    expect((await parse('pasted', '{"a":1}\n{"a":2}')).format).toBe('jsonl');
    expect((await parse('pasted', 'Once upon a time, there was\na fox.')).format).toBe('txt');
  });
});

describe('plain text', () => {
  it('is one row, or one per document', async () => {
    expect(await parse('a.txt', 'one\r\n\r\ntwo\n')).toMatchObject({
      format: 'txt',
      columns: ['text'],
      rows: [['one\n\ntwo']],
    });
    expect((await parse('a.txt', 'one\n<|endoftext|>\n\ntwo\n\nthree\n<|endoftext|>\n')).rows).toEqual([
      ['one'],
      ['two\n\nthree'],
    ]);
  });

  it('leaves a special token inside a line alone', async () => {
    expect((await parse('a.txt', 'say <|endoftext|> now')).rows).toEqual([['say <|endoftext|> now']]);
  });
});

describe('encodings', () => {
  it('reads UTF-8 with a mark and UTF-16 of both orders', async () => {
    expect(await parseBytes('a.csv', Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8('text,label\né,1\nb,0')))).toMatchObject({
      encoding: 'utf-8',
      columns: ['text', 'label'],
    });
    const le = new Uint8Array(Uint16Array.from('\uFEFFtext,label\né,1\nb,0', (c) => c.charCodeAt(0)).buffer);
    const be = le.slice();
    for (let i = 0; i < be.length; i += 2) [be[i], be[i + 1]] = [le[i + 1], le[i]];
    expect(await parseBytes('a.csv', le)).toMatchObject({
      encoding: 'utf-16le',
      rows: [
        ['é', '1'],
        ['b', '0'],
      ],
    });
    expect(await parseBytes('a.csv', be)).toMatchObject({
      encoding: 'utf-16be',
      rows: [
        ['é', '1'],
        ['b', '0'],
      ],
    });
    expect((await refusal(() => parseBytes('a.csv', le.slice(0, -1)))).message).toMatch(/damaged/);
    expect(await parseBytes('a.csv', le.slice(2))).toMatchObject({
      encoding: 'utf-16le',
      rows: [
        ['é', '1'],
        ['b', '0'],
      ],
    });
  });

  it.each([
    ['a first cell', 'a.csv', 'a b: c d,1\ne f: g h,2'],
    ['a first name in quotes', 'a.csv', '"text","label"\n"a, b",x\nc,y'],
    ['a first name', 'a.tsv', 'text\tlabel\na\tx\nb\ty'],
    ['the first line', 'a.jsonl', '{"text":"a"}\n{"text":"b"}'],
    ['a list', 'a.json', '[{"text":"a"},{"text":"b"}]'],
    ['a text', 'a.txt', 'one\ntwo\nthree'],
  ])('a mark is no part of %s', async (_, name, text) => {
    const { columns, rows, broken, notes } = await parse(name, text);
    const marked = `\uFEFF${text}`;
    const le = new Uint8Array(Uint16Array.from(marked, (c) => c.charCodeAt(0)).buffer);
    const be = Uint8Array.from(le, (_byte, i) => le[i ^ 1]);
    for (const bytes of [utf8(marked), le, be])
      expect(await parseBytes(name, bytes)).toMatchObject({ columns, rows, broken, notes });
  });

  it('keeps Latin-1 lines apart, and never replaces a letter', async () => {
    const t = await parseBytes('a.csv', Uint8Array.of(...utf8('text,label\né,b\ncaf'), 0xe9, ...utf8(',d\ne,f\n')));
    expect(t.rows).toEqual([
      ['é', 'b'],
      ['e', 'f'],
    ]);
    expect(t.broken).toEqual([{ line: 3, state: 'encoding', cells: ['café', 'd'] }]);
    const json = await parseBytes(
      'a.jsonl',
      Uint8Array.of(...utf8('{"a":"x"}\n{"a":"caf'), 0xe9, ...utf8('"}\n{"a":"é"}')),
    );
    expect(json.broken).toEqual([{ line: 2, state: 'encoding', cells: ['café'] }]);
  });

  it('notes replacement characters that were there before', async () => {
    expect(inWords((await parse('a.csv', 'text,label\na,b\nx\uFFFD,d')).notes)).toEqual([
      { line: 3, message: expect.stringContaining('U+FFFD') },
    ]);
  });

  it('refuses binary files, by name where it knows them', async () => {
    expect((await refusal(() => parseBytes('a.csv', Uint8Array.of(0x25, 0x50, 0x44, 0x46, 0x2d, 0)))).message).toMatch(
      /a PDF/,
    );
    expect(
      (
        await refusal(() =>
          parseBytes(
            'a.txt',
            Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) % 256),
          ),
        )
      ).message,
    ).toMatch(/binary/);
  });
});

describe('too little and too much', () => {
  it('refuses empty, blank, header-only and one-row files', async () => {
    expect((await refusal(() => parse('a.csv', ''))).message).toBe('The file is empty.');
    expect((await refusal(() => parse('a.jsonl', ' \n\n'))).message).toMatch(/white space/);
    expect((await refusal(() => parse('a.csv', 'text,label\n', 'yes'))).message).toMatch(/a header line and no rows/);
    expect(sayError(await refusal(() => parse('a.csv', 'text,label\na,b\n')))).toMatchObject({
      message: 'The file has a header line and only one row.',
      hint: expect.stringContaining('2 examples'),
    });
    expect((await refusal(() => parse('a.jsonl', '{"a":1}'))).message).toMatch(/only one row/);
    expect((await refusal(() => parse('a.json', '[]'))).message).toMatch(/no rows/);
    expect((await refusal(() => parse('a.txt', '<|endoftext|>\n'))).message).toMatch(/no text/);
  });

  it('refuses files beyond the bound before reading them', async () => {
    expect((await refusal(() => parseBytes('a.txt', new Uint8Array(MAX_FILE_BYTES + 1)))).message).toMatch(
      /at most 256 MB/,
    );
  });
});

describe('anything at all', { timeout: 30_000 }, () => {
  const names = fc.constantFrom('a.jsonl', 'a.json', 'a.csv', 'a.tsv', 'a.txt', 'a', 'b.parquet');
  const headers = fc.constantFrom('auto' as const, 'yes' as const, 'no' as const);
  const check = async (name: string, bytes: Uint8Array, header: 'auto' | 'yes' | 'no') => {
    try {
      const t = await parseBytes(name, bytes, header);
      expect(t.rows.every((r) => r.length === t.columns.length && r.every((c) => typeof c === 'string'))).toBe(true);
      expect(new Set(t.columns).size).toBe(t.columns.length);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      expect(error.message).not.toBe('');
    }
  };

  it('is a table or a DataError, for any bytes', async () => {
    await fc.assert(fc.asyncProperty(names, fc.uint8Array({ maxLength: 200 }), headers, check), { numRuns: 500 });
  });

  it('is a table or a DataError, for text made of separators, quotes and braces', async () => {
    const bits = fc.constantFrom(
      '"',
      ',',
      '\t',
      '\n',
      '\r',
      ';',
      '{',
      '}',
      '[',
      ']',
      ':',
      '\\',
      'a',
      'text',
      '1',
      ' ',
      '"a":',
      '<|endoftext|>',
      '\uFEFF',
      '__proto__',
      '😀',
    );
    await fc.assert(
      fc.asyncProperty(names, fc.array(bits, { maxLength: 60 }), headers, (name, parts, header) =>
        check(name, utf8(parts.join('')), header),
      ),
      { numRuns: 2000 },
    );
  });

  it('reads back any rows written as JSON lines or as CSV', async () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 12 });
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rows, async (r) => {
        expect((await parse('a.jsonl', r.map(([a, b]) => JSON.stringify({ a, b })).join('\n'))).rows).toEqual(r);
        expect(
          (
            await parse(
              'a.json',
              JSON.stringify(
                r.map(([a, b]) => ({ a, b })),
                null,
                1,
              ),
            )
          ).rows,
        ).toEqual(r);
        const quote = (s: string) => `"${s.replaceAll('"', '""')}"`;
        const kept = r.filter((row) => row.some((c) => c.trim() !== ''));
        fc.pre(kept.length >= 2);
        expect(
          (await parse('a.csv', ['a,b', ...r.map((row) => row.map(quote).join(','))].join('\n'), 'yes')).rows,
        ).toEqual(kept);
      }),
      { numRuns: 300 },
    );
  });
});

describe('shapes of files', () => {
  const words = ['otter', 'lamp', 'kite', 'cook', 'train', 'owl', 'boat', 'smith'];
  const rowsOf = async (name: string, text: string) => (await parse(name, text)).rows.length;

  it('finds the separator over all records, and reads R’s row names, a title above, and the line that names it', async () => {
    const body = words.map((w, i) => `the ${w}, old and grey;${i % 2 ? 'a' : 'b'}`).join('\n');
    expect(await parse('a.csv', `text, with commas, in it;label\n${body}`)).toMatchObject({
      separator: ';',
      columns: ['text, with commas, in it', 'label'],
    });
    expect(await parse('a.csv', `sep=;\ntext;label\n${body}`)).toMatchObject({
      separator: ';',
      columns: ['text', 'label'],
    });
    const titled = await parse('a.csv', `A list of things\n\ntext;label\n${body}`);
    expect(inWords([titled.columns, titled.notes[0]])).toEqual([
      ['text', 'label'],
      { line: 1, message: 'a line above the table, ignored: A list of things' },
    ]);
    expect(
      (
        await parse(
          'a.csv',
          `"text" "label"\n${words.map((w, i) => `"${i + 1}" "the ${w}" "${i % 2 ? 'a' : 'b'}"`).join('\n')}`,
        )
      ).columns,
    ).toEqual(['row', 'text', 'label']);
    expect(
      (await parse('a.csv', `text\n${words.map((w, i) => `the ${w}${i % 2 ? ', really' : ''}`).join('\n')}`)).rows[1],
    ).toEqual(['the lamp, really']);
    expect(
      (await parse('a.csv', words.map((w, i) => `'the ${w}, it is','${i % 2 ? 'a' : 'b'}'`).join('\n'))).rows[0],
    ).toEqual(['the otter, it is', 'b']);
  });

  it('joins what a row has too much in the column with the texts', async () => {
    const table = await parseFile(
      'a.csv',
      new Blob([`text,label\n${words.map((w) => `the ${w} is here,x`).join('\n')}\na, b, c,y`]),
    );
    expect(cellsOf(table, 8, READ_ALL)).toEqual(['a, b, c', 'y']);
  });

  it('finds records wherever they stand', async () => {
    const one = (i: number) => JSON.stringify({ p: `q${i} }{`, c: '[' }, null, 2);
    const many = [0, 1, 2].map(one);
    for (const text of [
      many.join('\n'),
      many.join(''),
      many.join(',\n'),
      `[${many.join()}]`,
      `[${many[0]}]\n[${many[1]},${many[2]}]`,
      JSON.stringify({ version: 1, data: [0, 1, 2].map((i) => JSON.parse(one(i)) as unknown) }, null, 1),
      `\uFEFF${many[0]}\n\uFEFF${many.slice(1).join('\n')}`,
    ]) {
      expect(await rowsOf('a.json', text), text).toBe(3);
    }
    expect((await parse('a.json', '{"p":{"0":"a","1":"b"},"c":{"0":"x","1":"y"}}')).rows).toEqual([
      ['a', 'x'],
      ['b', 'y'],
    ]);
    expect(await parse('a.json', '[["text","label"],["a b c","x"],["d e f","y"]]')).toMatchObject({
      columns: ['text', 'label'],
      rows: [
        ['a b c', 'x'],
        ['d e f', 'y'],
      ],
    });
    expect(
      (
        await parse(
          'a.json',
          JSON.stringify({
            data: [
              {
                title: 't',
                paragraphs: [
                  {
                    context: 'c',
                    qas: [
                      { question: 'q', answers: [{ text: 'a' }] },
                      { question: 'r', answers: [] },
                    ],
                  },
                ],
              },
            ],
          }),
        )
      ).rows,
    ).toEqual([
      ['t', 'c', 'q', '["a"]'],
      ['t', 'c', 'r', '[]'],
    ]);
    expect(await parse('a.json', JSON.stringify({ train: [{ a: 1 }, { a: 2 }], test: [{ a: 3 }] }))).toMatchObject({
      validationFrom: 2,
      rows: [['1'], ['2'], ['3']],
    });
  });

  it('a broken record costs itself alone, among lines and among records of several', async () => {
    const line = (i: number) => `{"a":"${i}"}`;
    for (const broken of ['{"a": "open', '{"a": 1', '{"a": [1, 2}', '{"a" "b"}', '{"a":"x"} trailing']) {
      const t = await parse('a.jsonl', [0, 1, 2, 3, 4].map(line).concat(broken, [5, 6, 7, 8, 9].map(line)).join('\n'));
      expect([t.rows.filter(([a]) => /^\d$/.test(a)).length, t.broken.length], broken).toEqual([10, 1]);
    }
  });

  it('takes labels from lines that begin with them, and never from prose', async () => {
    expect(await parse('a.txt', words.map((w, i) => `__label__${i % 2} the ${w}`).join('\n'))).toMatchObject({
      unit: 'lines',
      columns: ['label', 'text'],
    });
    expect(
      (
        await parse(
          'a.txt',
          words
            .concat(words)
            .map((w, i) => `${i % 2} the ${w} ${i}`)
            .join('\n'),
        )
      ).rows[3],
    ).toEqual(['1', 'the cook 3']);
    for (const prose of [
      words.map((w) => `The ${w} is old.\nA ${w} is new.`).join('\n'),
      words.map((w) => `Q: What is the ${w}?\nA: It is old.`).join('\n\n'),
      words.map((w, i) => `${i % 2 ? 'the' : 'a'} ${w} is by the sea and a hill`).join('\n'),
    ]) {
      expect(await parse('a.txt', prose)).toMatchObject({ unit: 'whole' });
    }
  });
});
