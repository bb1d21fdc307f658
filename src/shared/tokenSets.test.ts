import { expect, test } from 'vitest';
import { arraysOf, bytesOfSets } from './tokenSets';
import type { TokenSet } from './types';

const texts: TokenSet = {
  ids: new Int32Array(7),
  offsets: new Uint32Array(3),
  supervised: new Uint8Array(7),
};
const pictures: TokenSet = {
  ...texts,
  labels: { classes: ['a', 'b'], of: new Uint32Array(2) },
  pictures: {
    format: { side: 1, patch: 2, resample: 2, scale: [1], shift: [0] },
    values: new Uint8Array(24),
    names: ['a/1.png', 'b/2.png'],
  },
};

test('all that a set is made of is counted, and what is not there is nothing', () => {
  expect(bytesOfSets([texts])).toBe(7 * 4 + 3 * 4 + 7);
  expect(bytesOfSets([texts, null, pictures])).toBe(2 * (7 * 4 + 3 * 4 + 7) + 2 * 4 + 24);
  expect(bytesOfSets([null])).toBe(0);
  // Whatever kind of array a set may come to have, none is left out.
  const arrays = (value: object): number =>
    Object.values(value).reduce(
      (n, v) => n + (ArrayBuffer.isView(v) ? 1 : typeof v === 'object' && v !== null ? arrays(v as object) : 0),
      0,
    );
  expect(arraysOf(pictures)).toHaveLength(arrays(pictures));
});
