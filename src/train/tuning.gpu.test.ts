import { expect, it } from 'vitest';
import { openWebGpu } from '../engine/device/webgpu/webgpu';
import { tune } from './tuning';

it('measures once and remembers', async () => {
  const device = await openWebGpu();
  let measured = 0;
  const measure = async () => {
    measured++;
    return { 'wide nk': 'shared' };
  };
  for (let i = 0; i < 2; i++) {
    device.tuning = {};
    await tune(device, measure);
    expect(device.tuning).toEqual({ 'wide nk': 'shared' });
  }
  expect(measured).toBe(1);
  // Another adapter is measured anew.
  device.info.architecture = 'another';
  await tune(device, measure);
  expect(measured).toBe(2);
  device.destroy();
});
