/** Small data sets written on the fly, the same forty facts in every format the page reads, and large ones on disk. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { Rng } from '../src/shared/rng';

const COLOURS = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'brown', 'pink'];
const THINGS = ['ball', 'hat', 'boat', 'kite', 'door', 'cup', 'ribbon', 'bird', 'cart', 'stone'];

/** Question and answer pairs a tiny story model can learn to parrot. */
export const PAIRS = Array.from({ length: 40 }, (_, i) => {
  const thing = THINGS[i % THINGS.length];
  const colour = COLOURS[(i * 3 + Math.floor(i / THINGS.length)) % COLOURS.length];
  return { question: `What colour is the ${thing} of Tom?`, answer: `The ${thing} of Tom is ${colour}.` };
});

const csvCell = (s: string) => `"${s.replaceAll('"', '""')}"`;

export interface DataFile {
  name: string;
  mimeType: string;
  text: string;
  /** What the page must say it is. */
  format: string;
  rows: number;
}

/** One file per format; their columns are named differently, so that detection has something to do. */
export const FILES: DataFile[] = [
  {
    name: 'facts.jsonl',
    mimeType: 'application/x-ndjson',
    format: 'JSONL',
    rows: 40,
    text: PAIRS.map((p) => JSON.stringify({ instruction: p.question, input: '', output: p.answer })).join('\n'),
  },
  {
    name: 'facts.json',
    mimeType: 'application/json',
    format: 'JSON',
    rows: 40,
    text: JSON.stringify(
      PAIRS.map((p) => ({ prompt: p.question, completion: p.answer })),
      null,
      1,
    ),
  },
  {
    name: 'facts.csv',
    mimeType: 'text/csv',
    format: 'CSV',
    rows: 40,
    text: ['prompt,completion', ...PAIRS.map((p) => `${csvCell(p.question)},${csvCell(p.answer)}`)].join('\r\n'),
  },
  {
    name: 'facts.tsv',
    mimeType: 'text/tab-separated-values',
    format: 'TSV',
    rows: 40,
    text: PAIRS.map((p, i) => `${p.answer}\t${i % 2}`).join('\n'),
  },
  {
    name: 'facts.txt',
    mimeType: 'text/plain',
    format: 'TXT',
    rows: 0,
    text: Array.from({ length: 6 }, () => PAIRS.map((p) => `${p.question}\n${p.answer}`).join('\n\n')).join('\n\n'),
  },
];

export const asUpload = (file: { name: string; mimeType: string; text: string }) => ({
  name: file.name,
  mimeType: file.mimeType,
  buffer: Buffer.from(file.text),
});

/** Writes JSON lines of about `mb` megabytes (5,000 rows each), all different. */
export function writeBig(path: string, mb: number): void {
  const file = openSync(path, 'w');
  for (let part = 0, i = 0; part < mb; part++) {
    const lines = Array.from({ length: 5000 }, () => {
      const { question, answer } = PAIRS[++i % PAIRS.length];
      return JSON.stringify({
        id: i,
        source: `part ${part} of a long file`,
        question: `${question} It is story number ${i}, told on a long evening.`,
        answer: `${answer} He said so ${i % 7} times.`,
      });
    });
    writeSync(file, `${lines.join('\n')}\n`);
  }
  closeSync(file);
}

/** Lines of an ill-formed file, by what is wrong with them. */
export interface Faults {
  /** A row with too few fields. */
  short: number;
  /** A row with a separator too many. */
  surplus: number;
  /** A quote that is never closed. */
  quote: number;
  /** Bytes of Windows-1252 in a file of UTF-8. */
  encoding: number;
  empty: number;
  /** A copy of the first row, which lies on line 2. */
  duplicate: number;
}

/**
 * Writes a CSV of questions and answers with everything wrong that the report can repair, once each, in its first half.
 * No answer comes again: few and short ones would be labels, and each run would tell them at every evaluation.
 */
export function writeIllFormed(path: string, rows: number, seed: number): Faults {
  const rng = new Rng(seed);
  const drawn = new Set<number>();
  // Line 1 is the header, and line 2 stays whole: it is the one that is copied.
  while (drawn.size < 6) drawn.add(3 + rng.below(Math.floor(rows / 2)));
  const [short, surplus, quote, encoding, empty, duplicate] = drawn;
  const pair = (story: number) => {
    const [thing, colour] = [THINGS[rng.below(THINGS.length)], COLOURS[rng.below(COLOURS.length)]];
    return `What colour is the ${thing} of Tom in story ${story}?,The ${thing} of Tom is ${colour} in story ${story}.`;
  };
  const first = pair(0);
  const wrong: Record<number, string> = {
    [short]: 'a question with no answer beside it',
    [surplus]: 'Where is it?,In the red, blue and green box.',
    [quote]: '"An open quote,and its answer',
    [encoding]: 'Who sits in the caf\xe9?,Tom does.',
    [empty]: 'An empty answer,',
    [duplicate]: first,
  };
  const lines = ['question,answer', first, ...Array.from({ length: rows - 1 }, (_, i) => wrong[i + 3] ?? pair(i + 1))];
  writeFileSync(path, `${lines.join('\n')}\n`, 'latin1');
  return { short, surplus, quote, encoding, empty, duplicate };
}
