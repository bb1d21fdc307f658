import { expect, it } from 'vitest';
import { allModules } from '../../shared/model';
import { TINY_LLAMA } from '../../train/testing/tinyLlama';
import { moduleSalt } from './modules';

it('no two modules of a deep model share their random numbers, and a module keeps its own', () => {
  const paths = Array.from({ length: 100 }, (_, n) =>
    allModules(TINY_LLAMA).map(({ path, layer }) => path.replace(`.${layer}.`, `.${2 * n + layer}.`)),
  ).flat();
  expect(new Set(paths).size).toBe(1400);
  expect(new Set(paths.map(moduleSalt)).size).toBe(paths.length);
  // python/sieve_ref/dropout.py has the same.
  expect(moduleSalt('model.layers.3.self_attn.q_proj')).toBe(3937541688);
});
