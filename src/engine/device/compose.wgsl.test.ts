import { expect, it } from 'vitest';
import { GpuError } from '../../shared/errors';
import { compose } from './compose';
import { openWebGpu } from './webgpu/webgpu';

it('puts extensions, constants, aliases and snippets in front, in that order', () => {
  expect(compose('fn main() {}', { enables: ['f16'], consts: { N: 3, ON: true }, aliases: { Row: 'vec4<f32>' }, snippets: ['struct S { x: u32 }'] }))
    .toBe('enable f16;\nconst N: u32 = 3u;\nconst ON: bool = true;\nalias Row = vec4<f32>;\nstruct S { x: u32 }\nfn main() {}');
});

it('lets nothing through that is no name, no u32 or no type', () => {
  expect(() => compose('', { consts: { 'N; fn x': 1 } })).toThrow('identifier');
  expect(() => compose('', { consts: { N: 1.5 } })).toThrow('u32');
  expect(() => compose('', { consts: { N: -1 } })).toThrow('u32');
  expect(() => compose('', { enables: ['f16; fn x() {}'] })).toThrow('extension');
  expect(() => compose('', { aliases: { T: 'f32; fn x() {}' } })).toThrow('alias');
});

it('a shader that does not compile is named with its line', async () => {
  // A device of its own: it remembers its first error, and the tests share theirs.
  const device = await openWebGpu();
  const broken = device.pipelines.get({ label: 'broken', code: '@compute @workgroup_size(1) fn main() {\n  let x = nowhere;\n}', constants: {} });
  await expect(broken).rejects.toThrow(GpuError);
  await expect(broken).rejects.toThrow(/Shader "broken" does not compile, line 2: .*nowhere/);
  device.destroy();
});
