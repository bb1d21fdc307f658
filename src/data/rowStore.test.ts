import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FirstSeen, hashText } from './hash';
import { DataError } from '../shared/errors';
import { MAX_ROWS, MAX_TEXT_BYTES, RowStore } from './rowStore';

it('gives back what was put in, whatever it is, across pages', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom('', 'x'.repeat(300_000), '\u0000', '😀'.repeat(1000)),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 30 }), (rows) => {
      const store = new RowStore();
      rows.forEach((cells, i) => store.add(i * 3 + 1, cells, i % 2 ? 'ragged' : 'ok', i % 3 === 1));
      rows.forEach((cells, i) => {
        expect(store.cells(i)).toEqual(cells);
        expect([store.line(i), store.state(i), store.continues(i)]).toEqual([
          i * 3 + 1,
          i % 2 ? 'ragged' : 'ok',
          i % 3 === 1,
        ]);
      });
      expect(store.length).toBe(rows.length);
    }),
    { numRuns: 60 },
  );
}, 30_000);

it('keeps rows longer than a page whole, the last one too', () => {
  const store = new RowStore();
  for (const letter of 'xyz') {
    const cells = [letter.repeat(300_000), letter.repeat(1_200_000), letter];
    store.add(1, cells);
    expect(store.cells(store.length - 1).map((cell) => cell.length)).toEqual(cells.map((cell) => cell.length));
    expect(store.cells(store.length - 1)).toEqual(cells);
  }
  expect(store.cells(0)[1]).toBe('x'.repeat(1_200_000));
});

it('says which of many came first, and keeps near texts apart', () => {
  const seen = new FirstSeen(40_000);
  for (let i = 0; i < 40_000; i++) expect(seen.at(hashText(`row ${i}`), i)).toBe(i);
  for (let i = 0; i < 40_000; i += 77) expect(seen.at(hashText(`row ${i}`), 99_999)).toBe(i);
});

it('takes no more text, and no more rows, than a tab should', () => {
  const long = ['x'.repeat(1 << 20)];
  const fill = (most: number, cells: string[]) => {
    const store = new RowStore();
    for (let i = 0; i < most; i++) store.add(i, cells);
    return store;
  };
  // With its length, a text takes four bytes more.
  const texts = fill((MAX_TEXT_BYTES >> 20) - 1, long);
  expect(() => texts.add(0, long)).toThrow(DataError);
  const rows = fill(MAX_ROWS, ['']);
  expect(() => rows.add(0, [''])).toThrow(DataError);
}, 30_000);
