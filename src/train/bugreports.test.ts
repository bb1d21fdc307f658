/**
 * Inputs made after public bug reports (shared/cases/bugreports), through what the data worker does: read, guessed,
 * prepared. Each case says what its `.expected.txt` says. Skipped where the shared material is not at hand.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileChatTemplate } from '../hub/chatTemplate';
import { createTokenizer } from '../hub/tokenizer';
import { type ChatTemplate, type FileUse, READ_AUTO, type Turn } from '../shared/data';
import { defaultSession } from '../shared/config';
import type { Tokenizer } from '../shared/types';
import { adapterFiles } from './adapterFiles';
import { readAdapter } from './readAdapter';
import { type How, type Page, readAsPage, render } from './testing/page';
import { DataDesk } from './dataDesk';
import type { DataReplies } from './protocol';
import { readModel } from '../hub/family';
import { say, sayError } from '../shared/texts/say';
import { inWords } from '../shared/testing/words';
import { USUAL_OPTIONS } from '../data/testing/options';

const root = new URL('../../', import.meta.url);
const folder = new URL('../shared/cases/bugreports/', root);
const there = existsSync(folder);
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const jsonOf = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

let nano: Tokenizer;
beforeAll(async () => {
  nano = await createTokenizer(
    jsonOf('public/models/sieve-stories-nano/tokenizer.json'),
    jsonOf('public/models/sieve-stories-nano/tokenizer_config.json'),
  );
});

/** What the page does with a file that is dropped. */
const page = (name: string, { tokenizer = nano, ...how }: How & { tokenizer?: Tokenizer } = {}): Promise<Page> =>
  readAsPage([{ path: name, file: new Blob([bytesOf(name)]) }], tokenizer, how);

const rowsAre = (p: Page, n: number) => {
  expect(p.rowCount).toBe(n);
  expect(p.report.usable).toBe(n);
};
const labelled = async (name: string, labels: string[], rows = 12, how: How = {}) => {
  const p = await page(name, how);
  expect(p.kind).toBe('text-label');
  expect(p.labels).toEqual([...labels].sort());
  rowsAre(p, rows);
  return p;
};
const pairs = async (name: string, rows = 12) => {
  const p = await page(name);
  expect(p.kind).toBe('prompt-completion');
  expect(p.report.usable).toBe(rows);
  expect(p.report.rows).toBe(rows);
  return p;
};

const CHATML: ChatTemplate = {
  name: 'default',
  tokens: { eos_token: '<|im_end|>' },
  source:
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}{% for c in m.tool_calls %}<call>{{ c.function.name }} {{ c.function.arguments | tojson }}</call>{% endfor %}{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
};
/** The nano tokenizer with the marks of ChatML. */
async function chatml(): Promise<Tokenizer> {
  const json = jsonOf('public/models/sieve-stories-nano/tokenizer.json') as { added_tokens: object[] };
  const next = 4096;
  const mark = (content: string, id: number) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  return createTokenizer(
    { ...json, added_tokens: [...json.added_tokens, mark('<|im_start|>', next), mark('<|im_end|>', next + 1)] },
    { ...(jsonOf('public/models/sieve-stories-nano/tokenizer_config.json') as object), eos_token: '<|im_end|>' },
  );
}

const CASES: Record<string, () => Promise<void>> = {
  'c01-system-beside.json': async () => {
    const p = await page('c01-system-beside.json');
    expect(p.examples.every((e) => /You answer like a pirate\.[\s\S]*What has/.test(e.text))).toBe(true);
    expect(p.unused).toEqual(['tools']);
    expect((await page('c01-system-beside.json', { chat: CHATML })).unused).toEqual([]);
  },
  'c02-alpaca-history.json': async () => {
    const p = await page('c02-alpaca-history.json');
    expect(
      p.examples.every((e) => /You are a painter\.\nWhat has .*\nIt has .*\nAnd what colour is it\?\n/.test(e.text)),
    ).toBe(true);
  },
  'c03-context-question-answer.jsonl': async () => {
    const p = await pairs('c03-context-question-answer.jsonl');
    expect(p.examples[0].text).toMatch(/In the yard.*\nWhat does.*\na /);
    expect(p.examples[0].learnt).not.toContain('yard');
  },
  'c04-trl-lists.jsonl': async () => {
    const p = await page('c04-trl-lists.jsonl');
    rowsAre(p, 12);
    expect(p.kind).toBe('chat');
    expect(
      p.examples.every(
        (e) => e.text.includes('Be brief.') && e.text.includes('What has') && /^It has [^?]*$/.test(e.learnt),
      ),
    ).toBe(true);
  },
  'c05-array-of-arrays.json': async () => {
    const p = await page('c05-array-of-arrays.json');
    expect(p.kind).toBe('chat');
    rowsAre(p, 12);
  },
  'c06-role-spelling.jsonl': async () => {
    const p = await page('c06-role-spelling.jsonl');
    expect(p.kind).toBe('chat');
    rowsAre(p, 12);
    expect(p.examples[0].learnt).toMatch(/^It has/);
  },
  'c07-tool-calls.jsonl': async () => {
    const p = await page('c07-tool-calls.jsonl');
    expect(p.issue('parts').rows).toBe(12);
    expect(p.issue('parts').reasons.join()).toMatch(/tool calls ignored/);
    const own = await page('c07-tool-calls.jsonl', { chat: CHATML });
    expect(own.examples.every((e) => /<call>scale \{"item": "the/.test(e.text) && /<call>scale/.test(e.learnt))).toBe(
      true,
    );
    expect(own.issue('parts').rows).toBe(0);
  },
  'c07b-tool-only.jsonl': async () => {
    const p = await page('c07b-tool-only.jsonl');
    expect(p.issue('empty')).toEqual({ rows: 12, reasons: [expect.stringContaining('tool calls without text')] });
  },
  'c08-reasoning.jsonl': async () => {
    expect((await page('c08-reasoning.jsonl')).issue('parts')).toEqual({ rows: 12, reasons: ['reasoning ignored'] });
    const own = await page('c08-reasoning.jsonl', { chat: CHATML });
    expect(own.issue('parts').rows).toBe(0);
    expect(own.examples[0].learnt).toMatch(/<think>I recall/);
  },
  'c09-weight0.jsonl': async () => {
    for (const how of [{}, { chat: CHATML }]) {
      const p = await page('c09-weight0.jsonl', how);
      expect(
        p.examples.every(
          (e) => e.text.includes('No idea, go away.') && !e.learnt.includes('No idea') && e.learnt.includes('It has'),
        ),
      ).toBe(true);
    }
  },
  'c12-unknown-role.jsonl': async () => {
    const p = await page('c12-unknown-role.jsonl');
    expect(p.kind).toBe('chat');
    expect(p.report.strangers).toEqual(['villager']);
    expect(p.issue('chat').reasons[0]).toMatch(/villager/);
    expect(p.report.usable).toBe(0);
    rowsAre(await page('c12-unknown-role.jsonl', { speakers: { villager: 'user' } }), 12);
  },
  'c13-image-parts.jsonl': async () =>
    expect((await page('c13-image-parts.jsonl')).issue('parts')).toEqual({ rows: 12, reasons: ['images ignored'] }),
  'c14-chosen-rejected.jsonl': async () => {
    const p = await page('c14-chosen-rejected.jsonl');
    expect(p.examples.every((e) => e.learnt.includes('It has') && !e.text.includes('Get lost'))).toBe(true);
    expect(p.examples.every((e) => !e.learnt.includes('What has'))).toBe(true);
    expect(p.unused).toEqual(['rejected']);
  },
  'c15c-dpo-rejected-first.jsonl': async () => {
    const p = await page('c15c-dpo-rejected-first.jsonl');
    expect(p.examples.every((e) => e.learnt.includes('It has') && !e.text.includes('Get lost'))).toBe(true);
  },
  'c17-python-repr.csv': async () => {
    const p = await page('c17-python-repr.csv');
    expect(p.kind).toBe('chat');
    expect(p.table.header?.used).toBe(true);
    rowsAre(p, 12);
    expect(p.examples[0].text).toContain("What's the");
  },
  'c19-speaker-text-keys.jsonl': async () => {
    const p = await page('c19-speaker-text-keys.jsonl');
    expect(p.kind).toBe('chat');
    rowsAre(p, 12);
  },
  'c20-human-assistant-keys.jsonl': async () => {
    const p = await page('c20-human-assistant-keys.jsonl');
    expect(p.kind).toBe('chat');
    rowsAre(p, 12);
    expect(p.examples[0].text).toMatch(/What has[\s\S]*It has[\s\S]*Thanks[\s\S]*Glad to help/);
  },
  'eos-pairs.jsonl': async () => void (await pairs('eos-pairs.jsonl')),
  'exported-revision-adapter_config.json': async () => {
    const files = adapterFiles({
      run: { ...defaultSession().runs[0] },
      model: { id: 'someone/little-llama', revision: 'v1.0' },
      adapters: [],
      thresholds: null,
      template: { prompt: '', completion: '' },
      check: null,
    });
    const config = JSON.parse(
      new TextDecoder().decode(files.find((f) => f.name === 'adapter_config.json')!.bytes),
    ) as Record<string, unknown>;
    expect([config.base_model_name_or_path, config.revision]).toEqual(['someone/little-llama', 'v1.0']);
  },
  'h01-chinese-keys.json': async () => {
    const p = await page('h01-chinese-keys.json');
    expect(p.roles).toMatchObject({ instruction: '指令', input: '输入', output: '输出' });
  },
  'h02-chinese-header.csv': async () => void (await labelled('h02-chinese-header.csv', ['好', '坏'])),
  'h04-index-problem-solution.csv': async () => {
    const p = await page('h04-index-problem-solution.csv');
    expect(p.roles).toEqual({ prompt: 'problem', completion: 'solution' });
    expect(p.table.header?.used).toBe(true);
  },
  'h05-german-header.csv': async () => {
    const p = await pairs('h05-german-header.csv');
    expect(p.roles).toEqual({ prompt: 'frage', completion: 'antwort' });
  },
  'h06-spam.csv': async () => {
    const p = await labelled('h06-spam.csv', ['ham', 'spam']);
    expect(p.unused).toEqual([]);
  },
  'h09-question-answers-list.jsonl': async () => {
    const p = await pairs('h09-question-answers-list.jsonl');
    expect(
      p.examples.every(
        (e) => !e.text.includes('answer_start') && /^(a|the|[a-z])/.test(e.learnt) && e.text.includes('has'),
      ),
    ).toBe(true);
    expect(p.examples[0].learnt).toContain('a pebble');
  },
  'h14-label-then-text-fasttext.txt': async () =>
    void (await labelled('h14-label-then-text-fasttext.txt', ['long', 'short'])),
  'h15-text-one-per-line.txt': async () => {
    const whole = await page('h15-text-one-per-line.txt');
    expect(sayError(whole.report.problem!)).toMatchObject({
      message: 'Only one example is left.',
      hint: expect.stringContaining('line by line'),
    });
    rowsAre(await page('h15-text-one-per-line.txt', { choices: { unit: 'lines' } }), 12);
  },
  'h26-r-row-names.csv': async () => {
    const p = await labelled('h26-r-row-names.csv', ['long', 'short']);
    expect(p.roles).toMatchObject({ text: 'text', label: 'label' });
    const repaired = await page('h26-r-row-names.csv', { repairs: { ragged: true } });
    expect(repaired.roles).toMatchObject({ text: 'text', label: 'label' });
  },
  'h28-empty-text.csv': async () => {
    const p = await page('h28-empty-text.csv');
    expect(p.issue('noText').rows).toBe(3);
    expect(p.report.usable).toBe(9);
  },
  'h37-premise-hypothesis.jsonl': async () => {
    const p = await page('h37-premise-hypothesis.jsonl');
    expect(
      p.examples.every(
        (e) => /^[\s\S]*the .* has .*\n.* has nothing\.\nLabel:/.test(e.text) && /^ [01]/.test(e.learnt),
      ),
    ).toBe(true);
  },
  'h38-sft-text-with-template.jsonl': async () => {
    const tokenizer = await chatml();
    expect((await page('h38-sft-text-with-template.jsonl', { tokenizer })).issue('marks').rows).toBe(12);
    const read = await page('h38-sft-text-with-template.jsonl', { tokenizer, repairs: { marks: true } });
    expect(read.report.tokens).toBeLessThan(
      (await page('h38-sft-text-with-template.jsonl', { tokenizer })).report.tokens,
    );
  },
  'j01-nan-array.json': async () => {
    const p = await page('j01-nan-array.json');
    rowsAre(p, 12);
    expect(say(p.table.notes[0].message)).toMatch(/NaN/);
  },
  'j02b-data-key-oneline.json': async () => void (await pairs('j02b-data-key-oneline.json')),
  'j02c-data-key-large.json': async () => {
    const p = await page('j02c-data-key-large.json');
    expect(p.kind).toBe('prompt-completion');
    expect(p.rowCount).toBe(2400);
  },
  'j03-pandas-columns.json': async () => void (await labelled('j03-pandas-columns.json', ['long', 'short'])),
  'j04b-pretty-objects.jsonl': async () => void (await pairs('j04b-pretty-objects.jsonl')),
  'j05b-bom-middle.jsonl': async () => void (await pairs('j05b-bom-middle.jsonl')),
  'j06-comma-lines.jsonl': async () => void (await pairs('j06-comma-lines.jsonl')),
  'j06c-inner-trailing-comma.json': async () => void (await pairs('j06c-inner-trailing-comma.json')),
  'j10-concatenated-no-newline.jsonl': async () => void (await pairs('j10-concatenated-no-newline.jsonl')),
  'j11-two-arrays.json': async () => void (await pairs('j11-two-arrays.json')),
  'k02-train-false.jsonl': async () => {
    const p = await page('k02-train-false.jsonl');
    expect(
      p.examples.every(
        (e) => e.text.includes('Who cares.') && !e.learnt.includes('Who cares') && e.learnt.includes('It has'),
      ),
    ).toBe(true);
  },
  'p07b-interval.parquet': async () => {
    const p = await page('p07b-interval.parquet');
    expect(p.kind).toBe('text-label');
    expect(p.table.columns).toEqual(['text', 'label']);
    expect(p.table.notes.map((n) => say(n.message)).join()).toMatch(/“age” is ignored/);
    expect(p.report.usable).toBe(p.rowCount);
    expect(p.report.problem).toBeNull();
  },
  'template-eos-not-given.json': async () =>
    expect(await templateWarns('template-eos-not-given.json', { noEos: true })).toMatch(/stop/),
  'template-no-end-of-turn.json': async () =>
    expect(await templateWarns('template-no-end-of-turn.json')).toMatch(/will not learn to stop/),
  'template-strftime.json': async () => {
    const { template, turns } = JSON.parse(new TextDecoder().decode(bytesOf('template-strftime.json'))) as {
      template: ChatTemplate;
      turns: Turn[];
    };
    expect(inWords(compileChatTemplate(template).chat(turns))).toMatchObject({
      problem: expect.stringMatching(/today’s date.*strftime_now/),
    });
  },
  'template-undefined-loop.json': async () => {
    const { template, turns } = JSON.parse(new TextDecoder().decode(bytesOf('template-undefined-loop.json'))) as {
      template: ChatTemplate;
      turns: Turn[];
    };
    expect(compileChatTemplate(template).chat(turns)).toMatchObject({
      segments: [{ text: '[user] Name a bird.[assistant] ' }, { trained: true }, {}, { trained: true }],
    });
  },
  'v01-comma-in-header.csv': async () =>
    expect((await labelled('v01-comma-in-header.csv', ['gut', 'schlecht'])).table.separator).toBe(';'),
  'v02-no-header-commas.csv': async () => {
    const p = await pairs('v02-no-header-commas.csv');
    expect([p.table.separator, p.table.header?.used, p.issue('ragged').rows]).toEqual([';', false, 0]);
  },
  'v04-sep-line.csv': async () =>
    expect((await labelled('v04-sep-line.csv', ['long', 'short'])).table.separator).toBe(';'),
  'v05-cp1252.csv': async () => {
    const p = await labelled('v05-cp1252.csv', ['long', 'short'], 12, { repairs: { encoding: true } });
    expect(p.table.legacy?.encoding).toBe('windows-1252');
    expect(p.examples[0].text).toMatch(/“the otter” – it’s said/);
  },
  'v05b-gb18030.csv': async () =>
    expect((await labelled('v05b-gb18030.csv', ['好', '坏'])).table.legacy?.encoding).toBe('gb18030'),
  'v05c-shiftjis.csv': async () =>
    expect((await labelled('v05c-shiftjis.csv', ['良い', '悪い'])).table.legacy?.encoding).toBe('shift_jis'),
  'v05d-cp1251.csv': async () =>
    expect((await labelled('v05d-cp1251.csv', ['да', 'нет'])).table.legacy?.encoding).toBe('windows-1251'),
  'v07-title-line.csv': async () => {
    const p = await labelled('v07-title-line.csv', ['long', 'short']);
    expect(p.table.notes.map((n) => say(n.message)).join()).toContain('Export of the shop reviews');
  },
  'v08d-regression.csv': async () => {
    const p = await page('v08d-regression.csv');
    expect(p.report.labels).toBeNull();
    expect(p.table.header?.used).toBe(true);
    rowsAre(p, 12);
  },
  'v12-single-quotes.csv': async () => {
    const p = await labelled('v12-single-quotes.csv', ['long', 'short']);
    expect(p.examples[0].text).toContain('the otter, it has a pebble');
  },
  'v13-decimal-comma.csv': async () => void (await labelled('v13-decimal-comma.csv', ['kurz', 'lang'])),
  'v15-caret.csv': async () => void (await labelled('v15-caret.csv', ['long', 'short'])),
  'v20-glue.tsv': async () => {
    const p = await page('v20-glue.tsv');
    expect(p.examples.every((e) => /\n?.*\.\n.* belongs to .*\.\nLabel:/.test(e.text))).toBe(true);
    expect(p.roles).toEqual({ text: 'sentence1', second: 'sentence2', label: 'label' });
  },
  'x07-rare-labels.csv': async () => {
    const p = await page('x07-rare-labels.csv');
    expect(p.report.labels!.every((l) => l.train > 0)).toBe(true);
  },
  'z01-sidecar-bigger.zip': async () => {
    const p = await page('z01-sidecar-bigger.zip');
    expect(p.rowCount).toBe(12);
    expect(p.table.files.find((f) => f.path.endsWith('train.jsonl'))?.use).toBe('train' satisfies FileUse);
  },
  'z03-gz-inside.zip': async () => expect((await page('z03-gz-inside.zip')).rowCount).toBe(12),
  'z05-multi-member.jsonl.gz': async () => expect((await page('z05-multi-member.jsonl.gz')).rowCount).toBe(12),
  'z06-tar.tar.gz': async () => expect((await page('z06-tar.tar.gz')).rowCount).toBe(12),
  'z07-trailing-zeros.jsonl.gz': async () => expect((await page('z07-trailing-zeros.jsonl.gz')).rowCount).toBe(12),
  'adapter-layers.zip': async () => {
    const { run, adapters } = adapter('adapter-layers.zip');
    expect(adapters.map((a) => a.path)).toHaveLength(4);
    expect(run.only).toEqual(['0.q_proj', '0.v_proj', '2.q_proj', '2.v_proj']);
  },
  'adapter-modules-to-save.zip': async () =>
    expect(() => adapter('adapter-modules-to-save.zip')).toThrow(/modules_to_save.*norm/),
  'adapter-olora.zip': async () => expect(() => adapter('adapter-olora.zip')).toThrow(/olora/),
  'adapter-pissa.zip': async () => expect(() => adapter('adapter-pissa.zip')).toThrow(/pissa/),
};

/** Cases that need a browser or a run; their tests are named. */
const ELSEWHERE: Record<string, string> = {
  'drop-a-folder': 'e2e/drop.spec.ts',
  'eos-mismatch': 'src/hub/tokenizer.test.ts (stop tokens)',
  'warm-up-longer-than-run': 'src/shared/config.test.ts',
};

function adapter(name: string) {
  const files = Object.entries(unzipSync(bytesOf(name))).map(([path, bytes]) => ({
    name: path.split('/').at(-1)!,
    bytes,
  }));
  return readAdapter(files, readModel(jsonOf('public/models/sieve-stories-nano/config.json')), 'a');
}

async function templateWarns(name: string, { noEos = false } = {}): Promise<string> {
  const { template, turns } = JSON.parse(new TextDecoder().decode(bytesOf(name))) as {
    template: ChatTemplate;
    turns: Turn[];
  };
  const desk = new DataDesk(() => render);
  desk.useTokenizer(noEos ? { ...nano, eosId: null, stopIds: new Set() } : nano);
  const rows = Array.from({ length: 4 }, (_, i) =>
    JSON.stringify({ messages: turns.map((t) => ({ role: t.role, content: `${t.text} ${i}` })) }),
  ).join('\n');
  const parsed = (
    await desk.answer({ type: 'parse', files: [{ path: 'a.jsonl', file: new Blob([rows]) }], choices: READ_AUTO }, {})
  ).value as DataReplies['parse'];
  const options = {
    ...USUAL_OPTIONS,
    mapping: parsed.detection.mapping,
    template: { ...parsed.template, chat: template },
    maxSequenceLength: 256,
    repairs: parsed.repairs,
  };
  const { report } = (await desk.answer({ type: 'prepare', options }, {})).value as DataReplies['prepare'];
  return report.warnings.map(say).join(' ');
}

describe.skipIf(!there)('inputs of public bug reports (skipped where shared/cases is not at hand)', () => {
  for (const [name, run] of Object.entries(CASES)) it(name, run, 60_000);

  it('are all looked at', () => {
    const all = readdirSync(folder)
      .filter((f) => f.endsWith('.expected.txt'))
      .map((f) => f.slice(0, -'.expected.txt'.length));
    expect(all.filter((name) => !(name in CASES) && !(name in ELSEWHERE))).toEqual([]);
  });
});
