/** check.json: what it holds, that it finds what differs, and that what version 1 wrote is still read. */
import { expect, it } from 'vitest';
import { Rng } from '../shared/rng';
import { type AdapterCheck, checkOf, checkSchema, compareCheck, fitsModel, writtenCheck } from './adapterCheck';
import { DEVICE_BARS } from './logitCheck';
import { TINY_LLAMA } from './testing/tinyLlama';

const VOCAB = 1003;
const rng = new Rng(5);
const all = Array.from({ length: 4 }, () => Float32Array.from({ length: VOCAB }, () => rng.uniform(-9, 9)));
const check = checkOf({ model: 'm', ids: [1, 5, 2, 9], rows: [3, 1], logits: [all[3], all[1]] });
const compared = (rows: Float32Array[]) => compareCheck(check, rows, DEVICE_BARS).ok;

it('keeps 32 logits of a row and a sum, in a few kilobytes', () => {
  const text = JSON.stringify(writtenCheck(check));
  expect(text.length).toBeLessThan(3000);
  expect(check.rows.map(({ row, top }) => [row, top.tokens.length])).toEqual([
    [3, 32],
    [1, 32],
  ]);
  const [{ top, checksum }] = check.rows;
  expect(top.logits).toEqual([...all[3]].sort((a, b) => b - a).slice(0, 32));
  // As Python computes it: exact integers, then doubles.
  const weight = (v: number) => (-1) ** v * (1 + Number((BigInt(v) * 2654435761n) % 2n ** 32n) / 2 ** 32);
  const sum = [...all[3]].reduce((s, logit, v) => s + weight(v) * logit, 0);
  expect(checksum).toBeCloseTo(sum, 9);
  expect(checkSchema.parse(JSON.parse(text))).toEqual(check);
});

it('the same logits pass, others do not: among the largest, in a small one, in their order', () => {
  expect(compared(all)).toBe(true);
  expect(compared(all.map((row) => row.map((x) => x * (1 + 1e-5))))).toBe(true);
  const changed = (change: (row: Float32Array) => void) =>
    all.map((row, i) => {
      const copy = row.slice();
      if (i === 1) change(copy);
      return copy;
    });
  expect(compared(changed((row) => (row[check.rows[1].top.tokens[0]] += 0.1)))).toBe(false);
  const least = all[1].indexOf(Math.min(...all[1]));
  expect(compared(changed((row) => (row[least] -= 2)))).toBe(false);
  expect(compared(changed((row) => (row[least] = NaN)))).toBe(false);
  expect(compared(changed((row) => row.reverse()))).toBe(false);
});

it('belongs to a model with such logits and tokens', () => {
  const model = { ...TINY_LLAMA, vocab: VOCAB };
  expect(fitsModel(check, model)).toBe(true);
  expect(fitsModel(check, { ...model, vocab: VOCAB + 1 })).toBe(false);
  expect(fitsModel({ ...check, ids: [VOCAB] }, model)).toBe(false);
});

it('version 1 held all logits of a row, under what the adapter is', () => {
  const written = { model: 'm', ids: check.ids, rows: [3, 1], dense: [[...all[3]], [...all[1]]], gated: null };
  expect(checkSchema.parse(written)).toEqual(check);
  expect(checkSchema.parse({ ...written, dense: null, gated: written.dense })).toEqual(check);
  expect(checkSchema.parse({ ...written, dense: null })).toBeNull();
  const wrong = [{ rows: [3, 4] }, { rows: [3] }, { dense: [[1, 2], [1]] }, { dense: [[], []] }, { ids: [-1] }];
  for (const change of wrong) expect(checkSchema.safeParse({ ...written, ...change }).success).toBe(false);
});

it('what does not fit together is refused', () => {
  const row = check.rows[0];
  const wrong: Partial<AdapterCheck>[] = [
    { rows: [] },
    { rows: [{ ...row, row: 4 }] },
    { width: 31 },
    { rows: [{ ...row, top: { ...row.top, tokens: row.top.tokens.slice(1) } }] },
    { rows: [{ ...row, top: { ...row.top, tokens: row.top.tokens.map(() => VOCAB) } }] },
  ];
  for (const change of wrong) expect(checkSchema.safeParse({ ...writtenCheck(check), ...change }).success).toBe(false);
});
