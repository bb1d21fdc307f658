import { expect, it } from 'vitest';
import type { ListedRow } from '../shared/data';
import { RowPages } from './rowPages';

const row = (item: number): ListedRow => ({
  item,
  line: item + 1,
  texts: [],
  picture: null,
  lost: null,
  tokens: null,
  issues: [],
  side: null,
  excluded: false,
  changed: false,
});

it('asks for each page once, one at a time, and for what came into sight meanwhile', async () => {
  const asked: number[] = [];
  let open = 0;
  const pages = new RowPages(async (from, count) => {
    asked.push(from);
    expect(++open).toBe(1);
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    open--;
    return { total: 1000, rows: Array.from({ length: count }, (_, i) => row(from + i)) };
  }, 0);
  const first = pages.need(0, 30);
  expect(await pages.need(450, 510)).toBe(false);
  expect(await first).toBe(true);
  expect(asked).toEqual([0, 400, 500]);
  expect([pages.total, pages.at(451)?.item, pages.at(250)]).toEqual([1000, 451, undefined]);
  expect(await pages.need(460, 505)).toBe(false);
  expect(asked).toHaveLength(3);
});

it('stops where there is no answer', async () => {
  const pages = new RowPages(() => Promise.resolve(null), 0);
  expect(await pages.need(0, 10)).toBe(false);
});
