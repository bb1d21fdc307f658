import { afterEach, expect, test } from 'vitest';
import { openGpuInNode } from './node';

const { navigator } = globalThis;
afterEach(() => {
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
});

test('a GPU that cannot be had is refused by a code: no package, one that does not run here, no driver', async () => {
  await expect(openGpuInNode()).rejects.toMatchObject({ name: 'GpuError', code: 'cli.noDawn' });
  const broken = () => Promise.reject(new Error('libvulkan.so.1: cannot open\nat dlopen'));
  await expect(openGpuInNode(broken)).rejects.toMatchObject({ params: { why: 'libvulkan.so.1: cannot open' } });
  const gpu = { requestAdapter: async () => null } as unknown as GPU;
  const alone = async () => ({ create: () => gpu, globals: {} });
  await expect(openGpuInNode(alone)).rejects.toMatchObject({ name: 'GpuError', code: 'cli.noDriver' });
});
