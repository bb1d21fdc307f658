import { expect, test } from 'vitest';
import { FIRST_ROUTE, NO_SELECTION, PLACES, type Place, TABS, type Tabbed, hashOf, readHash } from './route';

const selection = { run: 'ts-lora', module: '2.k', token: 3, step: 60 };

test('every place and part of a sheet is read as it was written, with what is selected', () => {
  for (const place of Object.keys(PLACES) as Place[]) {
    const read = readHash(hashOf({ place, tab: 'source' }, selection))!;
    expect(read.route.place).toBe(place);
    expect(read.selection).toEqual(selection);
  }
  for (const place of Object.keys(TABS) as Tabbed[])
    for (const tab of TABS[place]) expect(readHash(hashOf({ place, tab }))!.route).toMatchObject({ place, tab });
  expect(hashOf({ place: 'compare', tab: 'metrics' })).toBe('#/compare');
  expect(readHash('#/compare/metrics')!.route.tab).toBe('metrics');
  expect(hashOf(FIRST_ROUTE)).toBe('#/train');
  expect(hashOf(FIRST_ROUTE, { ...NO_SELECTION, module: '2.k', step: 60 })).toBe('#/train?module=2.k&step=60');
});

test('a sheet lies over the view that was there before', () => {
  const compare = readHash('#/compare')!.route;
  expect(readHash('#/setup/data/rows', compare)!.route).toEqual({ place: 'data', tab: 'rows', under: 'compare' });
  expect(readHash('#/history', compare)!.route.under).toBe('history');
});

test('what is no place is null; what is no selection is passed over', () => {
  for (const hash of ['', '#', '#content', '#/nowhere', '#/setup/data/nothing', '#/compare/rows', '#/train/more'])
    expect(readHash(hash), hash).toBeNull();
  expect(readHash(`#/train?step=-1&token=1e9&module=&run=${'x'.repeat(81)}&other=1`)!.selection).toEqual(NO_SELECTION);
});
