import { expect, it } from 'vitest';
import type { TokenSet } from '../shared/types';
import { MAX_CANDIDATES, candidates, questions } from './answers';
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

it('labels are few distinct answers, over training and validation data together', () => {
  const a = set([
    [
      [1, 5],
      [7, 2],
    ],
    [
      [1, 6],
      [8, 2],
    ],
    [
      [1, 9],
      [7, 2],
    ],
  ]);
  expect(
    candidates([
      a,
      set([
        [
          [1, 4],
          [9, 2],
        ],
      ]),
    ])?.map((c) => [...c]),
  ).toEqual([
    [7, 2],
    [8, 2],
    [9, 2],
  ]);
  expect(
    candidates([
      set([
        [
          [1, 5],
          [7, 2],
        ],
        [
          [1, 6],
          [7, 2],
        ],
      ]),
    ]),
  ).toBeNull();
  expect(
    candidates([
      set(
        Array.from(
          { length: MAX_CANDIDATES + 1 },
          (_, i) =>
            [
              [1, 3],
              [10 + i, 2],
            ] as [number[], number[]],
        ),
      ),
    ]),
  ).toBeNull();
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
