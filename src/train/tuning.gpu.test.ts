import { expect, it } from 'vitest';
import { openWebGpu } from '../engine/device/webgpu/webgpu';
import type { Weight } from '../engine/kernels/matmul/weight';
import { tune } from './tuning';

const PRODUCT = { weight: { type: 'f16' } as Weight, dIn: 64, dOut: 176 };

it('measures once and remembers', async () => {
  const device = await openWebGpu();
  let measured = 0;
  const measure = async () => {
    measured++;
    return { 'wide nk': 'shared' };
  };
  for (let i = 0; i < 2; i++) {
    device.tuning = {};
    await tune(device, PRODUCT, measure);
    expect(device.tuning).toEqual({ 'wide nk': 'shared' });
  }
  expect(measured).toBe(1);
  // Another adapter is measured anew.
  device.info.architecture = 'another';
  await tune(device, PRODUCT, measure);
  expect(measured).toBe(2);
  // Another model as well.
  await tune(device, { ...PRODUCT, dOut: 512 }, measure);
  expect(measured).toBe(3);
  device.destroy();
});
