/**
 * Writing text with a LoRA adapter: our generator, and transformers.js on its best device with the same adapter merged
 * into its weights. And in the product: tokens a second from the train worker, as the page asks it.
 */
import { startWorker } from '../../src/shared/startWorker';
import { WorkerClient } from '../../src/store/workerClient';
import type { TrainEvent, TrainReplies, TrainRequest } from '../../src/train/protocol';
import trainWorker from '../../src/train/trainWorker.ts?worker&url';
import { type Device, adaptedGenerator, download, openDevice } from '../engine';
import { type Bar, type BenchOptions, type BenchRecord, type RowResult, record } from '../record';
import { interleave, median, ratios, spread, time } from '../stats';
import { openMerged } from '../transformers';

const TOKENS = 64;
const PROMPT = 16;
/** What runs often is compiled again, better: so many tokens are written before any counts. */
const WARM = 400;

export async function run(options: BenchOptions): Promise<RowResult> {
  const device = await openDevice(options);
  const records = [await against(device, options)];
  device.destroy();
  return { gpu: device.info, records: [...records, await inProduct(options)] };
}

/** Our tokens a second ÷ those of transformers.js. */
async function against(device: Device, options: BenchOptions): Promise<BenchRecord> {
  const { software } = device.info;
  const peer = software ? 'wasm' : 'webgpu';
  const model = await download(options.model);
  const ours = await adaptedGenerator(device, model, options.rank);
  const theirs = await openMerged(model, ours.run.config, ours.adapters, { device: peer, threads: options.threads });
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
  await ours.generate(prompt, options.device === 'cpu' ? WARM : 4);
  await theirs.generate(prompt, peer === 'wasm' ? WARM : 4);
  const variants = {
    ours: speed('ours', () => ours.generate(prompt, TOKENS)),
    theirs: speed('theirs', () => theirs.generate(prompt, TOKENS)),
  };
  const rates = await interleave(variants, options.repeats ?? 10, false);
  const same = texts.ours.findIndex((id, i) => id !== texts.theirs[i]);
  const error = device.error();
  if (error) throw error;
  ours.free();
  await theirs.dispose();
  const agree = same === -1 ? 'the same tokens' : `the same tokens up to number ${same + 1}`;
  const detail = `${spread(rates.ours)} against ${spread(rates.theirs)} tokens/s, ${TOKENS} greedy after ${PROMPT}; ${agree}`;
  // A software adapter is not what anybody would write on.
  const bar: Bar | null = options.device === 'gpu' && software ? null : ['>=', software ? 0.5 : 1];
  return record(`generation, ours ÷ transformers.js (${peer})`, median(ratios(rates.ours, rates.theirs)), '', {
    bar,
    detail,
    readings: rates,
  });
}

/** Tokens a second from the train worker with all its threads: the base, and all that comes before the first token. */
async function inProduct({ device, model, repeats = 10 }: BenchOptions): Promise<BenchRecord> {
  let written = 0;
  const client = new WorkerClient<TrainRequest, TrainReplies, TrainEvent>(
    () => startWorker(trainWorker, location.origin, 'train'),
    'training',
    {
      onEvent: (event) => {
        if (event.type === 'generated' && !event.done) written++;
      },
      onCrash: (error) => console.error(error),
    },
  );
  const opened = await client.request({ type: 'open-model', source: { kind: 'embedded', id: model }, device });
  const rates: number[] = [];
  for (let round = -3; round < repeats; round++) {
    written = 0;
    const sampling = { seed: 4 + round, maxNewTokens: TOKENS, temperature: 0.7, topP: 0.95 };
    const ms = await time(() =>
      client.request({ type: 'generate', runs: ['base'], prompt: 'Once upon a time', sampling }),
    );
    if (round >= 0) rates.push(written / (ms / 1000));
  }
  client.dispose();
  const { threads } = opened.device;
  const detail = `${spread(rates)}, up to ${TOKENS} tokens at temperature 0.7, top p 0.95${threads === null ? '' : `; ${threads} threads`}`;
  return record('generation in the product', median(rates), 'tokens/s', { bar: null, detail, readings: { rates } });
}
