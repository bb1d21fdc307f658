import { expect, test } from 'vitest';
import { DATA_TABS, FIRST_ROUTE, NO_SELECTION, PLACES, type Place, hashOf, readHash } from './route';

const selection = { run: 'ts-lora', module: '2.k', token: 3, step: 60 };

test('every place and part of a sheet is read as it was written, with what is selected', () => {
  for (const place of Object.keys(PLACES) as Place[]) {
    const read = readHash(hashOf({ place, tab: 'source' }, selection))!;
    expect(read.route.place).toBe(place);
    expect(read.selection).toEqual(selection);
  }
  for (const tab of DATA_TABS) expect(readHash(hashOf({ place: 'data', tab }))!.route.tab).toBe(tab);
  expect(hashOf(FIRST_ROUTE)).toBe('#/train');
  expect(hashOf(FIRST_ROUTE, { ...NO_SELECTION, module: '2.k', step: 60 })).toBe('#/train?module=2.k&step=60');
});

test('a sheet lies over the view that was there before', () => {
  const compare = readHash('#/compare')!.route;
  expect(readHash('#/setup/data/rows', compare)!.route).toEqual({ place: 'data', tab: 'rows', under: 'compare' });
  expect(readHash('#/history', compare)!.route.under).toBe('history');
});

test('what is no place is null; what is no selection is passed over', () => {
  for (const hash of ['', '#', '#content', '#/nowhere', '#/setup/data/nothing', '#/train/more'])
    expect(readHash(hash), hash).toBeNull();
  expect(readHash(`#/train?step=-1&token=1e9&module=&run=${'x'.repeat(81)}&other=1`)!.selection).toEqual(NO_SELECTION);
});
