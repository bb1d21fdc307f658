import { sayError } from '../../shared/texts/say';
import { describe, expect, it } from 'vitest';
import { GpuError } from '../../shared/errors';
import { testDevice } from '../testing/harness';
import { readFloats } from './device';

describe('buffers and their owners', () => {
  it('counts what lives, frees it with its owner, and throws when it is used afterwards', async () => {
    const device = await testDevice();
    const before = device.buffers.live();
    const scope = device.buffers.scope('owner');
    const tensor = scope.upload('numbers', Float32Array.of(1, 2, 3));
    expect([...(await readFloats(device, tensor))].slice(0, 3)).toEqual([1, 2, 3]);
    expect(device.buffers.live().buffers).toBe(before.buffers + 1);
    const part = scope.alloc('pair', 512).slice('second half', 256, 256);
    scope.free();
    scope.free();
    expect(device.buffers.live()).toEqual(before);
    expect(() => tensor.memory).toThrow('"owner/numbers" is used after it was freed');
    expect(() => part.memory).toThrow(GpuError);
  });

  it('a slice must be aligned and inside', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('owner');
    const tensor = scope.alloc('t', 512);
    expect(() => tensor.slice('s', 4, 16)).toThrow('does not fit');
    expect(() => tensor.slice('s', 256, 512)).toThrow('does not fit');
    scope.free();
  });

  it('a tensor beyond the limits is refused by name, with what to do', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('train');
    const before = device.buffers.live();
    try {
      scope.alloc('layers.0.act', device.info.maxBindingSize + 16);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(GpuError);
      expect((error as GpuError).message).toContain('"layers.0.act" needs');
      expect(sayError(error as GpuError).hint).toContain('smaller batch');
    }
    expect(device.buffers.live()).toEqual(before);
  });
});
