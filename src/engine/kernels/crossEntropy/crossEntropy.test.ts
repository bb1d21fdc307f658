import { describe, expect, it } from 'vitest';
import { expectClose, expectCloseToMax } from '../../testing/allclose';
import { floats, onCpu, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { crossEntropy } from './crossEntropy';
import { crossEntropyBackwardRef, crossEntropyRef } from './crossEntropy.ref';

/** NaN is no loss, so −1 stands for it. */
const marked = (losses: ArrayLike<number>) => Array.from(losses, (x) => (Number.isNaN(x) ? -1 : x));

describe('crossEntropy', () => {
  for (const [rows, vocab, stride, scale, cap] of [
    [57, 1001, 1004, 5],
    [1, 3, 4, 1],
    [7, 2, 4, 3],
    [9, 5, 8, 3],
    [130, 64, 64, 200],
    [5, 4096, 4160, 10],
    [19, 101, 104, 5, 6],
    [7, 2, 4, 3, 4],
  ]) {
    it(`of ${rows} rows over ${vocab} of ${stride} columns, logits to ±${scale}, cap ${cap}`, async () => {
      const device = await testDevice();
      const logits = randomFloats(rows * stride, 1, scale);
      for (let row = 0; row < rows; row++) logits.fill(1e30, row * stride + vocab, (row + 1) * stride); // must not count
      const targets = Uint32Array.from({ length: rows }, (_, i) => (i * 7919 + vocab - 1) % vocab);
      // Past the vocabulary, in the columns that do not count, in another row, and nowhere.
      if (rows > 4) targets.set([vocab, stride + 1, 2 ** 32 - 1], 1);
      const lossScale = 0.37;
      const loss = crossEntropyRef(logits, targets, vocab, stride);
      const gradients = crossEntropyBackwardRef(logits, targets, {
        vocab,
        stride,
        gradLoss: new Float64Array(rows).fill(lossScale),
      });
      // These logits are what a cap made of others: that gradient is by its slope there.
      if (cap) gradients.forEach((g, i) => (gradients[i] = g * (1 - (logits[i] / cap) ** 2)));
      for (const software of onCpu ? [true] : [true, false]) {
        for (const gradient of [false, true]) {
          const scope = device.buffers.scope('crossEntropy');
          const inPlace = scope.upload('logits', Float32Array.of(...logits, ...tailOf(3 * stride)));
          const out = scope.upload('loss', withTail(rows, 3));
          await runOps(device, [
            crossEntropy(
              { ...device, info: { ...device.info, software } },
              {
                rows: overdispatched(scope, rows, 3, { lossScale }),
                targets: scope.upload('targets', targets),
                logits: inPlace,
                loss: out,
                vocab,
                stride,
                gradient,
                softcap: cap,
              },
            ),
          ]);
          expectClose(
            marked(await floats(device, out, rows + 3)),
            marked([...loss, ...tailOf(3)]),
            { rtol: 5e-7, atol: 1e-6 },
            'loss',
          );
          const got = await floats(device, inPlace, (rows + 3) * stride);
          // exp passes the f32 error of a logit of 200 (1e-5) on.
          if (gradient)
            expectCloseToMax(got, [...gradients, ...tailOf(3 * stride)], scale > 100 ? 2e-5 : 2e-6, 'gradient');
          else expect(got.slice(0, rows * stride)).toEqual(logits);
          scope.free();
        }
      }
    });
  }

  it('is finite when one logit towers over all others', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('crossEntropy');
    const logits = new Float32Array(8).fill(-3000);
    logits[2] = 3000;
    logits[6] = 3000;
    const [inPlace, loss] = [scope.upload('logits', logits), scope.alloc('loss', 8)];
    await runOps(device, [
      crossEntropy(device, {
        rows: overdispatched(scope, 2, 0),
        targets: scope.upload('targets', Uint32Array.of(2, 1)),
        logits: inPlace,
        loss,
        vocab: 4,
        stride: 4,
        gradient: true,
      }),
    ]);
    expect([...(await floats(device, loss, 2))]).toEqual([0, 6000]);
    expect([...(await floats(device, inPlace, 8))]).toEqual([0, 0, 0, 0, 0, -1, 1, 0]);
    scope.free();
  });
});
