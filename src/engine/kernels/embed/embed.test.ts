import { expect, it } from 'vitest';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { halfBits } from '../matmul/weight';
import { embed } from './embed';
import { embedRef } from './embed.ref';

for (const type of ['f32', 'f16'] as const) {
  for (const split of [[33], [12, 20, 1]]) {
    it(`embed looks tokens up in ${split.length} part(s) of ${type}`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('embed');
      const [rows, width, vocab] = [57, 20, 33];
      const table = randomFloats(vocab * width, 1).map((x) => Math.round(512 * x) / 512);
      const ids = Int32Array.from({ length: rows }, (_, i) => (i * i) % vocab);
      ids.set([vocab, -1, 2 ** 31 - 1, vocab + 1], 7);
      let first = 0;
      const parts = split.map((count) => {
        const values = table.slice(first * width, (first + count) * width);
        const tensor = scope.upload(`table ${first}`, type === 'f16' ? halfBits(values)! : values);
        const part = { first, rows: count, weight: { tensor, type } };
        first += count;
        return part;
      });
      const out = scope.upload('out', new Float32Array(rows * width).fill(7));
      await runOps(
        device,
        embed(device, { rows: rowCount(scope, rows), ids: scope.upload('ids', ids), table: parts, out, width }),
      );
      expect([...(await floats(device, out, rows * width))]).toEqual([...embedRef(ids, table, width)]);
      scope.free();
    });
  }
}
