/**
 * The sets of the plan as token sets. Shared ones are read where they lie, `$SIEVE_DATA` or `shared/data` beside the
 * repository; nothing is copied.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseFile } from '../../src/data/parse';
import { prepare } from '../../src/data/prepare';
import { NO_REPAIRS } from '../../src/data/repair';
import type { TokenSet, Tokenizer } from '../../src/shared/types';
import { TRAIN, VALIDATION_EXAMPLES } from './plan';

interface Row {
  prompt: string;
  completion: string;
}

function shared(path: string): string {
  const file = join(process.env.SIEVE_DATA ?? resolve('..', 'shared', 'data'), path);
  if (!existsSync(file))
    throw new Error(`${file} is not there; set SIEVE_DATA to the folder that holds the shared sets`);
  return readFileSync(file, 'utf8');
}

const json = <T>(text: string) => JSON.parse(text) as T[];
const lines = (text: string) => text.split('\n').filter(Boolean);

/** In the order in which they are trained: short examples first, those of which one is not solved before the other. */
export const SETS: Record<string, () => Row[]> = {
  'sms-spam': () =>
    lines(shared('sms-spam/SMSSpamCollection')).map((line) => {
      const [label, text] = line.split('\t');
      return { prompt: `${text}\nThis is`, completion: ` ${label}` };
    }),
  feelings: () =>
    lines(readFileSync('public/datasets/feelings/feelings.csv', 'utf8'))
      .slice(1)
      .map((line) => {
        const [, text, label] = /^"((?:[^"]|"")*)",(.*)$/.exec(line) ?? /^([^,]*),(.*)$/.exec(line)!;
        return { prompt: `${text.replaceAll('""', '"')}\nFeeling:`, completion: ` ${label}` };
      }),
  alpaca: () =>
    json<{ instruction: string; input: string; output: string }>(shared('llama-factory-demo/alpaca_en_demo.json')).map(
      ({ instruction, input, output }) => ({
        prompt: `${instruction}\n${input ? `${input}\n` : ''}`,
        completion: output,
      }),
    ),
  piqa: () =>
    json<{ instruction: string; output: string }>(shared('llm-adapters/dataset/piqa/test.json')).map(
      ({ instruction, output }) => ({ prompt: `${instruction}\n`, completion: output }),
    ),
  gsm8k: () =>
    lines(shared('gsm8k/train.jsonl')).map((line) => {
      const { question, answer } = JSON.parse(line) as { question: string; answer: string };
      return { prompt: `${question}\n`, completion: answer };
    }),
};

/** A set as it is trained on, and what tells it from others. */
export interface PlanSet {
  train: TokenSet;
  validation: TokenSet;
  by: { data: string; split: number };
}

const SPLIT_SEED = 2026;

/** The same validation examples for all seeds. */
export async function tokenSets(name: string, tokenizer: Tokenizer): Promise<PlanSet> {
  const read = SETS[name];
  if (!read) throw new Error(`there is no set "${name}": ${Object.keys(SETS).join(', ')}`);
  const rows = read();
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  const table = await parseFile('set.jsonl', new Blob([text]));
  const { train, validation } = await prepare(
    table,
    {
      mapping: { kind: 'prompt-completion', roles: { prompt: 'prompt', completion: 'completion' } },
      template: { prompt: '{prompt}', completion: '{completion}' },
      completionOnly: true,
      maxSequenceLength: TRAIN.maxSequenceLength!,
      validationShare: Math.min(0.4, VALIDATION_EXAMPLES / rows.length),
      seed: SPLIT_SEED,
      maxExamples: 20_000,
      stratify: true,
      repairs: NO_REPAIRS,
      edits: { excluded: [], changed: [] },
    },
    tokenizer,
  );
  const data = createHash('sha256').update(text).digest('hex');
  return { train, validation, by: { data, split: SPLIT_SEED } };
}
