/** Writing text with a LoRA adapter: our generator and transformers.js with the same adapter merged into its weights. */
import { adaptedGenerator, download, openGpu } from '../engine';
import { type BenchOptions, type RowResult, record } from '../record';
import { interleave, median, ratios, spread, time } from '../stats';
import { openMerged } from '../transformers';

const TOKENS = 64;
const PROMPT = 16;

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openGpu();
  const model = await download(options.model);
  const ours = await adaptedGenerator(gpu, model, options.rank);
  const theirs = await openMerged(model, ours.run.config, ours.adapters);
  // Any ids do: what is measured is speed, and that both choose the same tokens.
  const prompt = Int32Array.from({ length: PROMPT }, (_, i) => 50 + ((37 * i) % 1000));
  const texts: Record<string, number[]> = {};
  const speed = (name: string, generate: () => Promise<number[]>) => async () => {
    const ms = await time(async () => {
      texts[name] = await generate();
    });
    if (texts[name].length !== TOKENS) throw new Error(`${name} wrote ${texts[name].length} tokens, not ${TOKENS}`);
    return TOKENS / (ms / 1000);
  };
  // A few tokens each compile what there is to compile.
  await ours.generate(prompt, 4);
  await theirs.generate(prompt, 4);
  const rates = await interleave({ ours: speed('ours', () => ours.generate(prompt, TOKENS)), theirs: speed('theirs', () => theirs.generate(prompt, TOKENS)) }, options.repeats ?? (gpu.info.software ? 2 : 10), false);
  const same = texts.ours.findIndex((id, i) => id !== texts.theirs[i]);
  const error = gpu.error();
  if (error) throw error;
  ours.free();
  await theirs.dispose();
  gpu.destroy();
  const agree = same === -1 ? 'the same tokens' : `the same tokens up to number ${same + 1}`;
  return { gpu: gpu.info, records: [record('generation, ours ÷ transformers.js', median(ratios(rates.ours, rates.theirs)), '', ['>=', 1], `${spread(rates.ours)} against ${spread(rates.theirs)} tokens/s, ${TOKENS} greedy after ${PROMPT}; ${agree}`)] };
}
