import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataFormat, IssueReport, PrepareOptions, Repairs } from '../shared/data';
import { DataError } from '../shared/errors';
import { message } from '../shared/message';
import type { TokenSet } from '../shared/types';
import { BatchOrder, exampleCount, toBatch } from './batches';
import { type Prepared, prepare } from './prepare';
import { NO_REPAIRS } from './repair';
import { RowStore } from './rowStore';
import { byteTokenizer } from './testing/bytes';
import { tableOf } from './testing/table';
import { say } from '../shared/texts/say';
import { inWords } from '../shared/testing/words';
import { USUAL_OPTIONS } from './testing/options';

const table = (rows: string[][], columns = ['p', 'c'], format: DataFormat = 'csv') => tableOf(columns, rows, format);

const options = (more: Partial<PrepareOptions> = {}): PrepareOptions => ({
  ...USUAL_OPTIONS,
  mapping: { kind: 'prompt-completion', roles: { prompt: 'p', completion: 'c' } },
  template: { prompt: '{prompt}>', completion: '{completion}' },
  maxSequenceLength: 32,
  validationShare: 0.2,
  seed: 7,
  maxExamples: 10_000,
  ...more,
});
const textOptions = (more: Partial<PrepareOptions> = {}) =>
  options({
    mapping: { kind: 'text', roles: { text: 'text' } },
    template: { prompt: '', completion: '{text}' },
    ...more,
  });

/** Example i of a set, as text with `|` for token 0, and its mask. */
function show(set: TokenSet, i: number): [text: string, mask: string] {
  const [from, to] = [set.offsets[i], set.offsets[i + 1]];
  return [
    Array.from(set.ids.subarray(from, to), (id) => (id === 0 ? '|' : String.fromCharCode(id - 1))).join(''),
    set.supervised.subarray(from, to).join(''),
  ];
}
const all = (set: TokenSet) => Array.from({ length: exampleCount(set) }, (_, i) => show(set, i));
const rows = (n: number) => Array.from({ length: n }, (_, i) => [`q${i}`, `a${i}`]);

describe('prepare', () => {
  it('puts one bos before and a supervised eos after, and masks the prompt', async () => {
    const { train, validation } = await prepare(
      table([
        ['ab', 'cd'],
        ['ef', 'gh'],
      ]),
      options(),
      byteTokenizer,
    );
    expect([...all(train), ...all(validation)].sort()).toEqual([
      ['|ab>cd|', '0000111'],
      ['|ef>gh|', '0000111'],
    ]);
  });

  it('trains the prompt as well when asked, but never the bos', async () => {
    const { train } = await prepare(table(rows(2)), options({ completionOnly: false }), byteTokenizer);
    expect(all(train)[0][1]).toBe('0111111'.slice(0, all(train)[0][0].length));
    expect(all(train)[0][1]).toMatch(/^01+$/);
  });

  it('does without bos and eos: the first token is then no target', async () => {
    const bare = { ...byteTokenizer, bosId: null, eosId: null };
    const { train, validation } = await prepare(
      table([
        ['', 'abc'],
        ['x', 'yz'],
      ]),
      options({
        template: { prompt: '{prompt}', completion: '{completion}' },
        repairs: { ...NO_REPAIRS, noText: true },
      }),
      bare,
    );
    expect([...all(train), ...all(validation)].sort()).toEqual([
      ['abc', '011'],
      ['xyz', '011'],
    ]);
  });

  it('cuts an over-long prompt from the left, so that bos and completion stay', async () => {
    const { train, validation, report, preview } = await prepare(
      table([
        ['0123456789', 'abc'],
        ['x', 'y'],
      ]),
      options({ maxSequenceLength: 8 }),
      byteTokenizer,
    );
    expect([...all(train), ...all(validation)].sort()).toEqual([
      ['|89>abc|', '00001111'],
      ['|x>y|', '00011'],
    ]);
    expect(report).toMatchObject({ truncated: 1, longest: 16, warnings: [] });
    expect(
      (await preview(0, 1))[0].tokens
        .map((t) => t.state[1] + t.text)
        .join('')
        .replaceAll('<|endoftext|>', '|'),
    ).toBe('a|r0r1r2r3r4r5r6r7a8a9a>rarbrcr|');
  });

  it('cuts an over-long completion from the right, and says when the prompt is lost', async () => {
    const { train, validation, report } = await prepare(
      table([
        ['0123', 'abcdefghij'],
        ['x', 'y'],
      ]),
      options({ maxSequenceLength: 8 }),
      byteTokenizer,
    );
    expect([...all(train), ...all(validation)].sort()).toEqual([
      ['|abcdefg', '01111111'],
      ['|x>y|', '00011'],
    ]);
    expect(inWords(report.warnings)).toEqual([expect.stringMatching(/1 example lost its whole prompt/)]);
  });

  it('leaves out empty and fully masked examples, and counts them', async () => {
    const cells = [
      ['a', 'b'],
      ['c', 'd'],
      ['e', ' '],
      ['f', ''],
    ];
    const issues = (r: { issues: IssueReport[] }) =>
      r.issues.map(({ issue, examples }) => [issue, examples.map((e) => e.line)]);
    const { report } = await prepare(table(cells), options(), byteTokenizer);
    expect(report).toMatchObject({ rows: 4, usable: 2, examples: 2 });
    expect(issues(report)).toEqual([['empty', [3, 4]]]);
    // A tokenizer that finds nothing in a completion leaves nothing to train.
    const deaf = {
      ...byteTokenizer,
      eosId: null,
      encode: (s: string) => byteTokenizer.encode(s.replaceAll('d', '')),
    };
    const { report: second } = await prepare(table([...cells, ['g', 'h']]), options(), deaf);
    expect(second.examples).toBe(2);
    expect(issues(second)).toEqual([
      ['empty', [3, 4]],
      ['masked', [2]],
    ]);
  });

  it('says what cannot be split, and refuses what makes no sense', async () => {
    const problem = async (rows: string[][]) =>
      say((await prepare(table(rows), options(), byteTokenizer)).report.problem!);
    expect(
      await problem([
        ['a', 'b'],
        ['c', ''],
      ]),
    ).toBe('Only one example is left.');
    expect(
      await problem([
        ['a', ''],
        ['c', ''],
      ]),
    ).toBe('No example is left to train on.');
    expect(
      await problem([
        ['a', 'b'],
        ['a', 'b'],
      ]),
    ).toBe('All examples are the same.');
    for (const more of [{ maxSequenceLength: 4 }, { validationShare: Number.NaN }, { maxExamples: 0 }])
      await expect(prepare(table(rows(4)), options(more), byteTokenizer)).rejects.toThrow(DataError);
    await expect(
      prepare(table(rows(4)), options({ template: { prompt: '{nope}', completion: '{completion}' } }), byteTokenizer),
    ).rejects.toThrow(/\{nope\}/);
  });

  it('splits by seed alone: same seed, same split; another seed, another', async () => {
    const held = async (seed: number) =>
      all((await prepare(table(rows(50)), options({ seed }), byteTokenizer)).validation).map(([t]) => t);
    expect(await held(1)).toEqual(await held(1));
    expect(await held(1)).toHaveLength(10);
    expect(await held(1)).not.toEqual(await held(2));
  });

  it('keeps copies on one side', async () => {
    const copied = Array.from({ length: 60 }, (_, i) => [`q${i % 12}`, `a${i % 12}`]);
    const { train, validation, report } = await prepare(table(copied), options(), byteTokenizer);
    const trained = new Set(all(train).map(([t]) => t));
    expect(all(validation).some(([t]) => trained.has(t))).toBe(false);
    expect(exampleCount(validation)).toBe(10);
    expect(report.issues).toMatchObject([{ issue: 'duplicate', rows: 48 }]);
  });

  it('holds out a whole group where every group of copies is larger than the share', async () => {
    const { report } = await prepare(
      table(Array.from({ length: 20 }, (_, i) => [i < 12 ? 'a' : 'b', 'x'])),
      options({ validationShare: 0.1 }),
      byteTokenizer,
    );
    expect(report).toMatchObject({ train: 12, validation: 8 });
  });

  it('previews what it made: kept chips are the set, in order, with the side of each example', async () => {
    const t = table(Array.from({ length: 20 }, (_, i) => ['x'.repeat(1 + i * 3), 'y'.repeat(1 + (i % 5) * 4)]));
    const { train, preview } = await prepare(t, options({ maxSequenceLength: 20 }), byteTokenizer);
    const shown = await preview(0, 100);
    expect(shown.map((e) => e.row)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const kept = shown.filter((e) => !e.validation).flatMap((e) => e.tokens.filter((c) => c.state !== 'truncated'));
    expect(kept.map((c) => c.id)).toEqual([...train.ids]);
    expect(kept.map((c) => Number(c.state === 'trained'))).toEqual([...train.supervised]);
    expect(await preview(18, 10)).toHaveLength(2);
    expect((await preview(-5, 1))[0].row).toBe(0);
  });
});

describe('decisions', () => {
  const held = (p: Prepared) => all(p.validation).map(([t]) => t);

  it('repair ragged, quoted and badly encoded rows, each by its own choice', async () => {
    const store = new RowStore();
    store.add(1, ['q0', 'a0']);
    store.add(2, ['q1', 'a1']);
    store.add(3, ['q2'], 'ragged');
    store.add(4, ['q3', 'a3', 'b3'], 'ragged');
    store.add(5, ['"q4,a4'], 'quote');
    store.add(6, ['caf\u00e9', 'a5'], 'encoding');
    store.add(7, ['{', JSON.stringify(message('data.row.deepValue'))], 'syntax');
    const broken = { ...table([]), rows: store };
    const texts = async (repairs: Partial<Repairs>) => {
      const p = await prepare(broken, options({ repairs: { ...NO_REPAIRS, ...repairs }, validationShare: 0.1 }), latin);
      return [...all(p.train), ...all(p.validation)].map(([t]) => t.slice(1, -1)).sort();
    };
    const latin = { ...byteTokenizer, encode: (s: string) => Int32Array.from(s, (c) => c.charCodeAt(0) + 1) };
    expect(await texts({})).toEqual(['q0>a0', 'q1>a1']);
    expect(await texts({ ragged: true })).toEqual(['q0>a0', 'q1>a1', 'q3>a3,b3']);
    expect(await texts({ quote: true })).toEqual(['"q4>a4', 'q0>a0', 'q1>a1']);
    expect(await texts({ encoding: true })).toEqual(['caf\u00e9>a5', 'q0>a0', 'q1>a1']);
    const { report } = await prepare(broken, options(), byteTokenizer);
    expect(report.issues.map(({ issue, rows: n, examples }) => [issue, n, examples.map((e) => e.line)])).toEqual([
      ['syntax', 1, [7]],
      ['quote', 1, [5]],
      ['ragged', 2, [3, 4]],
      ['encoding', 1, [6]],
    ]);
  });

  it('leave out rows by hand, and take new cells for others', async () => {
    const { report, train, validation } = await prepare(
      table(rows(4)),
      options({ edits: { excluded: [0], changed: [[1, ['new', 'cells']]] } }),
      byteTokenizer,
    );
    expect(report).toMatchObject({ usable: 3, excluded: 1, changed: 1 });
    expect([...all(train), ...all(validation)].map(([t]) => t).sort()).toEqual(['|new>cells|', '|q2>a2|', '|q3>a3|']);
  });

  it('keep only the first of copies, and leave out what is too long', async () => {
    const cells = [
      ['a', 'b'],
      ['c', 'd'],
      ['a', 'b'],
      ['long', 'x'.repeat(50)],
    ];
    const { report } = await prepare(
      table(cells),
      options({ repairs: { ...NO_REPAIRS, duplicate: true, long: true } }),
      byteTokenizer,
    );
    expect(report).toMatchObject({ usable: 2, examples: 2, truncated: 0 });
    expect(report.issues).toMatchObject([
      { issue: 'duplicate', rows: 1 },
      { issue: 'long', rows: 1 },
    ]);
  });

  it('find questions on both sides of the split, whatever their case, and keep them together when asked', async () => {
    const cells = Array.from({ length: 40 }, (_, i) => [
      ['Who is it', 'who  IS it '][i % 2] + Math.floor(i / 4),
      `a${i}`,
    ]);
    const { report } = await prepare(table(cells), options(), byteTokenizer);
    expect(report.issues).toMatchObject([{ issue: 'leak' }]);
    const together = await prepare(table(cells), options({ repairs: { ...NO_REPAIRS, leak: true } }), byteTokenizer);
    expect(together.report).toMatchObject({ issues: [], validation: 8 });
  });

  it('hold out the same share of every label', async () => {
    const cells = Array.from({ length: 100 }, (_, i) => [`text ${i}`, i < 80 ? 'common' : i < 95 ? 'rare' : 'rarest']);
    const labelled = options({
      mapping: { kind: 'text-label', roles: { text: 'p', label: 'c' } },
      template: { prompt: '{text}', completion: '{label}' },
    });
    const { report } = await prepare(table(cells), labelled, byteTokenizer);
    expect(report.labels).toEqual([
      { label: 'common', train: 64, validation: 16 },
      { label: 'rare', train: 12, validation: 3 },
      { label: 'rarest', train: 4, validation: 1 },
    ]);
  });

  it('say that classes are out of balance, and that labels are too many', async () => {
    const said = async (labels: readonly string[]) => {
      const labelled = options({
        mapping: { kind: 'text-label', roles: { text: 'p', label: 'c' } },
        template: { prompt: '{text}', completion: '{label}' },
      });
      const cells = labels.map((label, i) => [`text ${i}`, label]);
      const { report } = await prepare(table(cells), labelled, byteTokenizer);
      return report.warnings.filter((w) => /imbalance|manyLabels/.test(w.code));
    };
    const two = (rare: number) => Array.from({ length: 100 }, (_, i) => (i < rare ? 'rare' : 'common'));
    expect(await said(two(10))).toEqual([]);
    expect(await said(two(9))).toEqual([
      message('data.examples.imbalance', { most: 'common', share: 91, least: 'rare', n: 9 }),
    ]);
    const many = (n: number) => Array.from({ length: 2 * n }, (_, i) => `label ${i % n}`);
    expect(await said(many(200))).toEqual([]);
    expect(await said(many(201))).toEqual([message('data.examples.manyLabels', { n: 201, most: 200 })]);
  });

  it('use a seeded sample where there are more rows than allowed', async () => {
    const p = (seed: number) => prepare(table(rows(500)), options({ maxExamples: 50, seed }), byteTokenizer);
    const [a, b, c] = [await p(1), await p(1), await p(2)];
    expect(a.report).toMatchObject({ usable: 500, examples: 50 });
    expect(all(a.train)).toEqual(all(b.train));
    expect(all(a.train)).not.toEqual(all(c.train));
  });

  it('take over what was tokenised before, with the same result', async () => {
    const t = table([...rows(60), ['x'.repeat(60), 'y'], ['z', 'w'.repeat(60)]]);
    const first = options();
    const previous = { set: await prepare(t, first, byteTokenizer), options: first };
    const changes: Partial<PrepareOptions>[] = [
      { seed: 9 },
      { edits: { excluded: [3], changed: [[5, ['other', 'text']]] } },
      { repairs: { ...NO_REPAIRS, long: true } },
    ];
    for (const change of changes) {
      let encoded = 0;
      const counting = {
        ...byteTokenizer,
        encode: (s: string) => {
          encoded++;
          return byteTokenizer.encode(s);
        },
      };
      const again = await prepare(t, options(change), counting, { previous });
      expect(encoded).toBeLessThanOrEqual(3);
      const fresh = await prepare(t, options(change), byteTokenizer);
      expect([all(again.train), held(again), again.report]).toEqual([all(fresh.train), held(fresh), fresh.report]);
    }
    let encoded = 0;
    await prepare(
      t,
      options({ completionOnly: false }),
      {
        ...byteTokenizer,
        encode: (s: string) => {
          encoded++;
          return byteTokenizer.encode(s);
        },
      },
      { previous },
    );
    // A prompt, a completion, and the two together.
    expect(encoded).toBe(186);
  });

  it('learn every answer of a chat, and nothing after the last', async () => {
    const chat = (name: string) =>
      JSON.stringify(
        [
          ['system', 'S'],
          ['user', `u${name}`],
          ['assistant', 'A'],
          ['user', 'v'],
          ['assistant', 'B'],
          ['user', 'w'],
        ].map(([role, content]) => ({ role, content })),
      );
    const p = await prepare(
      tableOf(['messages'], [[chat('1')], [chat('2')], ['nonsense']], 'jsonl'),
      options({
        mapping: { kind: 'chat', roles: { message: 'messages' } },
        template: { prompt: '{message}?', completion: '{message}!' },
      }),
      byteTokenizer,
    );
    expect(all(p.train)[0][0]).toMatch(/^\|S\nu[12]\?A!\|v\?B!\|$/);
    expect(all(p.train)[0][1]).toBe('00000011100111');
    expect(inWords(p.report.issues)).toMatchObject([
      { issue: 'chat', rows: 1, reasons: [{ reason: 'no list of turns', rows: 1 }] },
    ]);
  });
});

describe('plain text', { timeout: 30_000 }, () => {
  it('is cut into windows after paragraphs, else lines, else anywhere; only the last ends with eos', async () => {
    const text = 'One two.\n\nThree four five.\nSix.\n\nabcdefghijklmnopqrstuvwxyz0123456789';
    const { train, validation, preview } = await prepare(
      table([[text]], ['text'], 'txt'),
      textOptions({ maxSequenceLength: 21 }),
      byteTokenizer,
    );
    const texts = (await preview(0, 99)).map((e) => e.tokens.map((c) => (c.id === 0 ? '|' : c.text)).join(''));
    expect(texts).toEqual([
      '|One two.\n\nThree four',
      '| five.\nSix.\n\n',
      '|abcdefghijklmnopqrst',
      '|uvwxyz0123456789|',
    ]);
    expect(exampleCount(train) + exampleCount(validation)).toBe(4);
  });

  it('prefers the end of a paragraph to a later end of a line', async () => {
    const { preview } = await prepare(
      table([['aaaaaaaaaa\n\nbb\ncccccccccccccccccc']], ['text'], 'txt'),
      textOptions({ maxSequenceLength: 21 }),
      byteTokenizer,
    );
    expect(
      (await preview(0, 1))[0].tokens
        .slice(1)
        .map((c) => c.text)
        .join(''),
    ).toBe('aaaaaaaaaa\n\n');
  });

  it('loses no token and stays within the window, for any text', async () => {
    const bit = fc.constantFrom('word ', 'a', '\n', '\n\n', 'longer words and more of them ', 'é', '😀');
    await fc.assert(
      fc.asyncProperty(
        fc.array(bit, { minLength: 40, maxLength: 200 }),
        fc.integer({ min: 8, max: 40 }),
        async (bits, maxSequenceLength) => {
          const text = bits.map((b, i) => (i % 7 ? b : `${i}`)).join('');
          const { preview, report } = await prepare(
            table([[text]], ['text'], 'txt'),
            textOptions({ maxSequenceLength }),
            byteTokenizer,
          );
          const ids = (await preview(0, 10_000)).flatMap((e) => e.tokens.map((t) => t.id)).filter((id) => id > 0);
          expect(byteTokenizer.decode(ids)).toBe(text);
          expect(report.longest).toBeLessThanOrEqual(maxSequenceLength);
          expect(report.truncated).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps texts beyond one encoding segment whole', async () => {
    const text = Array.from({ length: 9000 }, (_, i) => `Line ${i} of a long book.`).join('\n');
    const { preview } = await prepare(
      table([[text]], ['text'], 'txt'),
      textOptions({ maxSequenceLength: 512 }),
      byteTokenizer,
    );
    expect(byteTokenizer.decode((await preview(0, 1000)).flatMap((e) => e.tokens.map((t) => t.id)))).toBe(text);
  });
});

describe('invariants', { timeout: 30_000 }, () => {
  // The byte tokenizer shows its bos as a bar: a text's own bar would look like a second one.
  const cell = fc.string({ unit: 'grapheme', maxLength: 30 }).map((s) => s.replaceAll('|', '/'));
  const anyOptions = fc.record({
    maxSequenceLength: fc.integer({ min: 8, max: 60 }),
    seed: fc.nat(),
    validationShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
    completionOnly: fc.boolean(),
  });

  it('every example has one bos, fits the window, has a target, and is on one side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 30 }), anyOptions, async (r, more) => {
        const { train, validation, report } = await prepare(table(r), options(more), byteTokenizer);
        if (report.problem) return;
        expect(exampleCount(train)).toBe(report.train);
        expect(exampleCount(validation)).toBe(report.validation);
        expect(report.train).toBeGreaterThanOrEqual(1);
        expect(report.validation).toBeGreaterThanOrEqual(1);
        expect(report.train + report.validation).toBe(report.examples);
        const lost = report.issues
          .filter((i) => i.issue === 'empty' || i.issue === 'noText' || i.issue === 'masked')
          .reduce((n, i) => n + i.rows, 0);
        expect(report.examples + lost).toBe(r.length);
        expect(train.ids.length + validation.ids.length).toBe(report.tokens);
        for (const set of [train, validation]) {
          for (const [text, mask] of all(set)) {
            expect(text.length).toBeLessThanOrEqual(more.maxSequenceLength);
            expect(text[0]).toBe('|');
            expect(text[1]).not.toBe('|');
            expect(mask).toMatch(/^0+1+$/);
          }
        }
        const trained = new Set(all(train).map((e) => e.join()));
        expect(all(validation).some((e) => trained.has(e.join()))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('a batch is its examples behind one another, and a target is the next supervised token', async () => {
    const set = (await prepare(table(rows(40)), options(), byteTokenizer)).train;
    fc.assert(
      fc.property(fc.array(fc.nat(exampleCount(set) - 1), { minLength: 1, maxLength: 8 }), (indices) => {
        const { ids, targets, starts } = toBatch(set, indices);
        expect(starts).toHaveLength(indices.length + 1);
        indices.forEach((e, s) => {
          const own = set.ids.subarray(set.offsets[e], set.offsets[e + 1]);
          const mask = set.supervised.subarray(set.offsets[e], set.offsets[e + 1]);
          expect([...ids.subarray(starts[s], starts[s + 1])]).toEqual([...own]);
          expect([...targets.subarray(starts[s], starts[s + 1])]).toEqual(
            Array.from(own, (_, t) => (t + 1 < own.length && mask[t + 1] ? own[t + 1] : -1)),
          );
        });
      }),
    );
  });

  it('refuses a batch with everything masked, and an index that is not there', async () => {
    const set: TokenSet = { ids: Int32Array.of(0, 5, 6), offsets: Uint32Array.of(0, 3), supervised: new Uint8Array(3) };
    expect(() => toBatch(set, [0])).toThrow(/Every token of this batch is masked/);
    expect(() => toBatch(set, [1])).toThrow(DataError);
    expect(() => toBatch(set, [-1])).toThrow(DataError);
  });
});

describe('BatchOrder', () => {
  it('shows every example once per epoch, in an order of its own', () => {
    const order = new BatchOrder(10, 3);
    const first = order.next(10);
    const second = order.next(10);
    expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...second].sort((a, b) => a - b)).toEqual([...first].sort((a, b) => a - b));
    expect(second).not.toEqual(first);
  });

  it('goes on from a saved state exactly, at any point and through JSON', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.nat(100), (n, seed, taken) => {
        const order = new BatchOrder(n, seed);
        order.next(taken);
        const twin = BatchOrder.restore(JSON.parse(JSON.stringify(order.state())));
        expect(twin.next(70)).toEqual(order.next(70));
        expect(twin.state()).toEqual(order.state());
      }),
    );
  });

  it('needs an example', () => {
    expect(() => new BatchOrder(0, 1)).toThrow(DataError);
  });
});

describe('what every row was looked at for', () => {
  const checked = async (t: ReturnType<typeof table>, more: Partial<PrepareOptions> = {}) =>
    (await prepare(t, options(more), byteTokenizer)).report.checked;

  it('is listed, and nothing else: only that may be said not to be there', async () => {
    const pairs = ['empty', 'noText', 'marks', 'duplicate', 'long', 'masked', 'leak'];
    expect(await checked(table(rows(8)))).toEqual(['quote', 'ragged', 'encoding', ...pairs]);
    expect(await checked(table(rows(8), ['p', 'c'], 'jsonl'))).toEqual(['syntax', 'huge', 'encoding', ...pairs]);
    // Quotes are letters in this table: none of them was looked at.
    expect(await checked({ ...table(rows(8)), quote: 'none' })).not.toContain('quote');
    // A file in an encoding that takes any byte has no bad ones to find.
    expect(await checked({ ...table(rows(8)), encoding: 'windows-1252' })).not.toContain('encoding');
    // Of more rows than are used, the others were not turned into tokens.
    expect(await checked(table(rows(8)), { maxExamples: 4 })).toEqual([
      'quote',
      'ragged',
      'encoding',
      'empty',
      'noText',
      'marks',
      'duplicate',
    ]);
    expect(
      await checked(table([['one two three '.repeat(20)]], ['text'], 'txt'), {
        mapping: { kind: 'text', roles: { text: 'text' } },
        template: { prompt: '', completion: '{text}' },
      }),
    ).toEqual(['empty', 'marks']);
    const chat = JSON.stringify([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a' },
    ]);
    expect(
      await checked(table([[chat], [chat.replace('q', 'r')]], ['m'], 'jsonl'), {
        mapping: { kind: 'chat', roles: { message: 'm' } },
        template: { prompt: '{message}?', completion: '{message}!' },
      }),
    ).toEqual([
      'syntax',
      'huge',
      'encoding',
      'chat',
      'empty',
      'noText',
      'parts',
      'marks',
      'duplicate',
      'long',
      'masked',
      'leak',
    ]);
  });
});
