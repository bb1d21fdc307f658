import { afterEach, beforeEach, expect, test } from 'vitest';
import { READ_AUTO } from '../shared/data';
import { speak } from '../shared/texts';
import { say } from '../shared/texts/say';
import { byteTokenizer } from '../data/testing/bytes';
import { DataDesk } from '../train/dataDesk';
import type { DataReplies, DataRequest } from '../train/protocol';
import { rowsThatSay } from './lostRows';
import { USUAL_OPTIONS } from '../data/testing/options';

let desk: DataDesk;
const ask = async <T extends keyof DataReplies>(request: Extract<DataRequest, { type: T }>) =>
  (await desk.answer(request, {})).value as DataReplies[T];

/** Ten rows, of which the fourth and the eighth are no JSON, for want of a comma and of a value. */
beforeEach(async () => {
  desk = new DataDesk(() => () => Promise.reject(new Error('no template')));
  desk.useTokenizer(byteTokenizer);
  const lines = Array.from({ length: 10 }, (_, i) => `{"text": "row number ${i}", "n": ${i}}`);
  lines[3] = '{"text": "half" "n": 3}';
  lines[7] = '{"text": , "n": 7}';
  const files = [{ path: 'a.jsonl', file: new Blob([lines.join('\n')]) }];
  const { detection, template } = await ask<'parse'>({ type: 'parse', files, choices: READ_AUTO });
  const options = {
    ...USUAL_OPTIONS,
    mapping: detection.mapping,
    template,
    validationShare: 0.2,
    stratify: false,
  };
  await ask<'prepare'>({ type: 'prepare', options });
});
afterEach(() => speak('en'));

const lost = async () => (await ask<'lost'>({ type: 'lost' })).rows;
const found = async (search: string) => {
  const also = rowsThatSay(search, await lost());
  const { rows } = await ask<'list'>({ type: 'list', filter: 'all', search, also, from: 0, count: 20 });
  return rows.map((r) => r.line);
};

test('a row that cannot be read is found by its reason, in the language in use, and by its text', async () => {
  expect(await found('A comma is missing')).toEqual([4]);
  expect(await found('not valid JSON')).toEqual([4, 8]);
  expect(await found('half')).toEqual([4]);
  expect(await found('row number 5')).toEqual([6]);
  await speak('zh');
  expect(await found('缺少逗号')).toEqual([4]);
  expect(await found('A comma is missing')).toEqual([]);
});

test('the file of unused rows has the reason in words, beside what could be read', async () => {
  const { file } = await ask<'rejected'>({ type: 'rejected', why: (await lost()).map((row) => say(row.why)) });
  const rows = (await file.text()).trim().split('\n');
  expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual([
    {
      line: 4,
      reasons: ['syntax'],
      why: expect.stringMatching(/^not valid JSON: a comma is missing/),
      row: ['{"text": "half" "n": 3}'],
    },
    {
      line: 8,
      reasons: ['syntax'],
      why: expect.stringMatching(/^not valid JSON: a value is missing/),
      row: ['{"text": , "n": 7}'],
    },
  ]);
});

test('a row in full says why it cannot be read; one that can, nothing', async () => {
  const why = async (item: number) => (await ask<'detail'>({ type: 'detail', item }))!.lost;
  expect(say((await why(7))!)).toMatch(/^not valid JSON: a value is missing/);
  expect(await why(6)).toBeNull();
});
