/**
 * Kinds of files that people bring, each as small as it can be and written here: what the page makes of them by itself.
 * The inputs of bug reports are in `bugreports.test.ts`; these are others of the same kinds.
 */
import { gzipSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../data/testing/bytes';
import type { DataKind } from '../shared/data';
import { say } from '../shared/texts/say';
import { type How, readAsPage } from './testing/page';

const N = 14;
const rows = Array.from({ length: N }, (_, i) => i);
const said = (i: number) => `the heron has feather number ${i}`;
const asked = (i: number) => `What has heron ${i}?`;
const told = (i: number) => `It has feather ${i}.`;
const label = (i: number) => (((i * 5) % 3) % 2 ? 'down' : 'up');
const lines = (records: readonly unknown[]) => records.map((r) => JSON.stringify(r)).join('\n');
const each = (make: (i: number) => unknown) => lines(rows.map(make));
const table = (header: string | null, make: (i: number) => string) =>
  `${[...(header === null ? [] : [header]), ...rows.map(make)].join('\n')}\n`;
const turns = (i: number) => [
  { role: 'user', content: asked(i) },
  { role: 'assistant', content: told(i) },
];

interface Wanted {
  kind: DataKind;
  usable?: number;
  labels?: string[];
  /** What the first example reads as and what of it is learnt, in part. */
  text?: RegExp;
  learnt?: RegExp;
  /** What no example learns. */
  never?: RegExp;
  issues?: Record<string, RegExp | number>;
  header?: boolean;
  separator?: string;
  encoding?: string;
  strangers?: string[];
}

async function reads(name: string, content: string | Uint8Array, wanted: Wanted, how: How = {}) {
  const p = await readAsPage([{ path: name, file: new Blob([content as BlobPart]) }], byteTokenizer, how);
  expect(p.kind).toBe(wanted.kind);
  expect(p.report.usable).toBe(wanted.usable ?? N);
  if (wanted.labels) expect(p.labels).toEqual(wanted.labels);
  if (wanted.text) expect(p.examples[0].text).toMatch(wanted.text);
  if (wanted.learnt) expect(p.examples[0].learnt).toMatch(wanted.learnt);
  if (wanted.never) expect(p.examples.filter((e) => wanted.never!.test(e.learnt))).toEqual([]);
  for (const [name, of] of Object.entries(wanted.issues ?? {})) {
    const found = p.issue(name as 'parts');
    if (typeof of === 'number') expect([name, found.rows]).toEqual([name, of]);
    else expect(found.reasons.join()).toMatch(of);
  }
  if (wanted.header !== undefined) expect(p.table.header?.used).toBe(wanted.header);
  if (wanted.separator !== undefined) expect(p.table.separator).toBe(wanted.separator);
  if (wanted.encoding !== undefined) expect(p.table.legacy?.encoding ?? p.table.encoding).toBe(wanted.encoding);
  if (wanted.strangers) expect(p.report.strangers).toEqual(wanted.strangers);
}

const LABELLED: Wanted = { kind: 'text-label', labels: ['down', 'up'], text: /the heron has feather number 0/ };
const PAIRS: Wanted = { kind: 'prompt-completion', text: /What has heron 0/, learnt: /^ ?It has feather 0/ };
const CHAT: Wanted = { kind: 'chat', text: /What has heron 0/, learnt: /^It has feather 0/ };
const BOTH = /the heron has feather number 0[\s\S]*the heron has feather number 1/;

type Case = [what: string, name: string, content: string | Uint8Array, wanted: Wanted, how?: How];

const COLUMNS: Case[] = [
  [
    'two texts with a label of an unknown name',
    'a.csv',
    table('Prämisse;Hypothese;Urteil', (i) => `${said(i)};${said(i + 1)};${label(i)}`),
    { ...LABELLED, text: BOTH },
  ],
  [
    'SICK: the label, not the score',
    'a.tsv',
    table(
      'pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment',
      (i) => `${i}\t${said(i)}\t${said(i + 1)}\t${(i * 0.31).toFixed(2)}\t${label(i)}`,
    ),
    { ...LABELLED, text: BOTH },
  ],
  [
    'MRPC: names behind a sign',
    'a.tsv',
    table(
      'Quality\t#1 ID\t#2 ID\t#1 String\t#2 String',
      (i) => `${i % 2}\t${i * 31}\t${i * 17}\t${said(i)}\t${said(i + 1)}`,
    ),
    { kind: 'text-label', labels: ['0', '1'], text: BOTH, header: true },
  ],
  [
    'STS-B: a measure of two texts',
    'a.csv',
    table('sentence1,sentence2,score', (i) => `${said(i)},${said(i + 1)},${(i * 0.37).toFixed(2)}`),
    { kind: 'prompt-completion', text: BOTH, learnt: /^ ?0\.00/ },
  ],
  [
    'a title before its text',
    'a.csv',
    table('Class Index,Title,Description', (i) => `${(i % 4) + 1},News ${i},${said(i)}`),
    { kind: 'text-label', labels: ['1', '2', '3', '4'], text: /News 0\n.*number 0/ },
  ],
  [
    'two answers to each, the better one first',
    'a.jsonl',
    each((i) => ({ instruction: asked(i), input: '', output: [told(i), `No idea ${i}.`] })),
    { kind: 'instruction', learnt: /^It has feather 0\.(?!")/, never: /No idea/ },
  ],
  [
    'lists that are the answer',
    'a.jsonl',
    each((i) => ({ prompt: asked(i), completion: ['feather', 'beak', 'claw'].slice(0, 1 + (i % 3)) })),
    { kind: 'prompt-completion', learnt: /^\["feather"\]/ },
  ],
  [
    'names of several words',
    'a.csv',
    table('customer_question,agent_answer', (i) => `${asked(i)},${told(i)}`),
    { ...PAIRS, header: true },
  ],
  [
    'names in camel case',
    'a.csv',
    table('userInput,modelOutput', (i) => `${asked(i)},${told(i)}`),
    { ...PAIRS, header: true },
  ],
  [
    'names of several words in Chinese',
    'a.csv',
    table('用户问题,客服回答', (i) => `${asked(i)},${told(i)}`),
    { ...PAIRS, header: true },
  ],
  [
    'names behind a picture',
    'a.csv',
    table('💬 text,🏷 label', (i) => `${said(i)},${label(i)}`),
    { ...LABELLED, header: true },
  ],
  [
    'a number and a kind of an answer are not the answer',
    'a.csv',
    table('question_id,question,answer_type,answer', (i) => `${i * 13},${asked(i)},${label(i)},${told(i)}`),
    PAIRS,
  ],
  [
    'the better of two answers, by letters',
    'a.jsonl',
    each((i) => ({ prompt: asked(i), response_l: 'Go away.', response_w: told(i) })),
    { ...PAIRS, never: /Go away/ },
  ],
  [
    'the better of two answers, in Chinese',
    'a.jsonl',
    each((i) => ({ 问题: asked(i), 拒绝回答: 'Go away.', 优选回答: told(i) })),
    { ...PAIRS, never: /Go away/ },
  ],
  [
    'two answers as single turns behind a chat',
    'a.jsonl',
    each((i) => ({
      conversations: [{ from: 'human', value: asked(i) }],
      chosen: { from: 'gpt', value: told(i) },
      rejected: { from: 'gpt', value: 'Go away.' },
    })),
    { ...CHAT, never: /Go away/ },
  ],
  [
    'several answers are no chat',
    'a.jsonl',
    each((i) => ({ question: asked(i), answers: [told(i), 'another'] })),
    { ...PAIRS, never: /another/ },
  ],
  [
    'many labels, most of them once',
    'a.csv',
    `text,label\n${Array.from({ length: 60 }, (_, i) => `${said(i)},${i % 3 ? 'common' : `rare${i}`}`).join('\n')}`,
    { kind: 'text-label', usable: 60 },
  ],
  [
    'an answer to nothing',
    'a.jsonl',
    each((i) => ({ messages: i < 3 ? turns(i).slice(1) : turns(i) })),
    { kind: 'chat', usable: 11, issues: { noText: 3 } },
  ],
];

const CHATS: Case[] = [
  [
    'rounds of input and output',
    'a.json',
    JSON.stringify(rows.map((i) => ({ conversation: [{ system: 'Brief.', input: asked(i), output: told(i) }] }))),
    { ...CHAT, text: /Brief\.[\s\S]*heron 0/ },
  ],
  ['rounds by number', 'a.jsonl', each((i) => ({ id: i, chat: { turn_1: { Human: asked(i), MOSS: told(i) } } })), CHAT],
  [
    'turns by columns',
    'a.jsonl',
    each((i) => ({ conversations: { from: ['human', 'gpt'], value: [asked(i), told(i)] } })),
    CHAT,
  ],
  ['a list of texts under `data`', 'a.jsonl', each((i) => ({ id: i, data: [asked(i), told(i)] })), CHAT],
  [
    'keys in Chinese',
    'a.jsonl',
    each((i) => ({
      对话: [
        { 角色: '用户', 内容: asked(i) },
        { 角色: '助手', 内容: told(i) },
      ],
    })),
    CHAT,
  ],
  [
    'keys with capitals',
    'a.jsonl',
    each((i) => ({ Messages: turns(i).map((t) => ({ Role: t.role, Content: t.content })) })),
    CHAT,
  ],
  [
    'an author with a role',
    'a.jsonl',
    each((i) => ({ messages: turns(i).map((t) => ({ author: { role: t.role }, content: { parts: [t.content] } })) })),
    CHAT,
  ],
  [
    'JSON written twice',
    'a.csv',
    table('messages', (i) => `"${JSON.stringify(JSON.stringify(turns(i))).replaceAll('"', '""')}"`),
    CHAT,
  ],
  [
    'NumPy’s arrays',
    'a.csv',
    table(
      'id,messages',
      (i) =>
        `${i},"array([{'role': 'user', 'content': '${asked(i)}'},\n {'role': 'assistant', 'content': '${told(i)}'}], dtype=object)"`,
    ),
    CHAT,
  ],
  [
    'a chat that is answered in another column',
    'a.jsonl',
    each((i) => ({ messages: turns(i).slice(0, 1), response: told(i) })),
    CHAT,
  ],
  [
    'what was said before, and the answer',
    'a.jsonl',
    each((i) => ({ history: turns(i).slice(0, 1), response: told(i) })),
    CHAT,
  ],
  [
    'weights as texts',
    'a.jsonl',
    each((i) => ({
      messages: [
        ...turns(i).slice(0, 1),
        { role: 'assistant', content: 'Bad.', weight: '0' },
        { role: 'user', content: 'Again?' },
        { ...turns(i)[1], weight: '1' },
      ],
    })),
    { ...CHAT, never: /Bad/ },
  ],
  [
    'calls, results and thoughts as parts',
    'a.jsonl',
    each((i) => ({
      messages: [
        ...turns(i).slice(0, 1),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'so' },
            { type: 'text', text: told(i) },
            { type: 'tool_use', name: 'look' },
          ],
        },
      ],
    })),
    { ...CHAT, issues: { parts: /tool calls ignored.*reasoning ignored|reasoning ignored.*tool calls ignored/ } },
  ],
  [
    'speakers nobody knows',
    'a.jsonl',
    each((i) => ({
      dialogue: [
        { speaker: 'A', text: asked(i) },
        { speaker: 'B', text: told(i) },
      ],
    })),
    { kind: 'chat', usable: 0, strangers: ['A', 'B'] },
  ],
];

const FILES: Case[] = [
  ...['#', ':', '@', '§', '；', '|||', '\u001f', '=>'].map(
    (sign): Case => [
      `cells parted by ${JSON.stringify(sign)}`,
      'a.csv',
      table(`text${sign}label`, (i) => `${said(i)}, so${sign}${label(i)}`),
      { ...LABELLED, separator: sign },
    ],
  ),
  [
    'comments above the header',
    'a.csv',
    `# made by a tool, version 2\n# 14 rows\n${table('text,label', (i) => `${said(i)},${label(i)}`)}`,
    LABELLED,
  ],
  [
    'the header once more',
    'a.csv',
    table('text,label', (i) => (i === 7 ? `${said(i)},${label(i)}\ntext,label` : `${said(i)},${label(i)}`)),
    LABELLED,
  ],
  [
    'a table for people',
    'a.txt',
    table('| text | label |\n|---|---|', (i) => `| ${said(i)} | ${label(i)} |`),
    LABELLED,
  ],
  [
    'commas of the answers made cells',
    'a.csv',
    table('question,answer', (i) => `${asked(i)},Well, so: ${told(i)}`),
    { ...PAIRS, learnt: /^Well, so: It has/ },
    { repairs: { ragged: true } },
  ],
  ['fastText’s labels behind', 'a.txt', table(null, (i) => `${said(i)} __label__${label(i)}`), LABELLED],
  ['fastText’s labels before a tab', 'a.txt', table(null, (i) => `__label__${label(i)}\t${said(i)}`), LABELLED],
  [
    'fastText’s labels before a comma',
    'a.txt',
    table(null, (i) => `__label__${label(i)} , ${said(i)}`),
    { ...LABELLED, text: /(?<!, )the heron has feather number 0/ },
  ],
  [
    'labels and finer ones in small letters',
    'a.txt',
    table(null, (i) => `${['obj:car', 'per:name'][i % 2]} ${said(i)}`),
    { kind: 'text-label', labels: ['obj', 'per'] },
  ],
  [
    'texts that hold the sign before their label',
    'a.txt',
    Array.from({ length: 40 }, (_, i) => `${i % 9 ? '' : 'so; '}${said(i)};${label(i)}`).join('\n'),
    { kind: 'text-label', usable: 35, labels: ['down', 'up'], issues: { ragged: 5 } },
  ],
  [
    'sixty labels',
    'a.txt',
    Array.from({ length: 1200 }, (_, i) => `${said(i)};intent_${(i * 7) % 60}`).join('\n'),
    { kind: 'text-label', usable: 1200 },
  ],
  [
    'lines sorted by their label',
    'a.txt',
    Array.from({ length: 3000 }, (_, i) => `${i > 2500 ? 1 : 0} ${said(i)}`).join('\n'),
    { kind: 'text-label', usable: 3000, labels: ['0', '1'] },
  ],
  [
    'records around a row',
    'a.json',
    JSON.stringify({
      rows: rows.map((i) => ({ row_idx: i, row: { prompt: asked(i), completion: told(i) }, truncated_cells: [] })),
    }),
    PAIRS,
  ],
  [
    'records by number',
    'a.json',
    JSON.stringify(Object.fromEntries(rows.map((i) => [`q${i}`, { question: asked(i), answer: told(i) }]))),
    PAIRS,
  ],
  ['a translation in each record', 'a.jsonl', each((i) => ({ translation: { en: asked(i), de: told(i) } })), PAIRS],
  [
    'comments between records',
    'a.json',
    `// mine\n[\n${rows.map((i) => `${JSON.stringify({ prompt: asked(i), completion: told(i) })}, // ok`).join('\n')}\n]\n`,
    PAIRS,
  ],
  [
    'names without quotes',
    'a.json',
    `[${rows.map((i) => `{prompt: ${JSON.stringify(asked(i))}, completion: ${JSON.stringify(told(i))}}`).join(',\n')}]`,
    PAIRS,
  ],
  [
    'records behind their sign (RFC 7464)',
    'a.jsonl',
    rows.map((i) => `\u001e${JSON.stringify({ prompt: asked(i), completion: told(i) })}\n`).join(''),
    PAIRS,
  ],
  [
    'UTF-16 without a mark',
    'a.csv',
    new Uint8Array(
      Uint16Array.from(
        [...table('text,label', (i) => `这部电影很好看${i},${'好坏'[i % 2]}`)].map((c) => c.charCodeAt(0)),
      ).buffer,
    ),
    { kind: 'text-label', labels: ['坏', '好'], encoding: 'utf-16le' },
  ],
  [
    'ISO-2022-JP',
    'a.csv',
    strToU8(table('text,label', (i) => `\u001b$B$3$N1G2h\u001b(B${i},${label(i)}`)),
    { kind: 'text-label', labels: ['down', 'up'], text: /この映画/, encoding: 'iso-2022-jp' },
  ],
  [
    'quotes behind backslashes',
    'a.csv',
    table('prompt,completion', (i) => `"${asked(i)} \\"You\\", too?","${told(i)} \\\\ \\"yes\\", he said"`),
    { ...PAIRS, text: /What has heron 0\? "You", too\?/, learnt: /^It has feather 0\. \\ "yes", he said/ },
  ],
  [
    'folders that end with a backslash, in quotes that are doubled',
    'a.csv',
    table('prompt,completion', (i) => `"C:\\""x""\\","${told(i)}"`),
    { kind: 'prompt-completion', text: /^C:\\"x"\\\n/, issues: { quote: 0 } },
  ],
  [
    'gzip inside of gzip',
    'a.jsonl.gz',
    gzipSync(gzipSync(strToU8(each((i) => ({ prompt: asked(i), completion: told(i) }))))),
    PAIRS,
  ],
];

describe.each([
  ['columns', COLUMNS],
  ['chats', CHATS],
  ['files', FILES],
] as const)('%s', (_, cases) => {
  it.each(cases)('%s', async (...[, ...how]) => reads(...how));
});

it.each<[what: string, marks: object[], left?: string]>([
  ['a masked answer', [{}, { mask: true }]],
  ['a mask of every turn but the answers', [{ mask: false }, { mask: 1 }, {}, { mask: 0 }], 'second'],
  ['masked questions', [{ masked: 1 }, { masked: 0 }, {}, { masked: 1 }], 'second'],
])('learns from no answer that is left out: %s', async (_, marks, left) => {
  const chats = each((i) => ({
    messages: marks.map((mark, t) => ({
      role: t % 2 ? 'assistant' : 'user',
      content: t % 2 ? `${told(i)} ${t === 1 ? 'first' : 'second'}` : asked(i),
      ...mark,
    })),
  }));
  const p = await readAsPage([{ path: 'a.jsonl', file: new Blob([chats]) }], byteTokenizer);
  if (left) {
    expect(p.examples[0].learnt).toContain('first');
    expect(p.examples.filter((e) => e.learnt.includes(left))).toEqual([]);
  } else expect(p.issue('empty').rows).toBe(N);
});

it.each(['export default [\n', '// rows\nmodule.exports = [\n', 'const rows = [\n'])(
  'says that a program is none of data: %j',
  async (begin) => {
    const file = new Blob([`${begin}${each((i) => ({ prompt: asked(i) }))}\n];\n`]);
    const { table } = await readAsPage([{ path: 'rows.js', file }], byteTokenizer);
    expect(table.notes.map((n) => say(n.message)).join()).toMatch(/JavaScript/);
  },
);

it.each([
  ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['zst', [0x28, 0xb5, 0x2f, 0xfd]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['RAR', [0x52, 0x61, 0x72, 0x21, 0x1a, 7]],
])('says that it does not unpack %s', async (name, begin) => {
  const bytes = Uint8Array.from([...begin, ...Array.from({ length: 300 }, (_, i) => (i * 77) % 256)]);
  await expect(readAsPage([{ path: 'a', file: new Blob([bytes]) }], byteTokenizer)).rejects.toThrow(name);
});
