import { expect, it } from 'vitest';
import type { WebGpuDevice } from '../../device/webgpu/webgpu';
import { testDevice } from '../../testing/harness';
import { type TypicalProduct, staticChoices, tuneMatmul } from './tuner';
import { SHAPE_CLASSES, VARIANTS } from './variants';

/** Software adapters are not tuned, so this one passes for another. The product is the 4m model's. */
async function tunable<T>(act: (device: WebGpuDevice, product: TypicalProduct) => Promise<T>): Promise<T> {
  const device = (await testDevice()) as WebGpuDevice;
  const scope = device.buffers.scope('model');
  const weight = { tensor: scope.alloc('up', 4 * 192 * 512), type: 'f32' as const };
  const { software } = device.info;
  device.info.software = false;
  try {
    return await act(device, { weight, dIn: 192, dOut: 512 });
  } finally {
    scope.free();
    device.info.software = software;
  }
}

it('names a variant for every class and leaves nothing behind', () =>
  tunable(async (device, product) => {
    const before = device.tuning;
    const live = device.buffers.live();
    const choices = await tuneMatmul(device, product);
    expect(Object.keys(choices)).toEqual([...SHAPE_CLASSES]);
    for (const variant of Object.values(choices)) expect(VARIANTS).toHaveProperty(variant);
    expect(JSON.parse(JSON.stringify(choices))).toEqual(choices);
    expect(device.tuning).toBe(before);
    expect(device.buffers.live()).toEqual(live);
  }));

it('without time it names the static choices', () =>
  tunable(async (device, product) => {
    const compiled = device.pipelines.size;
    expect(await tuneMatmul(device, product, -1)).toEqual(staticChoices(device, product));
    expect(device.pipelines.size).toBe(compiled);
  }));
