/**
 * Writing text. On the CPU, one thread each: our generator with a LoRA adapter, and transformers.js with the same adapter
 * merged into its weights. On a GPU the same, where that is transformers.js' best device. And in the product: tokens a
 * second from the train worker, as the page asks it, with the base and with all cores.
 */
import { type Device, adaptedGenerator, download, openGpu, openThread } from '../engine';
import { type BenchOptions, type BenchRecord, type RowResult, record, skipped } from '../record';
import { interleave, median, medianInterval, ratios, spread, time } from '../stats';
import { openMerged } from '../transformers';

const TOKENS = 64;
const PROMPT = 16;
const WARM = 400;
/** Any ids do: what is measured is speed, and that both choose the same tokens. */
const prompt = Int32Array.from({ length: PROMPT }, (_, i) => 50 + ((37 * i) % 1000));

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openGpu();
  const { info } = gpu;
  const cpu = await openThread();
  const records = [await against(cpu, 'wasm', ['>=', 0.5], options)];
  const name = 'generation, ours ÷ transformers.js, WebGPU';
  records.push(info.software
    ? skipped(name, '', ['>=', 1], 'on a software adapter wasm is its best device')
    : await against(gpu, 'webgpu', ['>=', 1], options));
  for (const device of [cpu, gpu]) device.destroy();
  return { gpu: info, records };
}

/** Our tokens a second ÷ those of transformers.js on `theirDevice`. */
async function against(device: Device, theirDevice: 'wasm' | 'webgpu', bar: ['>=', number], options: BenchOptions): Promise<BenchRecord> {
  const model = await download(options.model);
  const ours = await adaptedGenerator(device, model, options.rank);
  const theirs = await openMerged(model, ours.run.config, ours.adapters, theirDevice);
  const texts: Record<string, number[]> = {};
  const speed = (name: string, generate: () => Promise<number[]>) => async () => {
    const ms = await time(async () => {
      texts[name] = await generate();
    });
    if (texts[name].length !== TOKENS) throw new Error(`${name} wrote ${texts[name].length} tokens, not ${TOKENS}`);
    return TOKENS / (ms / 1000);
  };
  // What runs often is compiled again, better: each writes some hundred tokens before it counts.
  await ours.generate(prompt, WARM);
  await theirs.generate(prompt, WARM);
  const arms = { ours: speed('ours', () => ours.generate(prompt, TOKENS)), theirs: speed('theirs', () => theirs.generate(prompt, TOKENS)) };
  const rates = await interleave(arms, options.repeats ?? 20);
  const same = texts.ours.findIndex((id, i) => id !== texts.theirs[i]);
  const error = device.error();
  if (error) throw error;
  ours.free();
  await theirs.dispose();
  const agree = same === -1 ? 'the same tokens' : `the same tokens up to number ${same + 1}`;
  const all = ratios(rates.ours, rates.theirs);
  const [low, high] = medianInterval(all);
  const detail = `95 % interval ${low.toFixed(2)}–${high.toFixed(2)} over ${all.length} pairs; ${spread(rates.ours)} against ${spread(rates.theirs)} tokens/s, ${TOKENS} greedy after ${PROMPT}; ${agree}`;
  return record(`generation, ours ÷ transformers.js, ${theirDevice === 'wasm' ? 'one thread of the CPU' : 'WebGPU'}`, median(all), '', bar, detail);
}
