import { afterEach, expect, test, vi } from 'vitest';
import { type Message, type MessageCode, message } from '../message';
import { speak } from './index';
import { say, sayError } from './say';

afterEach(() => speak('en'));

const kept = (code: string, params: Message['params'] = {}): Message => ({ code: code as MessageCode, params });

test('a message follows the language, and so do the messages within it', async () => {
  const said = message('hub.tokenizer', { why: message('hub.tokenizerHas.noModel') });
  expect(say(said)).toMatch(/tokenizer\.json cannot be used: it describes no model/);
  const english = sayError(said);
  await speak('zh');
  expect(sayError(said).message).not.toBe(english.message);
  expect(sayError(said).hint).toMatch(/\p{Script=Han}/u);
});

test('words that an earlier version kept stay as they are', () => {
  expect(say('The GPU was lost.')).toBe('The GPU was lost.');
});

test.each([
  ['a code that is not there', kept('hub.no.such', { a: 1 })],
  ['a part of the catalogue that says nothing', kept('hub.fetch')],
  ['what every object inherits', kept('constructor.constructor', { a: 1 })],
  ['values of another form', kept('data.evidence.named', { names: 7 })],
])('%s is shown as it is', (_, said) => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(say(said)).toBe(`${said.code} ${JSON.stringify(said.params)}`);
});
