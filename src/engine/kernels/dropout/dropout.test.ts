import { expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { dropout } from './dropout';
import { dropoutRef } from './dropout.ref';
import { dropoutKey } from './hash';

const cases = [
  [57, 12, 0.1, 0],
  [1, 4, 0.5, 0],
  [130, 176, 0.9, 0],
  [301, 12, 0, 0.4],
  [57, 20, 0.2, 0.5],
] as const;

for (const [rows, width, p, ofRows] of cases) {
  it(`drops ${p} of ${rows} rows of ${width}, ${ofRows} of them whole, and adds the same to the open rows`, async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('dropout');
    const x = randomFloats(rows * width, 1);
    const key = dropoutKey(7, 3, 1);
    const first = 17;
    const count = overdispatched(scope, rows, 3, { dropoutKey: key, before: first });
    const out = scope.upload('out', withTail(rows * width, 3 * width));
    const before = randomFloats(rows * width, 2);
    const sum = scope.upload('sum', before);
    const open = Array.from({ length: rows }, (_, i) => i).filter((i) => i % 3 !== 1);
    const list = scope.upload('list', Uint32Array.from([open.length, ...open]));
    const common = { x: scope.upload('x', x), width, p, ofRows, salt: 99 };
    await runOps(device, [
      dropout(device, { ...common, rows: count, out }),
      dropout(device, { ...common, rows: { ...count, list }, out: sum, add: true }),
    ]);
    const expected = dropoutRef(x, rows, width, { p, ofRows, key, salt: 99, first });
    expectClose(
      await floats(device, out, (rows + 3) * width),
      [...expected, ...tailOf(3 * width)],
      { rtol: 1e-6 },
      'out',
    );
    expectClose(
      await floats(device, sum, rows * width),
      expected.map((v, i) => before[i] + (Math.floor(i / width) % 3 !== 1 ? v : 0)),
      { rtol: 1e-6, atol: 1e-6 },
      'sum',
    );
    if (rows > 1) {
      const whole = (i: number) => expected.slice(i * width, (i + 1) * width).every((v) => v === 0);
      const gone = Array.from({ length: rows }, (_, i) => i).filter(whole).length / rows;
      if (ofRows > 0) expect(Math.abs(gone - ofRows)).toBeLessThan(4 * Math.sqrt((ofRows * (1 - ofRows)) / rows));
      const dropped = expected.filter((v) => v === 0).length / expected.length;
      if (ofRows === 0) expect(Math.abs(dropped - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / expected.length));
    }
    scope.free();
  });
}

it('key 0 drops nothing; other keys, salts and rows drop otherwise', async () => {
  const device = await testDevice();
  const scope = device.buffers.scope('dropout');
  const [rows, width] = [40, 16];
  const x = scope.upload('x', new Float32Array(rows * width).fill(1));
  const run = async (dropoutKey_: number, salt: number) => {
    const out = scope.alloc('out', 4 * rows * width);
    const count = rowCount(scope, rows, { dropoutKey: dropoutKey_ });
    await runOps(device, [dropout(device, { rows: count, x, out, width, p: 0.5, salt })]);
    return [...(await floats(device, out, rows * width))];
  };
  expect((await run(0, 1)).every((v) => v === 1)).toBe(true);
  const masks = [await run(5, 1), await run(5, 2), await run(6, 1)];
  expect(await run(5, 1)).toEqual(masks[0]);
  const agree = (a: number[], b: number[]) => a.filter((v, i) => v === b[i]).length / a.length;
  for (const [i, j] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ])
    expect(Math.abs(agree(masks[i], masks[j]) - 0.5)).toBeLessThan(0.1);
  expect(Math.abs(agree(masks[0].slice(0, -width), masks[0].slice(width)) - 0.5)).toBeLessThan(0.1);
  expect(new Set([dropoutKey(1, 0, 0), dropoutKey(1, 1, 0), dropoutKey(1, 0, 1), dropoutKey(2, 0, 0)]).size).toBe(4);
  scope.free();
});
