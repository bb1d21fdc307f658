import { expect, it } from 'vitest';
import type { WebGpuDevice } from '../../device/webgpu/webgpu';
import { testDevice } from '../../testing/harness';
import { staticChoices, tuneMatmul } from './tuner';
import { SHAPE_CLASSES, VARIANTS } from './variants';

/** Software adapters are not tuned, so this one passes for another. */
async function tunable<T>(act: (device: WebGpuDevice) => Promise<T>): Promise<T> {
  const device = (await testDevice()) as WebGpuDevice;
  const { software } = device.info;
  device.info.software = false;
  try {
    return await act(device);
  } finally {
    device.info.software = software;
  }
}

it('names a variant for every class and leaves nothing behind', () =>
  tunable(async (device) => {
    const before = device.tuning;
    const live = device.buffers.live();
    const choices = await tuneMatmul(device, 1500, 192);
    expect(Object.keys(choices)).toEqual([...SHAPE_CLASSES]);
    for (const variant of Object.values(choices)) expect(VARIANTS).toHaveProperty(variant);
    expect(JSON.parse(JSON.stringify(choices))).toEqual(choices);
    expect(device.tuning).toBe(before);
    expect(device.buffers.live()).toEqual(live);
  }));

it('without time it names the static choices', () =>
  tunable(async (device) => {
    const compiled = device.pipelines.size;
    expect(await tuneMatmul(device, -1)).toEqual(staticChoices(device));
    expect(device.pipelines.size).toBe(compiled);
  }));
