import { expect, it } from 'vitest';
import { matmul } from '../../kernels/matmul/matmul';
import { openCpuDevice } from '../../kernels/openCpu';
import { rmsNorm } from '../../kernels/rmsNorm/rmsNorm';
import { floats, randomFloats, rowCount, runOps } from '../../testing/harness';
import { startInNode } from './nodeThreads';
import type { CpuDevice } from './device';
import type { StartThread } from './threads';

const ROWS = 101;
const [N, K] = [196, 132];

/** A product by columns, one by rows, one with a short sum, and a norm. */
async function compute(device: CpuDevice): Promise<Float32Array[]> {
  const scope = device.buffers.scope('threads');
  const rows = rowCount(scope, ROWS);
  const upload = (name: string, length: number, seed: number) => scope.upload(name, randomFloats(length, seed));
  const a = upload('a', ROWS * K, 1);
  const [wide, narrow, normed, rstd] = [ROWS * N, ROWS * 8, ROWS * N, ROWS].map((length, i) =>
    scope.alloc(`out ${i}`, 4 * length),
  );
  await runOps(device, [
    ...matmul(device, { label: 'wide', rows, a, w: upload('w', N * K, 2), out: wide, n: N, k: K, transposed: true }),
    ...matmul(device, {
      label: 'narrow',
      rows,
      a,
      w: upload('v', 8 * K, 3),
      out: narrow,
      n: 8,
      k: K,
      transposed: false,
    }),
    ...matmul(device, {
      label: 'short',
      rows,
      a: narrow,
      w: upload('u', 8 * N, 5),
      out: wide,
      n: N,
      k: 8,
      transposed: false,
      accumulate: true,
    }),
    rmsNorm(device, { rows, x: wide, weight: upload('norm', N, 4), out: normed, rstd, width: N, eps: 1e-5 }),
  ]);
  const results = await Promise.all([
    floats(device, wide, ROWS * N),
    floats(device, narrow, ROWS * 8),
    floats(device, normed, ROWS * N),
  ]);
  scope.free();
  expect(device.buffers.live()).toEqual({ buffers: 0, bytes: 0 });
  return results;
}

it('one, two and four threads give the same bits, time and again', async () => {
  let expected: Float32Array[] | null = null;
  for (const threads of [1, 2, 4]) {
    const device = await openCpuDevice({ threads, start: startInNode });
    expect(device.info.threads).toBe(threads);
    expected ??= await compute(device);
    for (let i = 0; i < 3; i++) expect(await compute(device)).toEqual(expected);
    device.destroy();
  }
});

it('a function that is not there is an error, and the device goes on', async () => {
  const device = await openCpuDevice({ threads: 2, start: startInNode });
  const scope = device.buffers.scope('broken');
  const kernel = { label: 'broken', code: '', constants: {} };
  const broken = runOps(device, [
    { kernel, bindings: [], groups: () => [1, 1, 1], cpu: (cpu) => cpu.run('nothing', 8, []) },
  ]);
  await expect(broken).rejects.toThrow('no function "nothing"');
  await compute(device);
  scope.free();
  device.destroy();
});

it('a thread that is woken although there is nothing new does nothing', async () => {
  interface Shared {
    control: Int32Array<SharedArrayBuffer>;
    layout: { GENERATION: number; PENDING: number };
  }
  const shared: Shared[] = [];
  const start: StartThread = (script, name) => {
    const handle = startInNode(script, name);
    return {
      ...handle,
      post: (message) => {
        shared.push(message as Shared);
        handle.post(message);
      },
    };
  };
  const device = await openCpuDevice({ threads: 2, start });
  const [
    {
      control,
      layout: { GENERATION, PENDING },
    },
  ] = shared;
  await compute(device);
  // As from a caller who was kept from waking it until the call was over.
  while (Atomics.notify(control, GENERATION) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(Atomics.load(control, PENDING)).toBe(0);
  device.destroy();
});
