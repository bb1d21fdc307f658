/**
 * Likelihoods through the tree against each answer alone, and constrained decoding, on a model of a few lines in f64.
 */
import { expect, it } from 'vitest';
import { Rng } from '../shared/rng';
import { type AnswerTree, type Reader, answerTree, constrainedGreedy, likelihoods } from './answerTree';

const VOCAB = 11;
const END = 0;
const special = new Map([[END, '</s>']]);

/** Logits that depend on the model and the whole text before. */
function logitsOf(model: number, text: readonly number[]): Float32Array {
  const rng = new Rng(text.reduce((h, id) => (Math.imul(h, 31) + id + 7) >>> 0, model + 1));
  return Float32Array.from({ length: VOCAB }, () => 3 * rng.float());
}

/** A reader that keeps what each model has read, as a cache does, and counts. */
function reader(models: number): Reader & { reads: number } {
  const texts = Array.from({ length: models }, (): number[] => []);
  return {
    reads: 0,
    async read(ids, start, own = false) {
      this.reads++;
      return texts.map((text, m) => {
        expect(start).toBeLessThanOrEqual(text.length);
        text.splice(start, Infinity, ...(own ? [ids[m]] : ids));
        return logitsOf(m, text);
      });
    },
  };
}

/** The sum of an answer's log probabilities, token by token. */
function alone(model: number, prompt: readonly number[], answer: readonly number[]): number {
  let [sum, text] = [0, [...prompt]];
  for (const id of answer) {
    const logits = Array.from(logitsOf(model, text));
    sum += logits[id] - Math.log(logits.reduce((s, x) => s + Math.exp(x), 0));
    text = [...text, id];
  }
  return sum;
}

const tree = (answers: number[][]): AnswerTree =>
  answerTree(
    answers.map((a) => Int32Array.from(a)),
    special,
  )!;

const PROMPT = [1, 4, 2];
const ANSWERS = [
  [3, END],
  [5, 6, END],
  [5, 7, 8, END],
  [5, 7, 9, END],
  [10, END],
];

it('likelihoods are those of each answer alone, and read what answers share once', async () => {
  const own = tree(ANSWERS);
  expect(own.reads).toBe(2);
  const from = reader(3);
  const found = await likelihoods(from, 3, Int32Array.from(PROMPT), own);
  expect(from.reads).toBe(3);
  for (let m = 0; m < 3; m++)
    ANSWERS.forEach((answer, i) =>
      // Answers exclude each other without the end, so it has no say.
      expect(found[m][i]).toBeCloseTo(alone(m, PROMPT, answer.slice(0, -1)), 12),
    );
});

it('the end has a say where one answer begins another', async () => {
  const answers = [
    [3, END],
    [3, 4, END],
  ];
  const own = tree(answers);
  expect(own.reads).toBe(2);
  const [found] = await likelihoods(reader(1), 1, Int32Array.from(PROMPT), own);
  answers.forEach((answer, i) => expect(found[i]).toBeCloseTo(alone(0, PROMPT, answer), 12));
  // Nothing tells them apart without one.
  expect(answerTree([Int32Array.of(3), Int32Array.of(3, 4)], special)).toBeNull();
  expect(answerTree([Int32Array.of(END), Int32Array.of(3, END)], special)).not.toBeNull();
});

it('constrained decoding takes the likeliest token that leads to an answer, each model its own', async () => {
  const models = 7;
  const from = reader(models);
  const found = await constrainedGreedy(from, models, Int32Array.from(PROMPT), tree(ANSWERS));
  const likeliest = (m: number, text: number[], among: number[]) => {
    const logits = logitsOf(m, text);
    return among.reduce((a, b) => (logits[b] > logits[a] ? b : a));
  };
  const expected = Array.from({ length: models }, (_, m) => {
    const first = likeliest(m, PROMPT, [3, 5, 10]);
    if (first !== 5) return first === 3 ? 0 : 4;
    if (likeliest(m, [...PROMPT, 5], [6, 7]) === 6) return 1;
    return likeliest(m, [...PROMPT, 5, 7], [8, 9]) === 8 ? 2 : 3;
  });
  expect(found).toEqual(expected);
  // Some model goes down each way.
  expect(new Set(found).size).toBeGreaterThan(2);
  expect(from.reads).toBeLessThanOrEqual(3);
});

it('a model whose logits are no numbers chooses nothing', async () => {
  const broken: Reader = { read: () => Promise.resolve([new Float32Array(VOCAB).fill(NaN)]) };
  expect(await constrainedGreedy(broken, 1, Int32Array.from(PROMPT), tree(ANSWERS))).toEqual([-1]);
  const [found] = await likelihoods(broken, 1, Int32Array.from(PROMPT), tree(ANSWERS));
  expect(found.every(Number.isNaN)).toBe(true);
});
