import { expect, test } from 'vitest';
import { firstLanguage, nextLanguage } from './language';

test('the first language that the browser asks for and that there is', () => {
  expect(firstLanguage(['zh-CN', 'en'])).toBe('zh');
  expect(firstLanguage(['fr', 'zh-Hant-TW', 'en'])).toBe('zh');
  expect(firstLanguage(['de-AT', 'EN-gb', 'zh'])).toBe('en');
  expect(firstLanguage(['sv'])).toBe('en');
  expect(firstLanguage([])).toBe('en');
});

test('languages take turns', () => {
  expect([nextLanguage('en'), nextLanguage('zh')]).toEqual(['zh', 'en']);
});
