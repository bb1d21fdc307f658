import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IssueReport } from '../shared/data';
import { DataError } from '../shared/errors';
import type { TokenSet } from '../shared/types';
import { exampleCount, toBatch } from './batches';
import { prepare } from './prepare';
import { NO_REPAIRS } from './repair';
import { byteTokenizer } from './testing/bytes';
import { say } from '../shared/texts/say';
import { inWords } from '../shared/testing/words';
import { table, options, textOptions, all, rows } from './testing/examples';

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
