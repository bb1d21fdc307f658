/** Shapes of well-known data sets map themselves, without a click; where there are two texts the model sees both. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokenizer } from '../hub/tokenizer';
import { type Mapping, READ_AUTO } from '../shared/data';
import { usedColumns } from '../shared/template';
import type { Tokenizer } from '../shared/types';
import { DataDesk } from './dataDesk';
import type { DataReplies } from './protocol';
import { USUAL_OPTIONS } from '../data/testing/options';

let nano: Tokenizer;
beforeAll(async () => {
  const json = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`../../public/models/sieve-stories-nano/${name}`, import.meta.url), 'utf8'));
  nano = await createTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
});

async function opened(name: string, content: string | Uint8Array) {
  const desk = new DataDesk(() => () => Promise.reject(new Error('no chat template')));
  desk.useTokenizer(nano);
  const parsed = (
    await desk.answer(
      { type: 'parse', files: [{ path: name, file: new Blob([content as string]) }], choices: READ_AUTO },
      {},
    )
  ).value as DataReplies['parse'];
  const { mapping } = parsed.detection;
  const options = {
    ...USUAL_OPTIONS,
    mapping,
    template: parsed.template,
    maxSequenceLength: 512,
    repairs: parsed.repairs,
  };
  const prepared = (await desk.answer({ type: 'prepare', options }, {})).value as DataReplies['prepare'];
  const { examples } = (await desk.answer({ type: 'preview', from: 0, count: 20 }, {})).value as DataReplies['preview'];
  return {
    parsed,
    mapping,
    report: prepared.report,
    examples,
    unused: parsed.table.columns.filter(
      (c) => !usedColumns(parsed.table.columns, mapping, parsed.template).includes(c),
    ),
  };
}

const jsonl = (rows: object[]) => rows.map((r) => JSON.stringify(r)).join('\n');
const many = (n: number, row: (i: number) => object) => Array.from({ length: n }, (_, i) => row(i));

/** Whether the tokens of a text stand in a row, somewhere. */
function stands(ids: readonly number[], text: string): boolean {
  const own = [...nano.encode(text)];
  return ids.some((_, at) => own.every((id, k) => ids[at + k] === id));
}

const TWO_TEXTS: [
  set: string,
  first: string,
  second: string,
  label: string,
  row: (i: number) => Record<string, unknown>,
][] = [
  [
    'CB',
    'premise',
    'hypothesis',
    'label',
    (i) => ({
      premise: `It was cold on day ${i}. He said that he would stay.`,
      hypothesis: `he stayed for ${i} days`,
      label: ['entailment', 'contradiction', 'neutral'][i % 3],
      idx: i,
    }),
  ],
  [
    'RTE',
    'premise',
    'hypothesis',
    'label',
    (i) => ({
      premise: `The town has ${i} mills by the river.`,
      hypothesis: `There are mills, ${i} of them.`,
      label: ['entailment', 'not_entailment'][i % 2],
      idx: i,
    }),
  ],
  [
    'RTE of GLUE',
    'sentence1',
    'sentence2',
    'label',
    (i) => ({
      sentence1: `The town has ${i} mills by the river.`,
      sentence2: `There are mills, ${i} of them.`,
      label: i % 2,
      idx: i,
    }),
  ],
  [
    'BoolQ',
    'passage',
    'question',
    'label',
    (i) => ({
      question: `is the tower older than ${i} years`,
      passage: `The old tower -- It was built ${i} years ago and stands by the sea.`,
      idx: i,
      label: i % 3 === 0,
    }),
  ],
  [
    'BoolQ as first published',
    'passage',
    'question',
    'answer',
    (i) => ({
      question: `is the tower older than ${i} years`,
      title: 'Tower',
      answer: i % 3 === 0,
      passage: `It was built ${i} years ago and stands by the sea.`,
    }),
  ],
  [
    'MNLI',
    'premise',
    'hypothesis',
    'label',
    (i) => ({
      premise: `The new rights are nice, said ${i} people.`,
      hypothesis: `Nobody of ${i} liked it.`,
      label: i % 3,
      idx: i,
    }),
  ],
  [
    'MNLI as first published',
    'sentence1',
    'sentence2',
    'gold_label',
    (i) => ({
      annotator_labels: ['neutral'],
      genre: 'fiction',
      gold_label: ['neutral', 'entailment', 'contradiction'][i % 3],
      pairID: `${i}e`,
      promptID: String(i),
      sentence1: `The new rights are nice, said ${i} people.`,
      sentence1_binary_parse: `( The ( new ${i} ) )`,
      sentence1_parse: `(ROOT (S ${i}))`,
      sentence2: `Nobody of ${i} liked it.`,
      sentence2_binary_parse: `( Nobody ${i} )`,
      sentence2_parse: `(ROOT ${i})`,
    }),
  ],
  [
    'QQP',
    'question1',
    'question2',
    'is_duplicate',
    (i) => ({
      id: i,
      qid1: 2 * i,
      qid2: 2 * i + 1,
      question1: `How do I bake ${i} loaves?`,
      question2: `What is the way to bake ${i} loaves?`,
      is_duplicate: i % 2,
    }),
  ],
  [
    'QNLI',
    'sentence',
    'question',
    'label',
    (i) => ({ question: `Who owns mill ${i}?`, sentence: `Mill ${i} belongs to the smith.`, label: i % 2, idx: i }),
  ],
  [
    'PAWS',
    'sentence1',
    'sentence2',
    'label',
    (i) => ({ id: i, sentence1: `From ${i} to Rome by boat.`, sentence2: `From Rome to ${i} by boat.`, label: i % 2 }),
  ],
];

describe('two texts and what is said of them', () => {
  it.each(TWO_TEXTS)('%s', async (...[, first, second, label, row]) => {
    const rows = many(40, row);
    for (const [name, content] of [
      ['a.jsonl', jsonl(rows)],
      ['a.json', JSON.stringify(rows)],
    ] as const) {
      const { mapping, examples, report } = await opened(name, content);
      const learnt = mapping.kind === 'text-label' ? mapping.roles.label : mapping.roles.completion;
      expect(learnt).toBe(label);
      expect(report).toMatchObject({ usable: 40, problem: null });
      examples.forEach((e, i) => {
        const ids = e.tokens.map((t) => t.id);
        const own = row(i);
        expect(
          [stands(ids, String(own[first])), stands(ids, String(own[second]))],
          `${JSON.stringify(mapping)} ${e.tokens.map((t) => t.text).join('')}`,
        ).toEqual([true, true]);
        expect(
          e.tokens
            .filter((t) => t.state === 'trained')
            .map((t) => t.text)
            .join(''),
        ).toContain(String(own[label]));
      });
    }
  });
});

const pairsOf = (prompt: string, completion: string, more: Record<string, string> = {}): Mapping => ({
  kind: 'prompt-completion',
  roles: { prompt, completion, ...more },
});

const OTHERS: [set: string, name: string, content: () => string, mapping: Mapping][] = [
  [
    'Dolly',
    'dolly.jsonl',
    () =>
      jsonl(
        many(30, (i) => ({
          instruction: `Name ${i} birds`,
          context: i % 3 ? '' : `Owls of ${i}`,
          response: `Owl ${i}`,
          category: ['open_qa', 'closed_qa'][i % 2],
        })),
      ),
    { kind: 'instruction', roles: { instruction: 'instruction', input: 'context', output: 'response' } },
  ],
  [
    'GSM8K',
    'gsm.jsonl',
    () => jsonl(many(30, (i) => ({ question: `What is ${i} and ${i}?`, answer: `It is ${2 * i}.` }))),
    pairsOf('question', 'answer'),
  ],
  [
    'AG News',
    'train.csv',
    () =>
      many(40, (i) => ({ i }))
        .map(
          (_, i) =>
            `"${(i % 4) + 1}","Title number ${i} of the day","A longer text that tells what happened, in ${i} words or so"`,
        )
        .join('\n'),
    { kind: 'text-label', roles: { text: 'column 3', label: 'column 1' } },
  ],
  [
    'IMDB',
    'imdb.csv',
    () =>
      `review,sentiment\n${many(30, (i) => ({ i }))
        .map((_, i) => `"A ""film"" of ${i} minutes, <br />I liked it",${['positive', 'negative'][i % 2]}`)
        .join('\n')}`,
    { kind: 'text-label', roles: { text: 'review', label: 'sentiment' } },
  ],
  [
    'Banking77',
    'bank.csv',
    () =>
      `text,category\n${many(400, (i) => ({ i }))
        .map((_, i) => `where is card ${i},intent_${i % 30}`)
        .join('\n')}`,
    { kind: 'text-label', roles: { text: 'text', label: 'category' } },
  ],
  [
    'Orca pairs',
    'orca.jsonl',
    () =>
      jsonl(
        many(30, (i) => ({
          system: 'Be brief.',
          question: `Why ${i}?`,
          rejected: `No idea ${i}`,
          chosen: `Because ${i}`,
        })),
      ),
    pairsOf('question', 'chosen', { system: 'system' }),
  ],
  [
    'UltraFeedback',
    'uf.jsonl',
    () =>
      jsonl(
        many(20, (i) => ({
          prompt: `Why ${i}?`,
          rejected: [
            { role: 'user', content: `Why ${i}?` },
            { role: 'assistant', content: 'no' },
          ],
          chosen: [
            { role: 'user', content: `Why ${i}?` },
            { role: 'assistant', content: 'yes' },
          ],
          score_chosen: 1,
        })),
      ),
    { kind: 'chat', roles: { message: 'chosen' }, lastAnswer: true },
  ],
  [
    'LIMA',
    'lima.jsonl',
    () => jsonl(many(20, (i) => ({ conversations: [`Ask ${i}`, `Answer ${i}`], source: 'x' }))),
    { kind: 'chat', roles: { message: 'conversations' } },
  ],
  [
    'translations',
    'fr.csv',
    () =>
      `source;target\n${many(20, (i) => ({ i }))
        .map((_, i) => `the house, number ${i};la maison, numéro ${i}`)
        .join('\n')}`,
    pairsOf('source', 'target'),
  ],
];

describe('other shapes', () => {
  it.each(OTHERS)('%s', async (_, name, content, mapping) => {
    expect((await opened(name, content())).mapping).toEqual(mapping);
  });
});

describe('sets of lines, in their real sizes', { timeout: 60_000 }, () => {
  const sentence = (i: number) =>
    `i feel ${['so', 'very', 'quite'][i % 3]} ${['well', 'low', 'calm', 'sad'][i % 4]} about the ${i} things that happened`;
  const latin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

  it('16,000 lines text;label', async () => {
    const { mapping, report } = await opened(
      'train.txt',
      many(16_000, (i) => ({ i }))
        .map((_, i) => `${sentence(i)};${['joy', 'sadness', 'anger', 'fear', 'love', 'surprise'][i % 6]}`)
        .join('\n'),
    );
    expect(mapping).toEqual({ kind: 'text-label', roles: { text: 'column 1', label: 'column 2' } });
    expect(report).toMatchObject({ usable: 16_000, labels: expect.objectContaining({ length: 6 }) });
  });

  it('5,452 lines LABEL:fine text, in Latin-1', async () => {
    const kinds = ['DESC:manner', 'ENTY:cremat', 'ABBR:exp', 'HUM:ind', 'NUM:date', 'LOC:city'];
    const { mapping, parsed, report } = await opened(
      'train_5500.label',
      latin(
        many(5452, (i) => ({ i }))
          .map((_, i) => `${kinds[i % 6]} What is the name ${i % 500 === 7 ? 'of the café' : 'of it'}, number ${i} ?`)
          .join('\n'),
      ),
    );
    expect(mapping).toEqual({ kind: 'text-label', roles: { text: 'text', label: 'label' } });
    expect(parsed.table.legacy?.encoding).toBe('windows-1252');
    expect(report).toMatchObject({ usable: 5452, labels: expect.objectContaining({ length: 6 }) });
  });

  it('6,920 lines 0 text', async () => {
    const { mapping, report } = await opened(
      'stsa.train',
      many(6920, (i) => ({ i }))
        .map(
          (_, i) =>
            `${i % 2} a ${['stirring', 'dull'][i % 2]} , funny and finally transporting film of ${i} , 2 hours long`,
        )
        .join('\n'),
    );
    expect(mapping).toEqual({ kind: 'text-label', roles: { text: 'text', label: 'label' } });
    expect(report).toMatchObject({ usable: 6920, labels: expect.objectContaining({ length: 2 }) });
  });
});
