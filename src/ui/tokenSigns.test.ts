import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { createTokenizer } from '../hub/tokenizer';
import { speak } from '../shared/texts';
import { tokenSigns } from './tokenSigns';

afterEach(() => speak('en'));

const signs = (...pieces: string[]) => tokenSigns(pieces).map((s) => s.text);

test('a character of several tokens stands in the first, with its bytes in words', async () => {
  expect(tokenSigns(['the ', '\\xE7', '\\x8B', '\\x90'])).toEqual([
    { text: 'the ', name: 'the ', note: null, goesOn: false },
    { text: '狐', name: '狐 E7', note: 'byte E7 of “狐”', goesOn: false },
    { text: '·', name: '狐 8B', note: 'byte 8B of “狐”', goesOn: true },
    { text: '·', name: '狐 90', note: 'byte 90 of “狐”', goesOn: true },
  ]);
  await speak('zh');
  expect(tokenSigns(['\\xE7', '\\x8B\\x90']).map((s) => s.note)).toEqual(['“狐”的字节 E7', '“狐”的字节 8B 90']);
});

test('a token may end one character, hold others and begin a third', () => {
  expect(signs('a\\xE7\\x8B', '\\x90大\\xE5', '\\xAD\\x97\n')).toEqual(['a狐', '·大字', '·↵']);
  expect(tokenSigns(['\\xE7\\x8B', '\\x90大\\xE5', '\\xAD\\x97'])[1]).toMatchObject({
    name: '·大字',
    note: 'byte 90 of “狐”; byte E5 of “字”',
  });
  expect(signs('\\xF0', '\\x9F', '\\x98', '\\x80')).toEqual(['😀', '·', '·', '·']);
});

test('bytes that make no character stay bytes, and say so', () => {
  expect(tokenSigns(['\\xE7', '\\x8B'])).toEqual([
    { text: '\\xE7', name: '\\xE7', note: 'byte E7 of a broken character', goesOn: false },
    { text: '\\x8B', name: '\\x8B', note: 'byte 8B of a broken character', goesOn: false },
  ]);
  expect(signs('\\xE7', '狐', '\\x90')).toEqual(['\\xE7', '狐', '\\x90']);
  expect(signs('\\xE7', '\\xE7', '\\x8B', '\\x90')).toEqual(['\\xE7', '狐', '·', '·']);
  expect(signs('', ' a', '\n')).toEqual(['□', ' a', '↵']);
});

test('Chinese text can be read in the tokens of the built-in models', async () => {
  const read = (file: string): unknown => JSON.parse(readFileSync(`public/models/sieve-stories-nano/${file}`, 'utf8'));
  const tokenizer = await createTokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
  const text = '小狐狸说：“你好！”';
  const shown = tokenSigns(tokenizer.pieces(tokenizer.encode(text)));
  expect(
    shown
      .filter((s) => s.text !== '·')
      .map((s) => s.text)
      .join(''),
  ).toBe(text);
  expect(shown.filter((s) => s.goesOn)).toHaveLength(shown.length - text.length);
});
