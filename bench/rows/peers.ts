/**
 * The peers' training step in our kernels and in other libraries, in turns: on WebGPU, or each on the CPU as fast as it
 * can.
 */
import { openDevice } from '../engine';
import { PeersGraph } from '../peers/graph';
import { reference } from '../peers/problem';
import { type Bar, type BenchOptions, type RowResult, record, services, skipped } from '../record';
import { interleave, median, ratios, spread, time } from '../stats';

interface Peer {
  /** Of its first five steps. */
  losses: number[];
  step5(): Promise<void>;
}

/** By device: who is compared there, and what ours is held to. */
const PEERS: Record<'cpu' | 'gpu', Record<string, Bar | null>> = {
  gpu: { 'jax-js': ['>=', 1.6], tfjs: ['>=', 6] },
  cpu: { 'jax-js wasm': null },
};
const TOLERANCE = 1e-4;

const open = async (name: string): Promise<Peer> => {
  const bundle = (file: string) => import(/* @vite-ignore */ `/peers/${file}.js`);
  if (name === 'tfjs') return (await bundle('tfjs')).create();
  return (await bundle('jax')).create(name === 'jax-js' ? 'webgpu' : 'wasm');
};

export async function run(options: BenchOptions): Promise<RowResult> {
  const bars = PEERS[options.device];
  const names = Object.keys(bars);
  const title = (name: string) => `peers' step, ${name} ÷ ours`;
  const why = await services().benchPeers();
  if (why) return { gpu: null, records: names.map((name) => skipped(title(name), '', bars[name], why)) };
  const device = await openDevice(options);
  const ours = await PeersGraph.create(device);
  const expected = reference(5);
  const error = worst(await ours.losses(5), expected);
  if (!(error <= TOLERANCE))
    throw new Error(`our losses are ${error.toExponential(1)} from the reference, relative; ${TOLERANCE} is allowed`);

  const peers: Record<string, Peer> = {};
  for (const name of names) {
    peers[name] = await open(name);
    const off = worst(peers[name].losses, expected);
    if (!(off <= TOLERANCE))
      throw new Error(`${name}: losses are ${off.toExponential(1)} from the reference; ${TOLERANCE} is allowed`);
  }
  const five = (what: { step5(): Promise<void> }) => async () => (await time(() => what.step5())) / 5;
  const variants = { ours: five(ours), ...Object.fromEntries(names.map((name) => [name, five(peers[name])])) };
  const times: Record<string, number[]> = await interleave(variants, options.repeats ?? 7);
  const failure = device.error();
  if (failure) throw failure;
  return {
    gpu: device.info,
    records: names.map((name) => {
      const detail = `${spread(times[name])} ms against ${spread(times.ours)} ms a step; losses within ${error.toExponential(0)} of f64`;
      return record(title(name), median(ratios(times[name], times.ours)), '', {
        bar: bars[name],
        detail,
        readings: {
          ours: times.ours,
          [name]: times[name],
        },
      });
    }),
  };
}

/** Largest relative difference. */
const worst = (losses: number[], expected: number[]) =>
  Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]) / expected[i]));
