import { describe, expect, it } from 'vitest';
import type { PrepareOptions, Repairs } from '../shared/data';
import { message } from '../shared/message';
import { type Prepared, prepare } from './prepare';
import { NO_REPAIRS } from './repair';
import { RowStore } from './rowStore';
import { byteTokenizer } from './testing/bytes';
import { tableOf } from './testing/table';
import { inWords } from '../shared/testing/words';
import { table, options, all, rows } from './testing/examples';

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
