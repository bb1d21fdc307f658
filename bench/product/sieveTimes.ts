/**
 * `npm run accept -- sieve`: what Sieve afterwards takes on the CPU engine with two threads: the 4m model, 72
 * validation examples. Wall time and, since a machine may have other work, the CPU time of all threads; on two cores
 * the wall time is half of that at best.
 */
import '../../src/train/testing/node';
import { readFileSync } from 'node:fs';
import { parseFile } from '../../src/data/parse';
import { prepare } from '../../src/data/prepare';
import { NO_REPAIRS } from '../../src/data/repair';
import { openCpuDevice } from '../../src/engine';
import { defaultSession } from '../../src/shared/config';
import { fetchModel, placeWeights, proveModel } from '../../src/train/openModel';
import { Lock } from '../../src/train/lock';
import { Session } from '../../src/train/session';
import { sieveData } from '../../src/train/sieve/data';
import { Sieve } from '../../src/train/sieve/sieve';

const THREADS = 2;
const VALIDATION = 72;
/** Ten points of the first curve, and where the slider is put. */
const CURVE = Array.from({ length: 10 }, (_, i) => i / 10);
const LOOKS = [0.07, 0.31, 0.55, 0.73, 0.94];

interface Taken {
  wall: number;
  cpu: number;
}

/** Of an odd number of values. */
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

async function taken(act: () => Promise<unknown>): Promise<Taken> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await act();
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

async function shipsLog(tokenizer: Parameters<typeof prepare>[2], maxSequenceLength: number) {
  const text = readFileSync('public/datasets/ships-log/ships-log.jsonl');
  return prepare(
    await parseFile('ships-log.jsonl', new Blob([text])),
    {
      mapping: { kind: 'prompt-completion', roles: { prompt: 'prompt', completion: 'completion' } },
      template: { prompt: '{prompt}\n', completion: '{completion}' },
      completionOnly: true,
      maxSequenceLength,
      validationShare: 0.1,
      seed: 1,
      maxExamples: 1000,
      stratify: true,
      repairs: NO_REPAIRS,
      edits: { excluded: [], changed: [] },
    },
    tokenizer,
  );
}

/** Prints one line of JSON: milliseconds of the curve, and medians of preview and whole. */
export async function main(): Promise<number> {
  const emit = () => undefined;
  const files = await fetchModel({ kind: 'embedded', id: 'sieve-stories-4m' }, emit);
  const device = await openCpuDevice({ threads: THREADS });
  const model = await proveModel(await placeWeights(device, files), files, emit);
  const { train, runs } = defaultSession();
  const settings = { ...train, steps: 10, warmupSteps: 2, evalInterval: 10, evalExamples: VALIDATION };
  const data = await shipsLog(files.tokenizer, settings.maxSequenceLength);
  const config = { train: settings, runs: runs.filter((r) => r.method === 'lora') };
  const session = await Session.create(model, config, data, { lock: new Lock(), emit });
  session.run();
  await session.ended;
  const found = await session.inspect(async (s) => {
    let sieve!: Sieve;
    const curve = await taken(async () => {
      sieve = await Sieve.open(s.trainer.run(runs[0].id), {
        model: s.model,
        train: settings,
        data: sieveData(s.data, s.validation, settings),
      });
      for (const share of CURVE) await sieve.at('ratio', share);
    });
    const looks: Record<'preview' | 'whole', Taken[]> = { preview: [], whole: [] };
    for (const share of LOOKS) {
      looks.preview.push(await taken(() => sieve.at('ratio', share, true)));
      looks.whole.push(await taken(() => sieve.at('ratio', share)));
    }
    const middle = (all: Taken[]): Taken => ({
      wall: median(all.map((t) => t.wall)),
      cpu: median(all.map((t) => t.cpu)),
    });
    const { examples } = sieve.info;
    sieve.free();
    return { examples, curve, preview: middle(looks.preview), whole: middle(looks.whole) };
  });
  console.log(JSON.stringify(found));
  await session.free();
  device.destroy();
  return 0;
}
