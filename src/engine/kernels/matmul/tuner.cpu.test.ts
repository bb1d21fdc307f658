/** The tuner's choices on a device whose clocks are the test's own: no GPU is asked. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Device } from '../../device/device';
import { listingDevice } from '../../testing/listingDevice';
import { type TypicalProduct, staticChoices, tuneMatmul } from './tuner';

/** ms of one run, by variant; an empty submit takes none. */
const COST = { tile8: 3, shared: 1, splitK: 2 };
let now = 0;
let rounds: { variant: keyof typeof COST; ms: number }[];

beforeEach(() => {
  now = 0;
  rounds = [];
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** @param late ms until the browser says that work is done */
function device(timestamps: boolean, late: number): { device: Device; product: TypicalProduct; lines: string[] } {
  const { device, lines } = listingDevice('gpu');
  device.info.timestamps = timestamps;
  let last = 0;
  const { submit } = device;
  device.submit = (label, record) => {
    const before = lines.length;
    submit(label, record);
    const variant = label.slice('tune '.length) as keyof typeof COST;
    const runs = lines.slice(before).filter((line) => line.startsWith('-- ')).length;
    last = runs * (COST[variant] ?? 0);
    now += last;
    if (runs > 0) rounds.push({ variant, ms: last });
  };
  device.done = async () => {
    now += late;
  };
  device.profiler = () => ({ finish: async () => [], span: async () => last });
  const weight = { tensor: device.buffers.scope('model').alloc('up', 4 * 192 * 512), type: 'f32' as const };
  return { device, lines, product: { weight, dIn: 192, dOut: 512 } };
}

it.each([
  ['by timestamps', true, 0],
  ['by the clock, where that is fine', false, 0.1],
])('takes the fastest, %s, over 20 ms at least', async (_, timestamps, late) => {
  const { device: gpu, product } = device(timestamps, late);
  const choices = await tuneMatmul(gpu, product, Infinity);
  expect(choices).toEqual({
    ...staticChoices(gpu, product),
    'narrow nk': 'shared',
    'narrow kn': 'shared',
    'short nk': 'shared',
    'short kn': 'shared',
    'wide nk': 'shared',
    'wide kn': 'shared',
  });
  for (const variant of Object.keys(COST)) {
    const own = rounds.filter((r) => r.variant === variant).map((r) => r.ms);
    expect(own.filter((ms) => ms + late >= 20).length, variant).toBeGreaterThanOrEqual(6);
  }
});

it('times nothing where the browser says late that work is done', async () => {
  const { device: gpu, product, lines } = device(false, 100);
  expect(await tuneMatmul(gpu, product, Infinity)).toEqual(staticChoices(gpu, product));
  expect(lines.filter((line) => line.startsWith('-- '))).toEqual([]);
});

it('times the shapes of the open model, and none that it does not have', async () => {
  const { device: gpu, product, lines } = device(true, 0);
  await tuneMatmul(gpu, product, Infinity);
  // Words of a product's uniform: its columns in fours, then those of its sum.
  const sizes = new Set(lines.flatMap((line) => /\[(\d+),(\d+),/.exec(line)?.slice(1, 3).join() ?? []));
  expect([...sizes].sort()).toEqual(['128,4', '128,48', '4,128', '4,48', '48,128', '48,4']);
  rounds = [];
  const small = { ...product, dIn: 64, dOut: 64 };
  const choices = await tuneMatmul(gpu, small, Infinity);
  expect(choices['wide nk']).toBe(staticChoices(gpu, small)['wide nk']);
});
