/** The adapter's best rate of our own matmul: the measure for everything else that multiplies. */
import { Rng } from '../shared/rng';
import type { Device } from './device/device';
import { packDims } from './device/dims';
import { Program } from './device/program';
import { matmul } from './kernels/matmul/matmul';

const SUBMITS = 4;

/** Multiply-adds a second of a `size`³ product in f32, best of a few submits. */
export async function matmulRate(device: Device, size = device.info.software ? 512 : 2048): Promise<number> {
  const scope = device.buffers.scope('matmul rate');
  try {
    const numbers = (seed: number) => {
      const rng = new Rng(seed);
      return Float32Array.from({ length: size * size }, () => rng.uniform(-1, 1));
    };
    const [a, w] = [scope.upload('a', numbers(1)), scope.upload('w', numbers(2))];
    const out = scope.alloc('out', 4 * size * size);
    const dims = scope.upload(
      'dims',
      new Uint8Array(packDims({ rows: size, supervised: 0, lossScale: 1, tokens: size, segments: 1, stride: size })),
      'uniform',
    );
    const rows = { dims, of: () => size, max: size };
    const program = await new Program(
      device,
      scope,
      'matmul rate',
      matmul(device, { label: 'rate', rows, a, w, out, n: size, k: size, transposed: true }),
    ).compile();
    const seconds = async (repeats: number) => {
      let start = 0;
      device.submit('matmul rate', (commands) => {
        for (let i = 0; i < repeats; i++) program.encode(commands, { rows: size, supervised: 0, segments: 1 });
        start = performance.now();
      });
      await device.done();
      return (performance.now() - start) / 1000;
    };
    await seconds(1);
    // As many at a time as fill a twentieth of a second, so that a submit's own cost does not show.
    const repeats = Math.min(64, Math.max(1, Math.round(0.05 / (await seconds(1)))));
    const times: number[] = [];
    for (let i = 0; i < SUBMITS; i++) times.push(await seconds(repeats));
    return (repeats * size ** 3) / Math.min(...times);
  } finally {
    scope.free();
  }
}
