/** The peers' training step in our kernels, in jax-js and in TensorFlow.js, in turns on one adapter. */
import { openGpu } from '../engine';
import { PeersGraph, type PeersProblem } from '../peersGraph';
import { type Bar, type BenchOptions, type RowResult, record, services, skipped } from '../record';
import { interleave, median, medianInterval, ratios, spread, time } from '../stats';

interface Peer {
  /** Of its first five steps. */
  losses: number[];
  step5(): Promise<void>;
}

const BARS: Record<'jax-js' | 'tfjs', Bar> = { 'jax-js': ['>=', 1.6], tfjs: ['>=', 6] };
const TOLERANCE = 1e-4;
const names = Object.keys(BARS) as (keyof typeof BARS)[];
const title = (name: string) => `peers' step, ${name} ÷ ours`;

export async function run(options: BenchOptions): Promise<RowResult> {
  const why = await services().benchPeers();
  if (why) return { gpu: null, records: names.map((name) => skipped(title(name), '', BARS[name], why)) };
  const bundle = (name: string) => import(/* @vite-ignore */ `/peers/${name}.js`);
  const common: PeersProblem = await bundle('common');
  const gpu = await openGpu();
  const ours = await PeersGraph.create(gpu, common);
  const expected = common.reference(5);
  const error = worst(await ours.losses(5), expected);
  if (!(error <= TOLERANCE)) throw new Error(`our losses are ${error.toExponential(1)} from the reference, relative; ${TOLERANCE} is allowed`);

  const peers: Record<keyof typeof BARS, Peer> = { 'jax-js': await (await bundle('jax')).create(), tfjs: await (await bundle('tfjs')).create() };
  for (const name of names) console.info(`${name}: losses ${worst(peers[name].losses, expected).toExponential(1)} from the reference`);
  const five = (what: { step5(): Promise<void> }) => async () => (await time(() => what.step5())) / 5;
  const times = await interleave({ ours: five(ours), 'jax-js': five(peers['jax-js']), tfjs: five(peers.tfjs) }, options.repeats ?? 7);
  const failure = gpu.error();
  if (failure) throw failure;
  return {
    gpu: gpu.info,
    records: names.map((name) => {
      const all = ratios(times[name], times.ours);
      const [low, high] = medianInterval(all);
      return record(title(name), median(all), '', BARS[name], `${spread(times[name])} ms against ${spread(times.ours)} ms a step; 95 % interval ${low.toFixed(2)}–${high.toFixed(2)} over ${all.length} rounds; losses within ${error.toExponential(0)} of f64`);
    }),
  };
}

/** Largest relative difference. */
const worst = (losses: number[], expected: number[]) => Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]) / expected[i]));
