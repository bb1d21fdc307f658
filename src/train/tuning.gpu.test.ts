import { expect, it } from 'vitest';
import { openGpu } from '../engine/gpu/device';
import { tune } from './tuning';

it('measures once and remembers', async () => {
  const gpu = await openGpu();
  let measured = 0;
  const measure = async () => {
    measured++;
    return { 'wide nk': 'tile16' };
  };
  for (let i = 0; i < 2; i++) {
    gpu.tuning = {};
    await tune(gpu, measure);
    expect(gpu.tuning).toEqual({ 'wide nk': 'tile16' });
  }
  expect(measured).toBe(1);
  // Another adapter is measured anew.
  gpu.info.architecture = 'another';
  await tune(gpu, measure);
  expect(measured).toBe(2);
  gpu.destroy();
});
