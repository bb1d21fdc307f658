import { expect, it } from 'vitest';
import { allModules, moduleSalt } from './llama';

it('no two modules of a deep model share their random numbers, and a module keeps its own', () => {
  const modules = allModules({ layers: 200 });
  expect(new Set(modules.map(moduleSalt)).size).toBe(modules.length);
  // reference/sieve_ref/dropout.py has the same.
  expect(moduleSalt({ layer: 3, kind: 'q' })).toBe(3937541688);
});
