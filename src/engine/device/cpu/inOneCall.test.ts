/**
 * A low-rank module in one call forward and one back gives what its parts give, bit for bit, on one thread and on two.
 */
import { MODULE } from '../../testing/module';
import { describe, expect, it } from 'vitest';
import { gateSchema } from '../../../shared/config';
import { Gated } from '../../adapters/gate/gated';
import { Lora } from '../../adapters/lora/lora';
import { Plain } from '../../adapters/plain';
import { activeListBytes } from '../../kernels/gate/activeRows';
import { openCpuDevice } from '../../kernels/openCpu';
import { randomFloats, rowCount, runOps } from '../../testing/harness';
import { startInNode } from './nodeThreads';
import { alignBinding } from '../buffers';
import { readTensor } from '../device';
import type { CpuDevice } from './device';

class InParts extends Lora {
  override forwardInOne() {
    return null;
  }
  override backwardInOne() {
    return null;
  }
}

interface Shape {
  rows: number;
  dIn: number;
  dOut: number;
  rank: number;
  /** Whether there is a gate. */
  gated: boolean;
  lowest?: boolean;
}

const SQUARE_PARTS = 3;

/** All that a forward and a backward leave. */
async function compute(
  device: CpuDevice,
  parts: boolean,
  { rows: count, dIn, dOut, rank, gated, lowest }: Shape,
  tau = 0,
): Promise<Record<string, Uint32Array>> {
  const scope = device.buffers.scope('module');
  const upload = (name: string, length: number, seed: number) => scope.upload(name, randomFloats(length, seed));
  const [bytesA, bytesB] = [4 * rank * dIn, 4 * rank * dOut];
  const atB = alignBinding(bytesA);
  const [flat, grads] = [upload('params', (atB + bytesB) / 4, 1), upload('grads', (atB + bytesB) / 4, 2)];
  const slices = (all: typeof flat) => [all.slice('A', 0, bytesA), all.slice('B', atB, bytesB)];
  const [[a, b], [gradA, gradB]] = [slices(flat), slices(grads)];
  const module = { ...MODULE, dIn, dOut, salt: 1 };
  const low = {
    device,
    rPad: rank,
    scaling: 1.5,
    params: [{ a, b, gradA, gradB }],
    flat,
    dropout: 0,
    tokenDropout: 0,
    optimizer: { grads, norm: flat },
  };
  const lora = new (parts ? InParts : Lora)(low, gated ? { modules: [module], scope, shrinks: false } : null);
  const place = { rows: count, microBatches: 1, split: 1, followed: false, loadBestCheckpoint: false, steps: 0 };
  const method = !gated
    ? new Plain(lora)
    : new Gated({
        device,
        update: lora,
        modules: [module],
        scope,
        config: gateSchema.parse({}),
        train: { steps: 10, warmupSteps: 0, seed: 1 },
        place,
        follows: null,
      });
  if (gated) method.setThresholds(Float32Array.of(tau));
  const saved = {
    z: scope.alloc('z', 4 * count * rank),
    ratio: scope.alloc('ratio', 4 * count),
    open: scope.alloc('open', 4 * count),
    list: scope.alloc('list', activeListBytes(count)),
  };
  const scratch = {
    u: scope.alloc('u', 4 * count * rank),
    mu: scope.alloc('mu', 4 * count),
    partial: scope.alloc('partial', 4),
  };
  const [x, y, gradOut, dx] = [
    upload('x', count * dIn, 3),
    upload('y', count * dOut, 4),
    upload('g', count * dOut, 5),
    upload('dx', count * dIn, 6),
  ];
  const rowNormSquared = {
    tensor: scope.upload('squares', randomFloats(count * SQUARE_PARTS, 7).map(Math.abs)),
    parts: SQUARE_PARTS,
  };
  const io = { rows: rowCount(scope, count), x, saved, scratch };
  const forward = method.forward(module, { ...io, y, rowNormSquared, record: true, recompute: false });
  const back = method.backward(module, { ...io, gradOut, gradIn: lowest ? null : dx });
  const backward = [...back.through, ...back.gradients];
  expect([...forward, ...backward].some((op) => 'cpuLabel' in op)).toBe(!parts);
  await runOps(device, [...method.refresh(), ...method.begin(), ...forward, ...backward]);
  const left = {
    y,
    dx,
    gradA,
    gradB,
    ...saved,
    u: scratch.u,
    mu: scratch.mu,
    ...Object.fromEntries(method.stats().map((stat, i) => [`stat ${i}`, stat])),
  };
  const bits: Record<string, Uint32Array> = {};
  for (const [name, tensor] of Object.entries(left)) bits[name] = new Uint32Array(await readTensor(device, tensor));
  scope.free();
  return bits;
}

describe('a low-rank module in one call', () => {
  const shapes: Record<string, Shape> = {
    'half of the tokens open': { rows: 203, dIn: 36, dOut: 76, rank: 8, gated: true },
    'more rows than go at a time, nothing below': { rows: 1061, dIn: 20, dOut: 12, rank: 4, gated: true, lowest: true },
    'a high rank': { rows: 67, dIn: 76, dOut: 36, rank: 28, gated: true },
    'no gate': { rows: 203, dIn: 76, dOut: 36, rank: 8, gated: false },
  };
  for (const [name, shape] of Object.entries(shapes)) {
    it(name, async () => {
      const devices = await Promise.all([1, 2].map((threads) => openCpuDevice({ threads, start: startInNode })));
      const { ratio } = await compute(devices[0], true, shape);
      const half = new Float32Array(ratio.buffer).slice(0, shape.rows).toSorted()[shape.rows >> 1];
      for (const tau of shape.gated ? [0, half, 1e9] : [0]) {
        const expected = await compute(devices[0], true, shape, tau);
        if (shape.gated)
          expect(expected.list[0]).toBe(tau === 0 ? shape.rows : tau === half ? shape.rows - (shape.rows >> 1) : 0);
        for (const device of devices) expect(await compute(device, false, shape, tau)).toEqual(expected);
      }
      for (const device of devices) device.destroy();
    });
  }
});
