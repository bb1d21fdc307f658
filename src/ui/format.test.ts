import { expect, test } from 'vitest';
import { speak } from '../shared/texts';
import { ratioEdge } from '../shared/ratio';
import { binAt } from './charts/histogram';
import {
  ago,
  bytes,
  compact,
  count,
  duration,
  durationRange,
  fixed,
  parameters,
  percent,
  signed,
  tokenText,
} from './format';

test('numbers as people read them', () => {
  expect(fixed(-1.23456, 2)).toBe('−1.23');
  expect(fixed(NaN)).toBe('–');
  expect(signed(0.12345)).toBe('+0.123');
  expect(signed(-0.5, 1)).toBe('−0.5');
  expect(signed(-0.00001)).toBe('±0.000');
  expect(percent(0.256, 1)).toBe('25.6 %');
  expect(percent(null)).toBe('–');
  expect(compact(0.0000123)).toBe('1.2e−5');
  expect(compact(0.0123456)).toBe('0.0123');
  expect(compact(0)).toBe('0');
  expect(bytes(512)).toBe('512 B');
  expect(bytes(16 * 2 ** 20)).toBe('16.0 MiB');
  expect(duration(59_400)).toBe('59 s');
  expect(duration(61_000)).toBe('1 min 1 s');
  expect(duration(3_720_000)).toBe('1 h 2 min');
  expect(count(1234567)).toBe('1\u202f234\u202f567');
  expect(parameters(4_334_592)).toBe('4.33 million');
  expect(tokenText('a\n')).toBe('a↵');
  expect(tokenText('')).toBe('□');
});

test('a value finds its place among the bins', () => {
  for (const b of [0, 1, 7, 63]) expect(binAt(ratioEdge(b))).toBeCloseTo(b);
  expect(binAt((ratioEdge(20) + ratioEdge(21)) / 2)).toBeCloseTo(20.5);
  expect(binAt(1e9)).toBe(64);
});

test('a range of times is rough', () => {
  expect(durationRange(300, 900)).toBe('1 s');
  expect(durationRange(3200, 6100)).toBe('3 to 6 s');
  expect(durationRange(41_000, 57_000)).toBe('40 to 55 s');
  expect(durationRange(80_000, 130_000)).toBe('80 s to 2 min');
  expect(durationRange(3_000_000, 9_000_000)).toBe('50 min to 2.5 h');
});

test('how long ago', () => {
  const said = (ms: number) => ago(1e12 - ms, 1e12);
  expect([said(0), said(60_000), said(7_200_000), said(3 * 86_400_000)]).toEqual([
    'just now',
    '1 minute ago',
    '2 hours ago',
    '3 days ago',
  ]);
});

test('Chinese has units of its own', async () => {
  await speak('zh');
  expect([duration(59_400), duration(61_000), duration(3_720_000)]).toEqual(['59 秒', '1 分钟 1 秒', '1 小时 2 分钟']);
  expect([durationRange(41_000, 57_000), durationRange(80_000, 130_000)]).toEqual(['40～55 秒', '80 秒～2 分钟']);
  expect([ago(1e12 - 120_000, 1e12), parameters(4_334_592)]).toEqual(['2 分钟前', '4.33M']);
  await speak('en');
});
