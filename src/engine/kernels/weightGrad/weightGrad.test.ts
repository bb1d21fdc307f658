import { expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { weightGrad } from './weightGrad';
import { linearBackwardRef } from './weightGrad.ref';

it.each([
  { rows: 5, n: 4, k: 12, bias: true },
  { rows: 1, n: 200, k: 4, bias: true },
  { rows: 37, n: 8, k: 68, bias: false },
  { rows: 0, n: 4, k: 4, bias: true },
])('adds the gradients of $rows rows to a weight [$n, $k], bias: $bias', async ({ rows, n, k, bias }) => {
  const device = await testDevice();
  const scope = device.buffers.scope('weightGrad');
  // Two segments with a gap between them, and rows behind the last that do not count.
  const stride = rows + 3;
  const all = 2 * stride + 2;
  const [g, x] = [randomFloats(all * n, 1), randomFloats(all * k, 2)];
  const biasAt = Math.ceil((n * k) / 64) * 64;
  const before = randomFloats(biasAt + n, 3);
  const flat = scope.upload('grads', before);
  const [gradWeight, gradBias] = [flat.slice('weight', 0, 4 * n * k), flat.slice('bias', 4 * biasAt, 4 * n)];
  const op = weightGrad(device, {
    rows: rowCount(scope, rows, { segments: 2, stride }),
    gradOut: scope.upload('gradOut', g),
    x: scope.upload('x', x),
    n,
    k,
    gradWeight,
    gradBias: bias ? gradBias : null,
  });
  await runOps(device, [op]);
  const counted = (values: Float32Array, width: number) =>
    [0, stride].flatMap((first) => [...values.subarray(first * width, (first + rows) * width)]);
  const grads = linearBackwardRef(counted(x, k), counted(g, n), { n, k });
  const expected = Float64Array.from(before);
  grads.weight.forEach((v, i) => (expected[i] += v));
  if (bias) grads.bias.forEach((v, i) => (expected[biasAt + i] += v));
  expectClose(await floats(device, flat, biasAt + n), expected, { rtol: 1e-5, atol: 1e-5 });
  expect(device.error()).toBeNull();
  scope.free();
});
