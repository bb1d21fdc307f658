import { expect, it } from 'vitest';
import { dequantise } from '../../../shared/quantised';
import { Rng } from '../../../shared/rng';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { randomBlocks } from '../matmul/quantised';
import { uploadWeight } from '../matmul/weight';
import { embed } from './embed';
import { embedRef } from './embed.ref';

for (const type of ['f32', 'f16', 'q4/32/scale', 'q8/16/floats'] as const) {
  for (const split of [[33], [12, 20, 1]]) {
    const scale = type === 'f32' ? undefined : 2.5;
    it(`embed looks tokens up in ${split.length} part(s) of ${type}`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('embed');
      const quantised = type !== 'f32' && type !== 'f16';
      const [rows, width, vocab] = [57, quantised ? 64 : 20, 33];
      const rng = new Rng(1);
      // Steps of 1/512 are f16 exactly; a third of them are not.
      const values = randomFloats(vocab * width, 1).map((x) => Math.round(512 * x) / (type === 'f16' ? 512 : 1536));
      const ids = Int32Array.from({ length: rows }, (_, i) => (i * i) % vocab);
      ids.set([vocab, -1, 2 ** 31 - 1, vocab + 1], 7);
      let first = 0;
      const table: number[] = [];
      const parts = split.map((count) => {
        const own = quantised
          ? randomBlocks(type, (count * width) / (type === 'q8/16/floats' ? 16 : 32), () => rng.float())
          : values.slice(first * width, (first + count) * width);
        table.push(...('scales' in own ? dequantise(own) : own));
        const weight = uploadWeight(scope, `table ${first}`, own);
        expect(weight.type).toBe(type);
        const part = { first, rows: count, weight };
        first += count;
        return part;
      });
      const out = scope.upload('out', new Float32Array(rows * width).fill(7));
      await runOps(
        device,
        embed(device, { rows: rowCount(scope, rows), ids: scope.upload('ids', ids), table: parts, out, width, scale }),
      );
      const got = await floats(device, out, rows * width);
      const expected = embedRef(ids, table, { width, scale });
      // A scale times a number plus an offset is rounded twice, or once where a GPU fuses them.
      const numbers = (values: ArrayLike<number>) => Array.from(values, (x) => (Number.isNaN(x) ? 1e9 : x));
      if (quantised) expectClose(numbers(got), numbers(expected), { rtol: 1e-6, atol: 1e-6 });
      else expect([...got]).toEqual([...Float32Array.from(expected)]);
      scope.free();
    });
  }
}
