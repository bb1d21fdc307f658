/**
 * Generated files, read as the page reads them, against what they were written from: rows, what the columns mean,
 * texts, what of them is learnt, and the split. 300 files per format, by seed; a file that differs is told whole.
 */
import { gzipSync, zipSync } from 'fflate';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { byteTokenizer, utf8 } from '../data/testing/bytes';
import { compileChatTemplate } from '../hub/chatTemplate';
import { READ_AUTO, type RenderChats } from '../shared/data';
import { Rng } from '../shared/rng';
import { DataDesk } from './dataDesk';
import type { DataReplies } from './protocol';
import { USUAL_OPTIONS } from '../data/testing/options';

const FILES = 300;
const SHARE = 0.2;

const render: RenderChats = async (template, chats, as) => {
  const compiled = compileChatTemplate(template);
  return chats.map((turns) => compiled[as](turns));
};

/**
 * What a file was written from: its bytes, and every example with what of it is learnt (`|` ends and begins a text).
 */
interface Written {
  name: string;
  bytes: Uint8Array;
  examples: { text: string; learnt: string }[];
  labels: string[] | null;
}

const END = '<|endoftext|>';

async function readBack({ name, bytes }: Written) {
  const desk = new DataDesk(() => render);
  desk.useTokenizer(byteTokenizer);
  const parsed = (
    await desk.answer(
      {
        type: 'parse',
        files: [{ path: name, file: new Blob([bytes as Uint8Array<ArrayBuffer>]) }],
        choices: READ_AUTO,
      },
      {},
    )
  ).value as DataReplies['parse'];
  const options = {
    ...USUAL_OPTIONS,
    mapping: parsed.detection.mapping,
    template: parsed.template,
    maxSequenceLength: 4096,
    validationShare: SHARE,
    seed: 5,
    repairs: parsed.repairs,
  };
  const { report } = (await desk.answer({ type: 'prepare', options }, {})).value as DataReplies['prepare'];
  const { examples } = (await desk.answer({ type: 'preview', from: 0, count: 500 }, {}))
    .value as DataReplies['preview'];
  const text = (tokens: (typeof examples)[number]['tokens']) =>
    tokens
      .map((t) => (t.id === 0 ? END : t.id))
      .reduce<(string | number[])[]>((parts, t) => {
        const last = parts.at(-1);
        if (typeof t === 'string') parts.push(t);
        else if (Array.isArray(last)) last.push(t);
        else parts.push([t]);
        return parts;
      }, [])
      .map((p) => (typeof p === 'string' ? p : byteTokenizer.decode(p)))
      .join('');
  return {
    parsed,
    report,
    examples: examples.map((e) => ({
      text: text(e.tokens),
      learnt: text(e.tokens.filter((t) => t.state === 'trained')),
      validation: e.validation,
    })),
  };
}

/** What the split should be, worked out the plain way: the share, no label without a learner, copies on one side. */
function splitFaults(examples: Awaited<ReturnType<typeof readBack>>['examples'], labels: string[] | null): string[] {
  const faults: string[] = [];
  const sides = new Map<string, Set<boolean>>();
  for (const e of examples) sides.set(e.text, (sides.get(e.text) ?? new Set()).add(e.validation));
  if ([...sides.values()].some((s) => s.size > 1)) faults.push('copies on both sides');
  const held = examples.filter((e) => e.validation).length;
  const most = Math.max(1, Math.round(SHARE * examples.length));
  if (held < 1 || held > most) faults.push(`${held} of ${examples.length} held out`);
  if (labels) {
    const learnt = new Set(examples.flatMap((e, i) => (e.validation ? [] : [labels[i]])));
    if (labels.some((l) => !learnt.has(l)) && new Set(examples.map((e) => e.text)).size > new Set(labels).size)
      faults.push('a label that nobody learns');
  }
  return faults;
}

async function differences(write: (rng: Rng, i: number) => Written): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const file = packed(write(new Rng(1000 + i), i), i);
    let faults: string[];
    try {
      const back = await readBack(file);
      const got = back.examples.map(({ text, learnt }) => ({ text, learnt }));
      faults =
        JSON.stringify(got) === JSON.stringify(file.examples)
          ? splitFaults(back.examples, file.labels)
          : [
              `${JSON.stringify(back.parsed.detection.mapping)} ${JSON.stringify(got.slice(0, 3))} instead of ${JSON.stringify(file.examples.slice(0, 3))}`,
            ];
    } catch (error) {
      faults = [String(error)];
    }
    for (const fault of faults)
      found.push(`file ${i} (${file.name}): ${fault}\n${new TextDecoder().decode(file.bytes).slice(0, 400)}`);
  }
  return found;
}

/** Every fifth file comes packed: in one gzip member, in two, or in a zip beside a longer page of words. */
function packed(file: Written, i: number): Written {
  if (i % 5 !== 0) return file;
  const { name, bytes } = file;
  const half = bytes.length >> 1;
  switch ((i / 5) % 3) {
    case 0:
      return { ...file, name: `${name}.gz`, bytes: gzipSync(bytes) };
    case 1:
      return {
        ...file,
        name: `${name}.gz`,
        bytes: joined(gzipSync(bytes.slice(0, half)), gzipSync(bytes.slice(half))),
      };
    default:
      return {
        ...file,
        name: 'a.zip',
        bytes: zipSync({ [`set/${name}`]: bytes, 'README.md': utf8('words '.repeat(5000)) }),
      };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng.below(list.length)];
const WORDS = {
  en: [
    'otter',
    'lamp',
    'kite',
    'the',
    'old',
    'train',
    'has',
    'a',
    'pebble',
    'warm',
    'light',
    'said “no”',
    'it’s',
    'x, y',
    'semi; colon',
    'bar | bar',
    '{brace}',
    'quote "q" end',
    'naïve',
  ],
  zh: ['水獭', '很好', '灯', '风筝，', '厨师', '火车', '。', '有一个', '“鹅卵石”'],
} as const;

/** A text of words with what makes reading hard in it. */
function text(rng: Rng, language: 'en' | 'zh', words: number, breaks = true): string {
  const own = Array.from({ length: words }, () => pick(rng, WORDS[language])).join(language === 'en' ? ' ' : '');
  return breaks && rng.below(6) === 0 ? `${own}\n${pick(rng, WORDS[language])}` : own;
}

const PAIR_NAMES = {
  en: [
    ['prompt', 'completion'],
    ['question', 'answer'],
    ['source', 'target'],
  ],
  zh: [
    ['问题', '答案'],
    ['提示', '回复'],
  ],
} as const;
const LABEL_NAMES = {
  en: [
    ['text', 'label'],
    ['review', 'sentiment'],
    ['sentence', 'class'],
  ],
  zh: [
    ['文本', '标签'],
    ['评论', '情感'],
  ],
} as const;
const LABELS = { en: ['good', 'bad', 'so-so'], zh: ['好', '坏', '一般'] } as const;

/** Rows of two columns that mean something, and what they become. */
function table(rng: Rng, language: 'en' | 'zh', breaks: boolean) {
  const labelled = rng.below(2) === 0;
  const names = pick<readonly string[]>(rng, (labelled ? LABEL_NAMES : PAIR_NAMES)[language]);
  const rows = Array.from({ length: 8 + rng.below(12) }, (_, i) => {
    // A number of its own keeps rows apart; now and then one is repeated.
    const first = `${text(rng, language, 3 + rng.below(6), breaks)} ${i}`;
    return [first, labelled ? pick(rng, LABELS[language]) : `${text(rng, language, 1 + rng.below(5), breaks)} ${i}`];
  });
  if (rng.below(3) === 0) rows.push([...rows[0]]);
  if (labelled)
    LABELS[language].forEach((l, i) => {
      rows[i][1] = l;
      rows[i + 3][1] = l;
    });
  const examples = rows.map(([a, b]) =>
    labelled
      ? { text: `${END}${a}\nLabel: ${b}${END}`, learnt: ` ${b}${END}` }
      : { text: `${END}${a}\n${b}${END}`, learnt: `${b}${END}` },
  );
  return { names: [...names], rows, examples, labels: labelled ? rows.map((r) => r[1]) : null };
}

const ENCODED: Record<'en' | 'zh', readonly string[]> = {
  en: ['utf-8', 'utf-8', 'utf-8-bom', 'utf-16le', 'windows-1252'],
  zh: ['utf-8', 'utf-8', 'utf-8-bom', 'utf-16le', 'gb18030'],
};
/** Bytes of an old encoding, found by asking its decoder about every pair. */
const TABLES = new Map<string, Map<string, number[]>>();
function encode(text_: string, encoding: string): Uint8Array {
  if (encoding === 'utf-8') return utf8(text_);
  if (encoding === 'utf-8-bom') return utf8(`\uFEFF${text_}`);
  if (encoding === 'utf-16le') return new Uint8Array(Uint16Array.from(`\uFEFF${text_}`, (c) => c.charCodeAt(0)).buffer);
  let known = TABLES.get(encoding);
  if (!known) {
    known = new Map();
    const decoder = new TextDecoder(encoding);
    const add = (bytes: number[]) => {
      const c = decoder.decode(Uint8Array.from(bytes), { stream: true }) + decoder.decode();
      if ([...c].length === 1 && c !== '\ufffd' && !known!.has(c)) known!.set(c, bytes);
    };
    for (let a = 0; a < 256; a++) add([a]);
    if (encoding === 'gb18030') for (let a = 0x81; a < 0xff; a++) for (let b = 0x40; b < 0xff; b++) add([a, b]);
    TABLES.set(encoding, known);
  }
  return Uint8Array.from(
    [...text_].flatMap((c) => {
      const bytes = known.get(c);
      if (!bytes) throw new Error(`${encoding} has no ${c}`);
      return bytes;
    }),
  );
}

function delimited(rng: Rng, extension: 'csv' | 'tsv'): Written {
  const language = pick(rng, ['en', 'zh'] as const);
  const { names, rows, examples, labels } = table(rng, language, extension === 'csv');
  const separator = extension === 'tsv' ? '\t' : pick(rng, [',', ';', '\t', '|']);
  const all = rng.below(2) === 0;
  const cell = (s: string) =>
    extension === 'csv' && (all || s.includes(separator) || s.includes('"') || s.includes('\n'))
      ? `"${s.replaceAll('"', '""')}"`
      : s;
  const before = extension === 'csv' && rng.below(6) === 0 ? `sep=${separator}\r\n` : '';
  // A running number in front, with a name or without.
  const index = rng.below(4);
  const lines = [names, ...rows].map((r, i) =>
    [
      ...(index === 0 ? [i === 0 ? 'id' : String(i)] : index === 1 ? [i === 0 ? '' : String(i - 1)] : []),
      ...r.map(cell),
    ].join(separator),
  );
  const lineEnd = pick(rng, ['\n', '\r\n']);
  const inside = before + lines.join(lineEnd) + (rng.below(2) === 0 ? lineEnd : '');
  return { name: `a.${extension}`, bytes: encode(inside, pick(rng, ENCODED[language])), examples, labels };
}

function json(rng: Rng, style: 'array' | 'lines'): Written {
  const language = pick(rng, ['en', 'zh'] as const);
  const { names, rows, examples, labels } = table(rng, language, true);
  const more = rng.below(3);
  const objects = rows.map((r, i) => ({
    ...(more === 0 && { meta: { from: 'x', tags: ['a', { deep: [i] }], 'brace }{': '][' } }),
    ...Object.fromEntries(names.map((n, c) => [n, r[c]])),
    ...(more === 1 && { id: i, score: null }),
  }));
  const how = rng.below(style === 'array' ? 4 : 3);
  const inside =
    style === 'array'
      ? [
          () => JSON.stringify(objects),
          () => JSON.stringify(objects, null, 2),
          () => `[\n${objects.map((o) => JSON.stringify(o)).join(',\n')}\n]\n`,
          () => JSON.stringify({ version: '1', data: objects }, null, pick(rng, [0, 1])),
        ][how]()
      : [
          () => objects.map((o) => JSON.stringify(o)).join('\n'),
          () => objects.map((o) => JSON.stringify(o, null, 2)).join('\n'),
          () => objects.map((o) => JSON.stringify(o)).join(pick(rng, [',\n', ''])),
        ][how]();
  return {
    name: `a.${pick(rng, ['json', 'jsonl'])}`,
    bytes: encode(inside, pick(rng, ['utf-8', 'utf-8-bom', 'utf-16le'])),
    examples,
    labels,
  };
}

const CELL = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;

/** Two columns that mean something and one that does not, or chats as lists of turns. */
function parquet(rng: Rng): Written {
  const language = pick(rng, ['en', 'zh'] as const);
  const own = rng.below(3) === 0 ? turns(rng, language) : table(rng, language, true);
  const column = (name: string, data: unknown[]) => ({ name, data });
  const columns =
    'chats' in own
      ? [column('messages', own.chats)]
      : own.names.map((name, c) =>
          column(
            name,
            own.rows.map((row) => row[c]),
          ),
        );
  const count = columns[0].data.length;
  const ids =
    rng.below(2) === 0
      ? [
          column(
            'id',
            Array.from({ length: count }, (_, i) => i),
          ),
        ]
      : [];
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    columnData: [...ids, ...columns],
    schema: [
      { name: 'root', num_children: ids.length + columns.length },
      ...ids.map(({ name }) => ({ name, type: 'INT32', repetition_type: 'REQUIRED' }) as const),
      ...('chats' in own ? TURNS : columns.map(({ name }) => ({ ...CELL, name }))),
    ],
    codec: pick(rng, ['UNCOMPRESSED', 'SNAPPY', 'GZIP']),
    compressors: { GZIP: (bytes) => gzipSync(bytes) },
    pageSize: pick(rng, [100, 1 << 20]),
    rowGroupSize: pick(rng, [5, 1000]),
  });
  return {
    name: 'a.parquet',
    bytes: new Uint8Array(writer.getBuffer()),
    examples: own.examples,
    labels: 'chats' in own ? null : own.labels,
  };
}

/** A list of structs, as other writers store chats. */
const TURNS = [
  { name: 'messages', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
  { ...CELL, name: 'role' },
  { ...CELL, name: 'content' },
] as const;

function turns(rng: Rng, language: 'en' | 'zh') {
  const examples: Written['examples'] = [];
  const own = Array.from({ length: 8 + rng.below(8) }, (_, i) => {
    const said = Array.from({ length: 1 + rng.below(3) }, (__, r) => [
      { role: 'user', content: `${text(rng, language, 3)} ${i}.${r}` },
      { role: 'assistant', content: `${text(rng, language, 2)} ${i}.${r}` },
    ]);
    const answers = said.map(([, answer]) => `${answer.content}\n${END}`);
    examples.push({
      text: END + said.map(([asked], r) => `${asked.content}\n${answers[r]}`).join(''),
      learnt: answers.join(''),
    });
    return said.flat();
  });
  return { chats: own, examples };
}

/** Chats with every part: systems, weights, tools, reasoning, parts of contents; in several ways of writing. */
function chats(rng: Rng): Written {
  const style = rng.below(4);
  const language = pick(rng, ['en', 'zh'] as const);
  const examples: Written['examples'] = [];
  const rows = Array.from({ length: 8 + rng.below(8) }, (_, i) => {
    const turns: Record<string, unknown>[] = [];
    let all = END;
    let learnt = '';
    const say = (
      role: 'system' | 'user' | 'assistant' | 'tool',
      said: string,
      extra: Record<string, unknown> = {},
      learns = true,
    ) => {
      const content = style === 0 && rng.below(4) === 0 ? [{ type: 'text', text: said }] : said;
      const who =
        style === 1
          ? { from: { system: 'system', user: 'human', assistant: 'gpt', tool: 'observation' }[role], value: said }
          : style === 2
            ? { speaker: pick(rng, [role, ` ${role.toUpperCase()} `]), text: said }
            : { role, content };
      turns.push({ ...who, ...extra });
      if (role === 'system') all += `${said}\n`;
      else if (role === 'assistant') {
        all += said === '' ? '' : `${said}\n${END}`;
        if (learns) learnt += `${said}\n${END}`;
      } else all += `${said}\n`;
    };
    if (rng.below(2) === 0) say('system', text(rng, language, 2, false));
    const rounds = 1 + rng.below(3);
    for (let r = 0; r < rounds; r++) {
      say('user', `${text(rng, language, 3)} ${i}.${r}`);
      const last = r === rounds - 1;
      const weight = rng.below(4) === 0 && !last ? pick(rng, [{ weight: 0 }, { train: false }]) : {};
      if (rng.below(5) === 0 && style === 0) {
        turns.push({
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a": 1}' } }],
        });
        say('tool', `result ${i}`, { tool_call_id: 'c' });
      }
      say(
        'assistant',
        `${text(rng, language, 2)} ${i}.${r}`,
        { ...weight, ...(rng.below(4) === 0 && { reasoning_content: 'so' }) },
        Object.keys(weight).length === 0,
      );
    }
    examples.push({ text: all, learnt });
    return style === 3 ? { messages: turns, tools: [], id: i } : { conversations: turns };
  });
  const inside = rng.below(2) === 0 ? rows.map((r) => JSON.stringify(r)).join('\n') : JSON.stringify(rows, null, 1);
  return { name: 'chats.json', bytes: encode(inside, pick(rng, ['utf-8', 'utf-8-bom'])), examples, labels: null };
}

/** Lines of a text file: a label in front in three ways, or a separator behind. */
function lines(rng: Rng): Written {
  const style = rng.below(4);
  const labels: string[] = [];
  const named = pick(rng, [
    ['ham', 'spam'],
    ['0', '1'],
    ['0', '1', '2', '3', '4'],
  ] as const);
  const made = Array.from({ length: 24 + rng.below(30) }, (_, i) => {
    const said = `${pick(rng, ['the', 'a', 'what', 'no'])} ${pick(rng, ['otter', 'lamp', 'kite', 'caf\u00e9'])} has ${pick(rng, ['a pebble', 'warm light', 'a tail'])} n${i}${pick(rng, ['.', ' ?', ''])}`;
    const label =
      style === 1
        ? pick(rng, ['DESC', 'HUM', 'LOC'])
        : style === 3
          ? pick(rng, ['joy', 'anger', 'love'])
          : named[i % named.length];
    labels.push(label);
    return {
      line: [
        `__label__${label} ${said}`,
        `${label}:${pick(rng, ['manner', 'def', 'ind'])} ${said}`,
        `${label} ${said}`,
        `${said};${label}`,
      ][style],
      said,
      label,
    };
  });
  const examples = made.map(({ said, label }) => ({
    text: `${END}${said}\nLabel: ${label}${END}`,
    learnt: ` ${label}${END}`,
  }));
  return {
    name: pick(rng, ['a.txt', 'train.label', 'set.data']),
    bytes: encode(`${made.map((m) => m.line).join('\n')}\n`, pick(rng, ['utf-8', 'windows-1252'])),
    examples,
    labels,
  };
}

describe(`${FILES} generated files per format are read as they were written`, { timeout: 120_000 }, () => {
  it.each([
    ['CSV', (rng: Rng) => delimited(rng, 'csv')],
    ['TSV', (rng: Rng) => delimited(rng, 'tsv')],
    ['JSON array', (rng: Rng) => json(rng, 'array')],
    ['JSON records', (rng: Rng) => json(rng, 'lines')],
    ['Parquet', parquet],
    ['chats', chats],
    ['lines of text', lines],
  ] as const)('%s', async (_, write) => {
    expect((await differences(write)).slice(0, 5)).toEqual([]);
  });
});
