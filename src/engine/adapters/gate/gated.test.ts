/**
 * One gated module against the dense-masked computation in f64 (every product over all rows, masked by S), at
 * forced active shares; and the work it did against (2 + 4a)/6 of plain LoRA's.
 */
import { MODULE } from '../../testing/module';
import { describe, expect, it } from 'vitest';
import { gateSchema } from '../../../shared/config';
import { activeListBytes } from '../../kernels/gate/activeRows';
import { lowRankPartialBytes } from '../../kernels/lowRankGrad/lowRankGrad';
import { activeTileRows } from '../../kernels/matmul/matmul';
import { alignBinding } from '../../device/buffers';
import { readTensor } from '../../device/device';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { dropoutRef } from '../../kernels/dropout/dropout.ref';
import { Lora } from '../lora/lora';
import { Gated } from './gated';

const [T, dIn, dOut, rank, scaling] = [203, 40, 72, 6, 1.5];
const rPad = 8;

/** [rows, rank] or [rank, columns] with the padding of the rank left out or put in. */
const padA = (a: Float32Array) => Float32Array.from({ length: rPad * dIn }, (_, i) => (i < rank * dIn ? a[i] : 0));
const padB = (b: Float32Array) =>
  Float32Array.from({ length: dOut * rPad }, (_, i) =>
    i % rPad < rank ? b[Math.floor(i / rPad) * rank + (i % rPad)] : 0,
  );

interface Given extends Record<'x' | 'y' | 'g' | 'dx' | 'a' | 'b' | 'constant', Float32Array> {
  /** What dropout multiplies x with. */
  keep: Float64Array;
  open: boolean[];
}

/** Everything about the module in f64, given which rows are open. */
function reference({ x, keep, y, g, dx, a, b, constant, open }: Given) {
  const out = {
    h: Float64Array.from(y),
    dA: new Float64Array(rank * dIn),
    dB: new Float64Array(dOut * rank),
    dx: Float64Array.from(dx),
    dConstant: new Float64Array(dOut),
    muActive: 0,
    muSkipped: 0,
  };
  for (let i = 0; i < T; i++) {
    const z = Array.from({ length: rank }, (_, r) => {
      let s = 0;
      for (let k = 0; k < dIn; k++) s += a[r * dIn + k] * keep[i * dIn + k] * x[i * dIn + k];
      return s;
    });
    const u = Array.from({ length: rank }, (_, r) => {
      let s = 0;
      for (let n = 0; n < dOut; n++) s += b[n * rank + r] * g[i * dOut + n];
      return s;
    });
    const mu = scaling * z.reduce((s, v, r) => s + v * u[r], 0);
    if (open[i]) out.muActive += mu;
    else out.muSkipped += mu;
    const mask = open[i] ? scaling : 0;
    for (let n = 0; n < dOut && !open[i]; n++) {
      out.h[i * dOut + n] += constant[n];
      out.dConstant[n] += g[i * dOut + n];
    }
    for (let n = 0; n < dOut; n++)
      for (let r = 0; r < rank; r++) {
        out.h[i * dOut + n] += mask * b[n * rank + r] * z[r];
        out.dB[n * rank + r] += mask * g[i * dOut + n] * z[r];
      }
    for (let k = 0; k < dIn; k++)
      for (let r = 0; r < rank; r++) {
        out.dA[r * dIn + k] += mask * u[r] * keep[i * dIn + k] * x[i * dIn + k];
        out.dx[i * dIn + k] += mask * keep[i * dIn + k] * a[r * dIn + k] * u[r];
      }
  }
  return out;
}

describe('a gated module at forced active shares', () => {
  for (const [share, p, gives] of [
    [0, 0, false],
    [0.25, 0, false],
    [0.5, 0, false],
    [0.75, 0, false],
    [1, 0, false],
    [0.5, 0.3, false],
    [0.5, 0, true],
    [1, 0, true],
  ] as const) {
    it(`${100 * share} % active${p > 0 ? `, ${100 * p} % of x dropped` : ''}${gives ? ', a constant for skipped tokens' : ''}: the dense-masked result, for (2 + 4a)/6 of the work`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('test');
      const key = 77;
      const rows = rowCount(scope, T, { dropoutKey: key });
      const [x, y, g, dx] = [
        randomFloats(T * dIn, 1),
        randomFloats(T * dOut, 2),
        randomFloats(T * dOut, 3),
        randomFloats(T * dIn, 4),
      ];
      const [a, b] = [randomFloats(rank * dIn, 5), randomFloats(dOut * rank, 6, 0.2)];
      // A and B lie in one buffer, as a run's do.
      const flat = scope.alloc('params', 4 * (rPad * dIn + dOut * rPad));
      const grads = scope.alloc('grads', alignBinding(4 * rPad * dIn) + 4 * dOut * rPad);
      const params = {
        a: flat.slice('A', 0, 4 * rPad * dIn),
        b: flat.slice('B', 4 * rPad * dIn, 4 * dOut * rPad),
        gradA: grads.slice('dA', 0, 4 * rPad * dIn),
        gradB: grads.slice('dB', alignBinding(4 * rPad * dIn), 4 * dOut * rPad),
      };
      device.write(params.a, padA(a));
      device.write(params.b, padB(b));
      const constant = gives ? randomFloats(dOut, 7) : new Float32Array(dOut);
      const trainable = { value: scope.upload('constant', constant), grad: scope.alloc('dConstant', 4 * dOut) };
      const module = { ...MODULE, dIn, dOut, salt: 12345 };
      const lora = new Lora(
        {
          device,
          rPad,
          scaling,
          params: [params],
          flat,
          dropout: p,
          tokenDropout: 0,
          optimizer: { grads: flat, norm: flat },
        },
        { modules: [module], scope, shrinks: false },
      );
      const method = new Gated({
        device,
        update: lora,
        modules: [module],
        scope,
        config: gateSchema.parse({}),
        train: { steps: 10, warmupSteps: 0, seed: 1 },
        place: { rows: T, microBatches: 1, split: 1, followed: false, loadBestCheckpoint: false, steps: 0 },
        follows: null,
        constants: gives ? [trainable] : null,
      });
      const saved = {
        z: scope.alloc('z', 4 * T * rPad),
        ratio: scope.alloc('ratio', 4 * T),
        open: scope.alloc('open', 4 * T),
        list: scope.alloc('list', activeListBytes(T)),
      };
      const scratch = {
        u: scope.alloc('u', 4 * T * rPad),
        mu: scope.alloc('mu', 4 * T),
        partial: scope.alloc('partial', lowRankPartialBytes({ dOut, dIn, rank: rPad })),
        dropped: scope.alloc('dropped', 4 * T * dIn),
      };
      const input = scope.upload('x', x);
      const rowNormSquared = {
        tensor: scope.upload(
          'squares',
          Float32Array.from({ length: T }, (_, i) =>
            y.subarray(i * dOut, (i + 1) * dOut).reduce((sum, v) => sum + v * v, 0),
          ),
        ),
        parts: 1,
      };
      const pass = (h: ReturnType<typeof scope.upload>) =>
        method.forward(module, {
          rows,
          x: input,
          y: h,
          rowNormSquared,
          saved,
          scratch,
          record: true,
          recompute: false,
        });

      // The share is forced by a threshold halfway between two neighbouring r.
      await runOps(device, [...method.refresh(), ...pass(scope.upload('y', y))]);
      const sorted = (await floats(device, saved.ratio, T)).sort((p, q) => q - p);
      const keep = Math.round(share * T);
      const tau = keep === 0 ? 1e9 : keep === T ? 0 : (sorted[keep - 1] + sorted[keep]) / 2;
      method.setThresholds(Float32Array.of(tau));

      const [h, gradOut, gradIn] = [scope.upload('h', y), scope.upload('g', g), scope.upload('dx', dx)];
      const back = method.backward(module, { rows, x: input, gradOut, gradIn, saved, scratch });
      await runOps(device, [...method.begin(), ...pass(h), ...back.through, ...back.gradients]);
      const open = Array.from(new Uint32Array(await readTensor(device, saved.open)).slice(0, T), Boolean);
      expect(open.filter(Boolean)).toHaveLength(keep);

      const stays = dropoutRef(new Float32Array(T * dIn).fill(1), T, dIn, { p, key, salt: module.salt });
      const expected = reference({ x, keep: stays, y, g, dx, a, b, constant, open });
      expectCloseToMax(await floats(device, h, T * dOut), expected.h, 2e-6, 'h');
      expectCloseToMax(await floats(device, gradIn, T * dIn), expected.dx, 2e-6, 'dx');
      expectCloseToMax((await floats(device, params.gradA, rPad * dIn)).slice(0, rank * dIn), expected.dA, 3e-6, 'dA');
      const dB = await floats(device, params.gradB, dOut * rPad);
      expectCloseToMax(
        Float32Array.from({ length: dOut * rank }, (_, i) => dB[Math.floor(i / rank) * rPad + (i % rank)]),
        expected.dB,
        3e-6,
        'dB',
      );

      if (gives)
        expectCloseToMax(await floats(device, trainable.grad, dOut), expected.dConstant, share < 1 ? 3e-6 : 0, 'db');

      const bytes = await Promise.all(method.stats().map((t) => readTensor(device, t)));
      const joined = new Uint8Array(bytes.reduce((n, p) => n + p.byteLength, 0));
      let at = 0;
      for (const p of bytes) {
        joined.set(new Uint8Array(p), at);
        at += p.byteLength;
      }
      const stats = method.readStats(joined.buffer);
      expectCloseToMax(
        [stats.gate.muActive[0], stats.gate.muSkipped[0]],
        [expected.muActive, expected.muSkipped],
        1e-5,
        'Σμ',
      );

      // Work in units of one product over all T rows and one width: A x and Bᵀg always, the other four by rows
      // computed.
      const tile = activeTileRows(device);
      const computed = Math.ceil(keep / tile) * tile;
      expect([stats.forwardRows[0], stats.dxRows[0], stats.gradRows[0]]).toEqual([computed, computed, keep]);
      const done =
        (T * (dIn + dOut) + stats.forwardRows[0] * dOut + stats.dxRows[0] * dIn + stats.gradRows[0] * (dIn + dOut)) /
        (3 * T * (dIn + dOut));
      const slack = ((4 / 6) * (tile - 1)) / T;
      expect(done).toBeGreaterThanOrEqual((2 + (4 * keep) / T) / 6 - 1e-9);
      expect(done).toBeLessThanOrEqual((2 + (4 * keep) / T) / 6 + slack + 1e-9);
      scope.free();
    });
  }
});
