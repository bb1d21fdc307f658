/**
 * "✓ … Looked for in every row and not found": what is listed there is found wherever it stands. Every kind of data is
 * read clean, and then with every listed issue in its last rows, far behind those that are looked at to guess.
 */
import { expect, it } from 'vitest';
import {
  type Issue,
  type Mapping,
  type PrepareOptions,
  type PrepareReport,
  type PromptTemplate,
  READ_AUTO,
} from '../shared/data';
import { parseFiles } from './parse';
import { prepare } from './prepare';
import { MAX_ROW_LENGTH } from './parse/table';
import { byteTokenizer, utf8 } from './testing/bytes';
import { USUAL_OPTIONS } from './testing/options';

const ROWS = 400;
/** A tokenizer that finds nothing in some texts, and ends none. */
const deaf = {
  ...byteTokenizer,
  eosId: null,
  encode: (text: string) => byteTokenizer.encode(text.replace(/mute.*/s, '')),
};
type Line = string | Uint8Array;

interface Kind {
  name: string;
  mapping: Mapping;
  template: PromptTemplate;
  head?: string;
  row: (i: number) => string;
  /**
   * What stands at the end of a file with the issue; nothing where this reader cannot meet it, or another case has it.
   */
  bad: Partial<Record<Issue, Line[]>>;
}

const pairs: Pick<Kind, 'mapping' | 'template'> = {
  mapping: { kind: 'prompt-completion', roles: { prompt: 'prompt', completion: 'completion' } },
  template: { prompt: '{prompt}>', completion: '{completion}' },
};
const pair = (prompt: string, completion: string) => JSON.stringify({ prompt, completion });
/** Issues of pairs, whatever the format. */
const ofPairs = (row: (prompt: string, completion: string) => string): Kind['bad'] => ({
  empty: [row('q', '')],
  noText: [row('', 'a')],
  marks: [row('q<|endoftext|>', 'a')],
  duplicate: [row('q7', 'a7')],
  long: [row('q', 'a'.repeat(90))],
  masked: [row('q', 'mute')],
  // So many other answers to one question that some are in the validation split.
  leak: Array.from({ length: 60 }, (_, i) => row('same', `other ${i}`)),
});
const bytes = (before: string, after: string) => Uint8Array.of(...utf8(before), 0xe9, 0xff, ...utf8(after));
const chat = (question: string, answer: string, role = 'user', more = {}) =>
  JSON.stringify({
    messages: [
      { role, content: question, ...more },
      { role: 'assistant', content: answer },
    ],
  });

const KINDS: Kind[] = [
  {
    name: 'a.jsonl',
    ...pairs,
    row: (i) => pair(`q${i}`, `a${i}`),
    bad: {
      ...ofPairs(pair),
      syntax: ['{"prompt": "q", "completion": '],
      huge: [pair('q', 'x'.repeat(MAX_ROW_LENGTH + 1))],
      encoding: [bytes('{"prompt": "q', '", "completion": "a"}')],
    },
  },
  {
    name: 'a.csv',
    ...pairs,
    head: 'prompt,completion',
    row: (i) => `q${i},a${i}`,
    bad: { ...ofPairs((p, c) => `${p},${c}`), quote: ['"q,a'], ragged: ['q'], encoding: [bytes('q', ',a')] },
  },
  {
    name: 'a.tsv',
    ...pairs,
    head: 'prompt\tcompletion',
    row: (i) => `q${i}\ta${i}`,
    bad: { ...ofPairs((p, c) => `${p}\t${c}`), ragged: ['q'], encoding: [bytes('q', '\ta')] },
  },
  {
    name: 'chats.jsonl',
    mapping: { kind: 'chat', roles: { message: 'messages' } },
    template: { prompt: '{message}?', completion: '{message}!' },
    row: (i) => chat(`q${i}`, `a${i}`),
    bad: {
      syntax: ['{"messages": ['],
      huge: [],
      encoding: [bytes('{"messages": [{"role": "user", "content": "q', '"}, {"role": "assistant", "content": "a"}]}')],
      chat: [chat('q', 'a', 'villager')],
      empty: [chat('q', '')],
      noText: [chat('', 'a')],
      parts: [chat('q', 'a', 'user', { name: 'Tom' })],
      marks: [chat('q<|endoftext|>', 'a')],
      duplicate: [chat('q7', 'a7')],
      long: [chat('q', 'a'.repeat(90))],
      masked: [chat('q', 'mute')],
      leak: Array.from({ length: 60 }, (_, i) => chat('same', `other ${i}`)),
    },
  },
  {
    name: 'lines.txt',
    mapping: { kind: 'text', roles: { text: 'text' } },
    template: { prompt: '', completion: '{text}' },
    row: (i) => `line ${i}`,
    bad: {
      encoding: [bytes('caf', ' ole')],
      empty: [],
      marks: ['a<|endoftext|>'],
      duplicate: ['line 7'],
      long: ['a'.repeat(90)],
      masked: ['mute'],
      leak: [],
    },
  },
];

async function reported({ name, mapping, template, head, row }: Kind, end: readonly Line[]): Promise<PrepareReport> {
  const lines: Line[] = [
    ...(head === undefined ? [] : [head]),
    ...Array.from({ length: ROWS }, (_, i) => row(i)),
    ...end,
  ];
  const table = await parseFiles([{ path: name, file: new Blob(lines.flatMap((line) => [line as BlobPart, '\n'])) }], {
    ...READ_AUTO,
    unit: 'lines',
  });
  const options: PrepareOptions = {
    ...USUAL_OPTIONS,
    mapping,
    template,
    validationShare: 0.2,
    seed: 7,
    maxExamples: 100_000,
  };
  return (await prepare(table, options, deaf)).report;
}

it.each(KINDS.map((kind) => [kind.name, kind] as const))(
  '%s',
  async (_, kind) => {
    const clean = await reported(kind, []);
    expect(clean.issues).toEqual([]);
    expect(
      clean.checked.filter((issue) => kind.bad[issue] === undefined),
      'listed, and this test does not know how it looks',
    ).toEqual([]);
    // An open quote, or a record without an end, takes all that follows with it: those come last.
    const last: readonly Issue[] = ['syntax', 'quote'];
    const planted = clean.checked
      .filter((issue) => kind.bad[issue]!.length > 0)
      .toSorted((a, b) => last.indexOf(a) - last.indexOf(b));
    const { issues } = await reported(
      kind,
      planted.flatMap((issue) => kind.bad[issue]!),
    );
    const found = issues.map((i) => i.issue);
    expect(planted.filter((issue) => !found.includes(issue))).toEqual([]);
  },
  60_000,
);
