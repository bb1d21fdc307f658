import { expect, it } from 'vitest';
import { testGpu } from '../../testing/harness';
import { staticChoices, tuneMatmul } from './tuner';
import { SHAPE_CLASSES, VARIANTS } from './variants';

/** Software adapters are not tuned, so this one passes for another. */
async function tunable() {
  const gpu = await testGpu();
  return { ...gpu, info: { ...gpu.info, software: false } };
}

it('names a variant for every class and leaves nothing behind', async () => {
  const gpu = await tunable();
  const before = gpu.tuning;
  const live = gpu.buffers.live();
  const choices = await tuneMatmul(gpu, 1500, 192);
  expect(Object.keys(choices)).toEqual([...SHAPE_CLASSES]);
  for (const variant of Object.values(choices)) expect(VARIANTS).toHaveProperty(variant);
  expect(JSON.parse(JSON.stringify(choices))).toEqual(choices);
  expect(gpu.tuning).toBe(before);
  expect(gpu.buffers.live()).toEqual(live);
});

it('without time it names the static choices', async () => {
  const gpu = await tunable();
  const compiled = gpu.pipelines.size;
  expect(await tuneMatmul(gpu, -1)).toEqual(staticChoices(gpu));
  expect(gpu.pipelines.size).toBe(compiled);
});
