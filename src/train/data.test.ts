/** The data path on real files with the real tokenizer: what `dataWorker` does, without the worker. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { BatchOrder, exampleCount, toBatch } from '../data/batches';
import { detect } from '../data/detect';
import { buildExample } from '../data/examples';
import { parseFile } from '../data/parse';
import { prepare } from '../data/prepare';
import { plainTable } from '../data/testing/table';
import { createTokenizer } from '../hub/tokenizer';
import type { PrepareOptions, SampleSet } from '../shared/data';
import { defaultTemplate } from '../shared/template';
import type { Tokenizer } from '../shared/types';
import { inWords } from '../shared/testing/words';
import { say } from '../shared/texts/say';
import { USUAL_OPTIONS } from '../data/testing/options';

const root = new URL('../../', import.meta.url);
const model = new URL('public/models/sieve-stories-4m/', root);
let tokenizer: Tokenizer;
beforeAll(async () => {
  const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, model), 'utf8'));
  tokenizer = await createTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
});

const OPTIONS = {
  ...USUAL_OPTIONS,
  maxExamples: 100_000,
};

/** Everything up to ten batches, with the product's defaults. */
async function load(url: URL, more: Partial<PrepareOptions> = {}) {
  const table = await parseFile(url.pathname.split('/').pop()!, new Blob([readFileSync(url)]));
  const detection = detect(table);
  const template = defaultTemplate(detection.mapping);
  const prepared = await prepare(table, { ...OPTIONS, mapping: detection.mapping, template, ...more }, tokenizer);
  const order = new BatchOrder(exampleCount(prepared.train), 1);
  for (let step = 0; step < 10; step++) {
    const batch = toBatch(prepared.train, order.next(4));
    for (let s = 0; s < 4; s++) {
      expect(batch.ids[batch.starts[s]]).toBe(tokenizer.bosId);
      expect(batch.ids[batch.starts[s] + 1]).not.toBe(tokenizer.bosId);
      expect(batch.starts[s + 1] - batch.starts[s]).toBeLessThanOrEqual(64);
    }
    expect(batch.targets.some((t) => t >= 0)).toBe(true);
  }
  return { table, detection, prepared };
}

const data = new URL('../shared/data/', root);
const FILES = {
  alpaca: new URL('llama-factory-demo/alpaca_en_demo.json', data),
  gsm8k: new URL('gsm8k/test.jsonl', data),
  sst2: new URL('sst2/dev.tsv', data),
  sms: new URL('sms-spam/SMSSpamCollection', data),
  cola: new URL('glue-cola-rte-wnli/CoLA/dev.tsv', data),
  shakespeare: new URL('tinyshakespeare/input.txt', data),
  stories: new URL('tinystories/tinystories_recased.txt', data),
};

/** Where a file of ../shared/data lies; skips the test, with a message, when it is not at hand. */
function at(name: keyof typeof FILES, context: TestContext): URL {
  if (!existsSync(FILES[name])) context.skip(`${name} is not at hand: ../shared/data is absent`);
  return FILES[name];
}

describe('real files', { timeout: 60_000 }, () => {
  it('alpaca', async (context) => {
    const url = at('alpaca', context);
    const { table, detection, prepared } = await load(url);
    expect(table).toMatchObject({ format: 'json', columns: ['instruction', 'input', 'output'], notes: [] });
    expect(table.rows).toHaveLength(999);
    expect(detection.mapping.kind).toBe('instruction');
    expect(prepared.report.train + prepared.report.validation).toBe(prepared.report.examples);
  });

  it('gsm8k', async (context) => {
    const url = at('gsm8k', context);
    const { table, detection, prepared } = await load(url, { maxSequenceLength: 64 });
    expect(table.rows).toHaveLength(1319);
    expect(inWords(detection)).toEqual({
      mapping: { kind: 'prompt-completion', roles: { prompt: 'question', completion: 'answer' } },
      evidence: ['columns named question and answer'],
    });
    expect(prepared.report.truncated).toBeGreaterThan(1200);
    expect(prepared.report.warnings.map(say).join()).toMatch(/lost their whole prompt/);
  });

  it('sst2', async (context) => {
    const url = at('sst2', context);
    const { table, detection, prepared } = await load(url);
    expect(table.header).toMatchObject({ used: false });
    expect(table.rows).toHaveLength(872);
    expect(detection.mapping).toEqual({ kind: 'text-label', roles: { text: 'column 1', label: 'column 2' } });
    const chips = (await prepared.preview(0, 1))[0].tokens;
    expect(chips.filter((t) => t.state === 'trained').map((t) => t.text)).toEqual([
      ' ',
      table.rows.cells(0)[1],
      '<|endoftext|>',
    ]);
    expect(chips.map((t) => t.text).join('')).toBe(
      `<|endoftext|>${table.rows.cells(0)[0]}\nLabel: ${table.rows.cells(0)[1]}<|endoftext|>`,
    );
  });

  it('sms', async (context) => {
    const url = at('sms', context);
    const { table, detection } = await load(url);
    expect(table).toMatchObject({ format: 'tsv', header: { used: false } });
    expect(table.rows).toHaveLength(5574);
    expect(detection.mapping).toEqual({ kind: 'text-label', roles: { text: 'column 2', label: 'column 1' } });
  });

  it('cola', async (context) => {
    const url = at('cola', context);
    expect((await load(url)).detection.mapping).toEqual({
      kind: 'text-label',
      roles: { text: 'column 4', label: 'column 2' },
    });
  });

  it('shakespeare', async (context) => {
    const url = at('shakespeare', context);
    const { table, detection, prepared } = await load(url);
    expect(table).toMatchObject({ format: 'txt', encoding: 'utf-8' });
    expect(detection.mapping.kind).toBe('text');
    expect(prepared.report.truncated).toBe(0);
    expect(prepared.report.longest).toBeLessThanOrEqual(64);
    // Windows end where a speech does, mostly.
    const ends = (await prepared.preview(0, 200)).filter((e) => e.tokens[e.tokens.length - 1].text.endsWith('\n'));
    expect(ends.length).toBeGreaterThan(150);
    const text = (await prepared.preview(0, 1e6)).map((e) => tokenizer.decode(e.tokens.map((t) => t.id))).join('');
    expect(text).toBe(table.rows.cells(0)[0]);
  });

  it('stories', async (context) => {
    const url = at('stories', context);
    expect((await parseFile('stories.txt', new Blob([readFileSync(url)]))).rows).toHaveLength(5511);
  });
});

describe('text that looks like a special token', () => {
  it('is not one', async () => {
    const table = await parseFile(
      'a.csv',
      new Blob(['prompt,completion\nsay <|endoftext|> now,no <|endoftext|>\nx,y']),
    );
    const { preview } = await prepare(
      table,
      {
        ...OPTIONS,
        mapping: detect(table).mapping,
        template: { prompt: '{prompt}\n', completion: '{completion}' },
        validationShare: 0.5,
      },
      tokenizer,
    );
    const ids = (await preview(0, 1))[0].tokens.map((t) => t.id);
    expect(ids.filter((id) => id === tokenizer.eosId)).toHaveLength(2);
    expect([ids[0], ids[ids.length - 1]]).toEqual([tokenizer.bosId, tokenizer.eosId]);
  });
});

describe('a tokenizer that puts a space before every text', () => {
  /** SentencePiece's way: a space is ▁, one stands before the text, and what is not known is written as bytes. */
  const build = () => {
    const tokens = ['<s>', '</s>', '<0x0A>', '▁', ...'QAyesno:?', '▁Q', '▁y', '▁ye', '▁yes', 'ye', 'yes'];
    return createTokenizer(
      {
        added_tokens: [0, 1].map((id) => ({ id, content: tokens[id], special: true })),
        normalizer: {
          type: 'Sequence',
          normalizers: [
            { type: 'Prepend', prepend: '▁' },
            { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
          ],
        },
        pre_tokenizer: null,
        post_processor: null,
        decoder: null,
        model: {
          type: 'BPE',
          byte_fallback: true,
          vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
          merges: ['▁ Q', '▁ y', 'y e', '▁y e', '▁ye s', 'ye s'],
        },
      },
      { bos_token: '<s>', eos_token: '</s>' },
    );
  };
  const example = async (...texts: string[]) => {
    const spaced = await build();
    const segments = texts.map((text, i) => ({ text, trained: i > 0 }));
    const { ids } = buildExample({ segments, templated: false }, spaced, {
      maxSequenceLength: 64,
      completionOnly: true,
      marks: false,
    });
    return spaced.pieces(ids.filter((id) => id > 1)).join('|');
  };

  it('puts none between a prompt and its completion', async () => {
    expect(await example('Q?\n', 'yes')).toBe(' Q|?|\n|yes');
    expect(await example('Q:', ' yes')).toBe(' Q|:| yes');
    // A token that would reach over the border is not taken: the prompt stays what generation sees.
    expect(await example('Q: ', 'yes')).toBe(' Q|:| |yes');
    expect(await example('Q', '?', ':no')).toBe(' Q|?|:|n|o');
  });
});

describe('sample sets', () => {
  const folder = new URL('public/datasets/', root);
  const samples = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as SampleSet[];

  it('are what their script makes', () => {
    execFileSync(process.execPath, [new URL('python/samples/generate.mjs', root).pathname, '--check']);
  });

  it.each(samples)('$id loads without a complaint, fits the window, and has a card', async (sample) => {
    const { table, detection, prepared } = await load(new URL(sample.file, folder));
    expect(readFileSync(new URL(`${sample.id}/README.md`, folder), 'utf8')).toMatch(/license: cc0-1\.0/);
    expect(table.notes).toEqual([]);
    expect(table.rows).toHaveLength(720);
    expect(detection.mapping.kind).toBe(sample.id === 'feelings' ? 'text-label' : 'prompt-completion');
    expect(prepared.report).toMatchObject({ examples: 720, validation: 72, usable: 720, warnings: [], problem: null });
    expect(prepared.report.truncated).toBeLessThan(720 * 0.05);
    const rows = plainTable(table).rows;
    // No example repeats another's prompt, so those of the validation split were not seen.
    expect(new Set(rows.map((r) => r[0])).size).toBe(720);
    expect(sample.prompts.every((p) => !rows.some((r) => r[0] === p))).toBe(true);
  });
});
