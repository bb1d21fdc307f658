import { expect, it, vi } from 'vitest';
import { GpuError } from '../../shared/errors';
import { Tensor } from './buffers';
import { compose } from './compose';
import { openWebGpu } from './webgpu/webgpu';

it('puts extensions, constants, aliases and snippets in front, in that order', () => {
  expect(
    compose('fn main() {}', {
      enables: ['f16'],
      consts: { N: 3, ON: true },
      aliases: { Row: 'vec4<f32>' },
      snippets: ['struct S { x: u32 }'],
    }),
  ).toBe(
    'enable f16;\nconst N: u32 = 3u;\nconst ON: bool = true;\nalias Row = vec4<f32>;\nstruct S { x: u32 }\nfn main() {}',
  );
});

it('lets nothing through that is no name, no u32 or no type', () => {
  expect(() => compose('', { consts: { 'N; fn x': 1 } })).toThrow('identifier');
  expect(() => compose('', { consts: { N: 1.5 } })).toThrow('u32');
  expect(() => compose('', { consts: { N: -1 } })).toThrow('u32');
  expect(() => compose('', { enables: ['f16; fn x() {}'] })).toThrow('extension');
  expect(() => compose('', { aliases: { T: 'f32; fn x() {}' } })).toThrow('alias');
});

it('a shader that does not compile is named with its line', async () => {
  const device = await openWebGpu();
  const broken = {
    label: 'broken',
    code: '@compute @workgroup_size(1) fn main() {\n  let x = nowhere;\n}',
    constants: {},
    variants: ['fast'],
  };
  const first = device.pipelines.get(broken);
  await expect(first).rejects.toThrow(GpuError);
  await expect(first).rejects.toThrow(/Shader "broken" does not compile, line 2: .*nowhere/);
  await expect(first).rejects.toMatchObject({ name: 'KernelError', variants: ['fast'] });
  // It is not taken for compiled when it is asked for again, and the device is as good as before.
  expect(device.pipelines.size).toBe(0);
  const again = device.pipelines.get(broken);
  expect(again).not.toBe(first);
  await expect(again).rejects.toThrow(/line 2/);
  await device.pipelines.get({ label: 'whole', code: '@compute @workgroup_size(1) fn main() {}', constants: {} });
  expect(device.error()).toBeNull();
  device.destroy();
});

it('an error outside a scope is kept until it is forgiven', async () => {
  const device = await openWebGpu();
  const scope = device.buffers.scope('test');
  // One call, one error: a bad submit has a second one, which may come later.
  device.write(
    new Tensor('too long', { memory: scope.alloc('b', 16).memory, size: 64, alive: true }, 0, 64),
    new Uint8Array(64),
  );
  await device.done();
  await vi.waitFor(() => expect(device.error()?.message).toMatch(/The GPU reported/));
  device.forgive();
  device.submit('good', (commands) => commands.copy(scope.alloc('a', 64), scope.alloc('c', 64)));
  await device.done();
  expect(device.error()).toBeNull();
  device.destroy();
});
