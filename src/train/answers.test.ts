import { describe, expect, it } from 'vitest';
import { MAX_CLASSES } from '../shared/classification';
import type { TokenSet, Tokenizer } from '../shared/types';
import { labelledAnswers, questions } from './answers';
import { changeNorm, norm } from './moduleMeasures';

/** Examples as [ids not trained, ids trained]. */
function set(examples: [number[], number[]][]): TokenSet {
  const offsets = Uint32Array.from([0, ...examples]);
  examples.forEach(([p, a], i) => {
    offsets[i + 1] = offsets[i] + p.length + a.length;
  });
  return {
    ids: Int32Array.from(examples.flat(2)),
    offsets,
    supervised: Uint8Array.from(examples.flatMap(([p, a]) => [...p.map(() => 0), ...a.map(() => 1)])),
  };
}

it('an answer is the trained end of an example with a prompt', () => {
  const s = set([
    [
      [1, 5, 6],
      [7, 2],
    ],
    [
      [1, 8],
      [9, 2],
    ],
  ]);
  expect(questions(s, 9)?.map((q) => [[...q.prompt], [...q.answer]])).toEqual([
    [
      [1, 5, 6],
      [7, 2],
    ],
    [
      [1, 8],
      [9, 2],
    ],
  ]);
  expect(questions(s, 1)).toHaveLength(1);
  // Only the mark of a beginning before it: plain text.
  expect(questions(set([[[1], [5, 6, 7, 2]]]), 9)).toBeNull();
  const broken = set([
    [
      [1, 5],
      [6, 7],
    ],
  ]);
  broken.supervised[0] = 1;
  expect(questions(broken, 9)).toBeNull();
});

describe('labels', () => {
  /** Writes a token as its number; 2 ends a text. */
  const tokenizer = {
    decode: (ids: ArrayLike<number>) => Array.from(ids).join(' '),
    special: new Map([[2, '</s>']]),
  } as Pick<Tokenizer, 'decode' | 'special'> as Tokenizer;
  const example = (prompt: number[], answer: number[]): [number[], number[]] => [
    [1, ...prompt],
    [...answer, 2],
  ];
  const a = set([example([5], [7]), example([6], [8]), example([9], [8])]);

  it('are few distinct answers of both splits, the most frequent of the train split first', () => {
    const found = labelledAnswers(a, set([example([4], [7])]), tokenizer);
    expect(found).toMatchObject({ classes: ['8', '7'], labels: [1] });
    expect(found!.spellings.map((s) => [[...s.ids], s.label])).toEqual([
      [[7, 2], 1],
      [[8, 2], 0],
    ]);
    expect([...found!.asked[0].prompt]).toEqual([1, 4]);
  });

  it('may be there in the validation split alone', () => {
    expect(labelledAnswers(a, set([example([4], [9]), example([4], [7]), example([5], [7])]), tokenizer)).toMatchObject(
      {
        classes: ['8', '7', '9'],
        labels: [2, 1, 1],
      },
    );
  });

  it('are not all the same, not mostly different, not too many, not long', () => {
    const same = set([example([5], [7])]);
    expect(labelledAnswers(same, same, tokenizer)).toBeNull();
    expect(labelledAnswers(a, set([example([4], [9])]), tokenizer)).toBeNull();
    const many = (n: number) => set(Array.from({ length: 3 * n }, (_, i) => example([5], [10 + (i % n)])));
    expect(labelledAnswers(many(MAX_CLASSES), a, tokenizer)).toBeNull();
    expect(labelledAnswers(many(MAX_CLASSES - 2), a, tokenizer)?.classes).toHaveLength(MAX_CLASSES);
    const long = set([example([5], new Array<number>(40).fill(7)), example([6], [8])]);
    expect(labelledAnswers(long, a, tokenizer)).toBeNull();
    const untold = set([[[1], [5, 7, 2]]]);
    expect(labelledAnswers(a, untold, tokenizer)).toBeNull();
  });

  it('of one text are one, however they are written', () => {
    const spelled = { ...tokenizer, decode: (ids: ArrayLike<number>) => (ids[0] > 6 ? ' yes' : 'no') } as Tokenizer;
    const found = labelledAnswers(a, set([example([4], [5])]), spelled);
    expect(found).toMatchObject({ classes: ['yes', 'no'], labels: [1] });
    expect(found!.spellings.map((s) => s.label)).toEqual([0, 0, 1]);
  });
});

it('the norm of B A needs no product', () => {
  const [rank, dIn, dOut, scaling] = [3, 5, 4, 1.7];
  const a = Float32Array.from({ length: rank * dIn }, (_, i) => Math.sin(i + 1));
  const b = Float32Array.from({ length: dOut * rank }, (_, i) => Math.cos(3 * i));
  const product = Array.from({ length: dOut * dIn }, (_, at) => {
    const [o, i] = [Math.floor(at / dIn), at % dIn];
    let sum = 0;
    for (let j = 0; j < rank; j++) sum += b[o * rank + j] * a[j * dIn + i];
    return scaling * sum;
  });
  expect(changeNorm({ a, b, dIn, dOut }, scaling)).toBeCloseTo(norm(product), 6);
  expect(changeNorm({ a, b: new Float32Array(dOut * rank), dIn, dOut }, scaling)).toBe(0);
});
