import { say } from '../shared/texts/say';
import { message } from '../shared/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatTemplate, RenderedChat, Turn } from '../shared/data';
import { DataError } from '../shared/errors';
import { compileChatTemplate } from './chatTemplate';
import { readChatTemplates } from './templateFiles';

const CHATML =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const of = (source: string): ChatTemplate => ({
  name: 'default',
  source,
  tokens: { bos_token: '<s>', eos_token: '</s>' },
});
const compiled = (source: string) => compileChatTemplate(of(source));
const turns = (...said: [Turn['role'], string][]): Turn[] => said.map(([role, text]) => ({ role, text }));
const shown = (chat: RenderedChat) =>
  'problem' in chat ? say(chat.problem) : chat.segments.map((s) => (s.trained ? `[${s.text}]` : s.text)).join('');

const CHAT = turns(
  ['system', 'Be brief.'],
  ['user', 'Hi'],
  ['assistant', 'Hello!'],
  ['user', 'Bye'],
  ['assistant', 'So long.'],
  ['user', 'Wait'],
);

describe('a chat in a model’s own template', () => {
  it('is cut where answers begin and end, and ends with the last one', () => {
    expect(shown(compiled(CHATML).chat(CHAT))).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n[Hello!<|im_end|>\n]<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n[So long.<|im_end|>\n]',
    );
    expect(shown(compiled(CHATML).prompt(CHAT.slice(0, 2)))).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
    expect(compiled(CHATML).chat(turns(['user', 'Hi']))).toEqual({ segments: [], lastOnly: false });
  });

  it('learns every answer and nothing else, whatever is said', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const turn = fc.record({ role: fc.constantFrom<Turn['role']>('system', 'user', 'assistant'), text });
    const { chat } = compiled(CHATML);
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 7 }), (all) => {
        const made = chat(all);
        if ('problem' in made) throw new Error(say(made.problem));
        const answers = all.filter((t) => t.role === 'assistant' && t.text.trim() !== '');
        expect(made.segments.filter((s) => s.trained).map((s) => s.text)).toEqual(
          answers.map((t) => `${t.text}<|im_end|>\n`),
        );
        const whole = all
          .slice(0, all.findLastIndex((t) => answers.includes(t)) + 1)
          .map((t) => `<|im_start|>${t.role}\n${t.text}<|im_end|>\n`)
          .join('');
        expect(made.segments.map((s) => s.text).join('')).toBe(whole);
        expect(made.lastOnly).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('learns the last answer where the template rewrites earlier ones', () => {
    // As reasoning models do: only the last answer keeps its thoughts.
    const { chat } = compiled(
      "{% for m in messages %}{{ '<' ~ m.role ~ '>' }}{% if loop.last and m.role == 'assistant' %}{{ '(thought)' }}{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}",
    );
    const made = chat(turns(['user', 'a'], ['assistant', 'b'], ['user', 'c'], ['assistant', 'd']));
    expect(shown(made)).toBe('<user>a<assistant>b<user>c<assistant>[(thought)d]');
    expect(made).toMatchObject({ lastOnly: true });
  });

  it('is refused where an answer begins otherwise than it is asked for, and in the template’s own words', () => {
    const think =
      "{% for m in messages %}{{ '<' ~ m.role ~ '>' ~ m.content }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant><think>' }}{% endif %}";
    expect(shown(compiled(think).chat(turns(['user', 'a'], ['assistant', 'b'])))).toMatch(
      /begins an answer differently/,
    );
    const strict = "{% if messages[0].role == 'system' %}{{ raise_exception('<b>No system turns</b>') }}{% endif %}x";
    expect(compiled(strict).chat(CHAT)).toEqual({
      problem: message('shared.foreign', { text: '<b>No system turns</b>' }),
    });
    expect(compiled('{{ messages | nonsense }}').chat(CHAT)).toEqual({
      problem: message('shared.foreign', { text: expect.stringContaining('nonsense') }),
    });
  });

  it('knows the special tokens, and what Python passes', () => {
    expect(
      shown(
        compiled(
          '{{ bos_token }}{{ tools is none }}{{ pad_token is defined }}{{ strftime_now is defined }}{{ eos_token }}',
        ).prompt([]),
      ),
    ).toBe('<s>truefalsefalse</s>');
  });
});

describe('a hostile template', () => {
  it('reaches nothing but what it is given', () => {
    for (const source of [
      'globalThis',
      'self',
      'window',
      'constructor',
      'process',
      'fetch',
      'messages.constructor',
      "messages['constructor']",
      'messages.__proto__',
      "''.constructor",
      "''.__class__",
      '({}).constructor',
      'raise_exception.constructor',
      'range.constructor',
      "range['__proto__']",
      'messages[0].constructor',
      "messages[0]['__proto__']",
      'messages[0].toString',
      'true.constructor',
      '(1).constructor',
      'bos_token.constructor',
      'none.constructor',
    ]) {
      expect(shown(compiled(`{{ (${source}) is defined }}`).prompt(turns(['user', 'a'])))).toBe('false');
    }
    expect(compiled("{{ raise_exception.constructor('return 1')() }}").prompt([])).toHaveProperty('problem');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('is stopped where it would fill the memory', () => {
    for (const source of [
      '{% for i in range(10000000000) %}x{% endfor %}',
      "{% set n = namespace(x='x') %}{% for i in range(100) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
      "{% set n = namespace(x=['x']) %}{% for i in range(100) %}{% set n.x = n.x + n.x %}{% endfor %}",
    ]) {
      expect(() => compiled(source).prompt([])).toThrow(DataError);
    }
  });

  it('is refused where it is no template, or too long', () => {
    expect(() => compiled('{% if %}')).toThrow(/cannot be read/);
    expect(() => compiled('x'.repeat(100_001))).toThrow(/100001 characters/);
    expect(compiled('{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}').prompt([])).toHaveProperty('problem');
  });
});

describe('tokenizer_config.json', () => {
  it('names one template, or several with the usual one first, or none', () => {
    const config = {
      bos_token: '<s>',
      eos_token: { content: '</s>', lstrip: false },
      pad_token: null,
      add_bos_token: true,
      chat_template: 'x',
    };
    const tokens = { bos_token: '<s>', eos_token: '</s>' };
    expect(readChatTemplates(config)).toEqual([{ name: 'default', source: 'x', tokens }]);
    const several = [
      { name: 'tool_use', template: 't' },
      { name: 'default', template: 'd' },
      { name: 3, template: 'n' },
      null,
      { name: 'empty' },
    ];
    expect(readChatTemplates({ ...config, chat_template: several })).toEqual([
      { name: 'default', source: 'd', tokens },
      { name: 'tool_use', source: 't', tokens },
    ]);
    for (const none of [null, 3, {}, { chat_template: null }, { chat_template: 7 }, { chat_template: {} }])
      expect(readChatTemplates(none)).toEqual([]);
  });
});
