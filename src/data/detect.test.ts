import { describe, expect, it } from 'vitest';
import { DataError } from '../shared/errors';
import { compileTemplate, defaultTemplate, fillTemplate } from '../shared/template';
import { detect } from './detect';
import { tableOf } from './testing/table';
import { inWords } from '../shared/testing/words';

const table = tableOf;

const prose = (i: number) =>
  `The ${['fox', 'owl', 'hen', 'cat'][i % 4]} number ${i} went a long way over the hills to the sea.`;
const many = (f: (i: number) => string[], n = 40) => Array.from({ length: n }, (_, i) => f(i));

const said = (...of: Parameters<typeof detect>) => inWords(detect(...of)) as ReturnType<typeof detect>;

describe('detect', () => {
  it('knows instruction data, with and without input', () => {
    expect(
      said(
        table(
          ['Instruction', 'input', 'output'],
          many((i) => [prose(i), i < 10 ? 'x' : '', prose(i + 1)]),
        ),
      ),
    ).toEqual({
      mapping: { kind: 'instruction', roles: { instruction: 'Instruction', input: 'input', output: 'output' } },
      evidence: ['columns named Instruction, input and output', 'input is filled in 10 of 40 rows'],
    });
    expect(
      said(
        table(
          ['instruction', 'response'],
          many((i) => [prose(i), 'a']),
        ),
      ).mapping.roles,
    ).toEqual({ instruction: 'instruction', input: null, output: 'response' });
  });

  it('knows prompts and completions by many names', () => {
    for (const [p, c] of [
      ['prompt', 'completion'],
      ['question', 'answer'],
      ['input', 'output'],
      ['source', 'target'],
    ]) {
      expect(
        said(
          table(
            ['id', c, p],
            many((i) => [String(i), 'y', prose(i)]),
          ),
        ).mapping,
      ).toEqual({ kind: 'prompt-completion', roles: { prompt: p, completion: c } });
    }
  });

  it('knows a label by name, and by its few short values', () => {
    expect(
      said(
        table(
          ['text', 'label'],
          many((i) => [prose(i), ['happy', 'sad'][i % 2]]),
        ),
      ).mapping,
    ).toEqual({ kind: 'text-label', roles: { text: 'text', label: 'label' } });
    const found = detect(
      table(
        ['column 1', 'column 2'],
        many((i) => [String(i % 2), prose(i)]),
      ),
    );
    expect(found.mapping).toEqual({ kind: 'text-label', roles: { text: 'column 2', label: 'column 1' } });
    expect(inWords(found.evidence[0])).toBe('2 distinct values in “column 1”: 0, 1');
  });

  it('falls back to text', () => {
    expect(said(table(['text'], [[prose(1)]], 'txt'))).toEqual({
      mapping: { kind: 'text', roles: { text: 'text' } },
      evidence: ['a plain text file with 1 text'],
    });
    expect(
      said(
        table(
          ['a', 'b', 'c'],
          many((i) => [String(i), prose(i), String(-i)]),
        ),
      ).mapping,
    ).toEqual({ kind: 'text', roles: { text: 'b' } });
    expect(
      said(
        table(
          ['a', 'b'],
          many((i) => [prose(i), prose(i + 1)]),
        ),
      ).mapping.kind,
    ).toBe('prompt-completion');
  });

  it('is not confused by hostile or empty columns', () => {
    expect(
      said(
        table(
          ['__proto__', 'constructor'],
          many((i) => [prose(i), 'x']),
        ),
      ).mapping.kind,
    ).toBe('prompt-completion');
    expect(
      said(
        table(
          ['text', 'x'],
          [
            ['', ''],
            ['', ''],
          ],
        ),
      ).mapping.kind,
    ).toBe('text');
  });
});

describe('templates', () => {
  const instruction = { kind: 'instruction', roles: { instruction: 'i', input: 'n', output: 'o' } } as const;

  it('drops the line of an empty input', () => {
    const apply = compileTemplate(['i', 'n', 'o'], instruction, defaultTemplate(instruction));
    expect(apply(['Do it.', 'x', 'Done.'])).toEqual({ prompt: 'Do it.\nx\n', completion: 'Done.', asked: true });
    expect(apply(['Do it.', '', 'Done.'])).toEqual({ prompt: 'Do it.\n', completion: 'Done.', asked: true });
  });

  it('never reads values as templates', () => {
    expect(
      fillTemplate(
        '{prompt} $& {completion}',
        'prompt-completion',
        new Map([
          ['prompt', '{completion}$1'],
          ['completion', '$&{x}'],
        ]),
      ),
    ).toBe('{completion}$1 $& $&{x}');
  });

  it('refuses unknown roles, prototype names among them, and leaves other braces alone', () => {
    for (const name of ['{input}', '{__proto__}', '{constructor}', '{toString}']) {
      expect(() => fillTemplate(name, 'text-label', new Map())).toThrow(DataError);
    }
    expect(fillTemplate('{ "a": {text} }', 'text', new Map([['text', 'x']]))).toBe('{ "a": x }');
  });

  it('has a default for every kind', () => {
    const apply = (kind: 'text' | 'prompt-completion' | 'text-label', roles: Record<string, string>) => {
      const mapping = { kind, roles };
      return compileTemplate(['a', 'b'], mapping, defaultTemplate(mapping))(['A', 'B']);
    };
    expect(apply('text', { text: 'a' })).toEqual({ prompt: '', completion: 'A', asked: true });
    expect(apply('prompt-completion', { prompt: 'a', completion: 'b' })).toEqual({
      prompt: 'A\n',
      completion: 'B',
      asked: true,
    });
    expect(apply('text-label', { text: 'a', label: 'b' })).toEqual({
      prompt: 'A\nLabel:',
      completion: ' B',
      asked: true,
    });
  });

  it('refuses a mapping that does not fit', () => {
    const t = { prompt: '{prompt}', completion: '{completion}' };
    expect(() =>
      compileTemplate(['a'], { kind: 'prompt-completion', roles: { prompt: 'a', completion: null } }, t),
    ).toThrow(/No column is chosen for “completion”/);
    expect(() =>
      compileTemplate(['a'], { kind: 'prompt-completion', roles: { prompt: 'a', completion: 'b' } }, t),
    ).toThrow(/no column “b”/);
    expect(() => compileTemplate(['a'], { kind: 'constructor' as 'text', roles: {} }, t)).toThrow(/not a kind of data/);
  });
});
