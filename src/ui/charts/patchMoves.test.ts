import { expect, test } from 'vitest';
import { movedPatch, patchAt } from './patchMoves';

test('keys lead from patch to patch, and up to the class token', () => {
  // 0
  // 1 2 3
  // 4 5 6
  // 7 8 9
  const go = (from: number, ...keys: string[]) => keys.reduce((at, key) => movedPatch(key, at, 3) ?? -1, from);
  expect(go(5, 'ArrowRight')).toBe(6);
  expect(go(6, 'ArrowRight')).toBe(6);
  expect(go(5, 'ArrowUp')).toBe(2);
  expect(go(5, 'ArrowUp', 'ArrowUp')).toBe(0);
  expect(go(0, 'ArrowUp')).toBe(0);
  expect(go(0, 'ArrowDown', 'ArrowDown')).toBe(4);
  expect(go(5, 'Home')).toBe(4);
  expect(go(5, 'End')).toBe(6);
  expect(go(5, 'PageDown')).toBe(8);
  expect(movedPatch('Enter', 5, 3)).toBeNull();
  expect(movedPatch('x', 0, 3)).toBeNull();
});

test('a place on the picture is a patch', () => {
  const at = (x: number, y: number) => patchAt(x, y, { side: 4, width: 100 });
  expect([at(0, 0), at(99, 0), at(30, 60), at(99, 99)]).toEqual([1, 4, 10, 16]);
  expect([at(-1, 0), at(100, 50), at(50, 101)]).toEqual([null, null, null]);
});
