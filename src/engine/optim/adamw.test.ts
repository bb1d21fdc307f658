import { expect, test } from 'vitest';
import { Program } from '../device/program';
import { expectClose, expectCloseToMax } from '../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../testing/harness';
import { ADAMW_HYPER_BYTES, RATE_SPAN, adamw, biasCorrections, packAdamwHyper, ratesBytes } from './adamw';
import { adamwRef, gradNormRef } from './adamw.ref';
import { gradNorm, gradNormPartialBytes } from './clip';

const train = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 };

const MOST_STEPS = 150;

/** An optimizer over `start`; `step` takes gradients and returns the new parameters. */
async function optimizer(start: Float32Array<ArrayBuffer>, settings = train, rate: (i: number) => number = () => 1) {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const { length } = start;
  const params = scope.upload('params', start);
  const [grads, m, v] = ['grads', 'm', 'v'].map((name) => scope.alloc(name, length * 4));
  const norm = scope.alloc('norm', 16);
  const losses = scope.upload('losses', Float32Array.of(NaN, 2.5, Infinity));
  const hyper = scope.alloc('hyper', ADAMW_HYPER_BYTES, 'uniform');
  const program = await new Program(device, scope, 'optimizer', [
    ...gradNorm(device, {
      grads,
      length,
      partial: scope.alloc('partial', gradNormPartialBytes(length)),
      norm,
      losses,
      segment: 1,
      taken: scope.alloc('taken', 16),
      corrections: scope.upload('corrections', biasCorrections(settings, MOST_STEPS)),
    }),
    adamw(device, {
      params,
      grads,
      m,
      v,
      norm,
      hyper,
      length,
      rates: scope.upload(
        'rates',
        Float32Array.from({ length: ratesBytes(length) / 4 }, (_, i) => rate(i * RATE_SPAN)),
      ),
    }),
  ]).compile();
  return {
    /** Of the last run's pass. */
    loss: (value: number) => device.write(losses, Float32Array.of(value), 4),
    norm: async () => (await floats(device, norm, 1))[0],
    state: async () => ({
      params: await floats(device, params, length),
      m: await floats(device, m, length),
      v: await floats(device, v, length),
    }),
    async step(g: Float32Array<ArrayBuffer>, lr: number) {
      device.write(grads, g);
      device.write(hyper, packAdamwHyper(settings, lr));
      device.submit('adamw', (commands) => program.encode(commands, { rows: 0, supervised: 0, segments: 1 }));
      const error = device.error();
      if (error) throw error;
      return floats(device, params, length);
    },
    free: () => scope.free(),
  };
}

test.each([4, 60, 8192, 30004])('norm of %i gradients', async (length) => {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const grads = randomFloats(length, 5);
  const norm = scope.alloc('norm', 16);
  const losses = scope.upload('losses', Float32Array.of(1));
  await runOps(
    device,
    gradNorm(device, {
      grads: scope.upload('grads', grads),
      length,
      partial: scope.alloc('partial', gradNormPartialBytes(length)),
      norm,
      losses,
      segment: 0,
      taken: scope.alloc('taken', 16),
      corrections: scope.upload('corrections', biasCorrections(train, 1)),
    }),
  );
  expectClose(await floats(device, norm, 1), [gradNormRef(grads)], { rtol: 2e-6 });
  scope.free();
});

test.each([
  ['clipped', 100, 1],
  ['within the norm', 1e-3, 1],
  ['clipping off', 1, 0],
] as const)('equals the reference, %s', async (_name, size, maxGradientNorm) => {
  const length = 1028;
  const start = randomFloats(length, 1);
  // Every third span learns 16 times as fast.
  const rate = (i: number) => (Math.floor(i / RATE_SPAN) % 3 === 1 ? 16 : 1);
  const opt = await optimizer(start, { ...train, maxGradientNorm }, rate);
  const [params, m, v] = [Float64Array.from(start), new Float64Array(length), new Float64Array(length)];
  for (let t = 0; t < 12; t++) {
    const g = randomFloats(length, 10 + t, size);
    const lr = 1e-2 / (t + 1);
    await opt.step(g, lr);
    adamwRef(params, g, {
      m,
      v,
      h: { lr, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, clip: maxGradientNorm },
      step: t,
      rate,
    });
  }
  const state = await opt.state();
  expectCloseToMax(state.params, params, 1e-6, 'params');
  expectCloseToMax(state.m, m, 2e-6, 'm');
  expectCloseToMax(state.v, v, 5e-6, 'v');
  opt.free();
});

test('repeats bit for bit', async () => {
  const once = async () => {
    const opt = await optimizer(randomFloats(20_000, 1));
    for (let t = 0; t < 5; t++) await opt.step(randomFloats(20_000, t), 1e-2);
    const state = await opt.state();
    opt.free();
    return state;
  };
  expect(await once()).toEqual(await once());
});

test('converges on a quadratic', async () => {
  const goal = randomFloats(64, 9);
  const opt = await optimizer(new Float32Array(64), { ...train, weightDecay: 0 });
  let params: Float32Array = new Float32Array(64);
  for (let t = 0; t < MOST_STEPS; t++)
    params = await opt.step(
      Float32Array.from(params, (p, i) => 2 * (p - goal[i])),
      0.05 * (1 - t / MOST_STEPS),
    );
  expectClose(params, goal, { atol: 5e-3 });
  opt.free();
});

test.each([NaN, Infinity, 1e30])('a gradient of %f changes nothing and shows in the norm', async (bad) => {
  const start = randomFloats(60, 1);
  const opt = await optimizer(start);
  await opt.step(randomFloats(60, 2), 1e-2);
  const before = await opt.state();
  const g = randomFloats(60, 3);
  g[37] = bad;
  await opt.step(g, 1e-2);
  expect(Number.isFinite(await opt.norm())).toBe(false);
  expect(await opt.state()).toEqual(before);
  opt.free();
});

test.each([NaN, Infinity, -Infinity])('a loss of %f changes nothing, though all gradients are finite', async (bad) => {
  const opt = await optimizer(randomFloats(60, 1));
  const before = await opt.state();
  opt.loss(bad);
  await opt.step(randomFloats(60, 3), 1e-2);
  expect(await opt.norm()).toBe(bad);
  expect(await opt.state()).toEqual(before);
  opt.free();
});

test('a step that is skipped is none of Adam’s: the next one is corrected as if it had not been', async () => {
  const start = randomFloats(60, 1);
  const opt = await optimizer(start);
  const [params, m, v] = [Float64Array.from(start), new Float64Array(60), new Float64Array(60)];
  const h = { lr: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, clip: 1 };
  let step = 0;
  for (const [i, loss] of [NaN, 2.5, 2.5, Infinity, NaN, 2.5].entries()) {
    const g = randomFloats(60, 10 + i);
    opt.loss(loss);
    await opt.step(g, h.lr);
    if (Number.isFinite(loss)) adamwRef(params, g, { m, v, h, step: step++ });
  }
  expectCloseToMax((await opt.state()).params, params, 1e-6, 'params');
  opt.free();
});
