import { describe, expect, test } from 'vitest';
import { MAX_PROMPT, MAX_PROMPTS, readPrompts } from './promptFile';

describe('readPrompts', () => {
  test.each([
    ['lines', '\uFEFFone\r\n\r\n  two \n', ['one', 'two']],
    ['a line that only looks like JSON', '{not json\ntwo', ['{not json', 'two']],
    ['lines of JSON', '{"prompt":"one\\nline","n":1}\n"two"\n', ['one\nline', 'two']],
    ['one object', '{"prompt":"one"}', ['one']],
    ['a list', '["one",\n {"prompt":"two"}]', ['one', 'two']],
  ])('%s', (_, text, prompts) => expect(readPrompts(text)).toEqual(prompts));

  test.each([
    ['nothing', ' \n', /no prompt/],
    ['an object without one', '[{"text":"one"}]', /1/],
    ['a broken line', '{"prompt":"one"}\n{"prompt"', /2/],
    ['an own name', '[{"__proto__":{"prompt":"x"}}]', /1/],
    ['too many', 'x\n'.repeat(MAX_PROMPTS + 1), /101/],
    ['one that is too long', 'x'.repeat(MAX_PROMPT + 1), /8000|8,000/],
  ])('refuses %s', (_, text, why) => expect(() => readPrompts(text)).toThrow(why));
});
