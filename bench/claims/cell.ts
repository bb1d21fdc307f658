/** Trains one cell of the plan as the page would, and measures it by example, so that examples can be drawn again. */
import { exampleCount } from '../../src/data/batches';
import type { Trainer } from '../../src/engine';
import { runSchema, sessionSchema, trainSchema } from '../../src/shared/config';
import { SIEVE_WAYS } from '../../src/shared/sieve';
import type { TokenBatch, TokenSet } from '../../src/shared/types';
import { Lock } from '../../src/train/lock';
import type { OpenModel } from '../../src/train/openModel';
import type { TrainEvent } from '../../src/train/protocol';
import { Session } from '../../src/train/session';
import { firstBatches, sieveData } from '../../src/train/sieve/data';
import { Sieve } from '../../src/train/sieve/sieve';
import { type CellId, DEV_EXAMPLES, METHODS, SIEVED, TRAIN, TUNING_SEEDS, VALIDATION_EXAMPLES } from './plan';

/** Σ loss and supervised tokens of each validation example, in order. */
export interface Measured {
  sums: number[];
  tokens: number[];
  skipped: number | null;
}

export interface Cell extends CellId, Measured {
  /** Dev loss of the snapshot that is measured, and the step it was taken at. */
  dev: number;
  bestStep: number;
  scale: number | null;
  /** What the finished adapter does with gates that it was given afterwards; of LoRA. */
  sieved?: ({ way: string; share: number } & Pick<Measured, 'sums' | 'skipped'>)[];
  ms: number;
}

async function measure(trainer: Trainer, runId: string, batches: readonly TokenBatch[]): Promise<Measured> {
  const [sums, tokens]: number[][] = [[], []];
  for (const batch of batches) {
    const [losses] = await trainer.targetLosses([runId], batch);
    let at = 0;
    for (let s = 0; s + 1 < batch.starts.length; s++) {
      let [sum, n] = [0, 0];
      for (let t = batch.starts[s]; t < batch.starts[s + 1]; t++) {
        if (batch.targets[t] < 0) continue;
        sum += losses[at++];
        n++;
      }
      sums.push(Number(sum.toPrecision(7)));
      tokens.push(n);
    }
  }
  const [{ gate }] = await trainer.evaluate([runId], batches);
  const count = (x: Uint32Array) => x.reduce((a, b) => a + b, 0);
  return { sums, tokens, skipped: gate ? 1 - count(gate.active) / count(gate.tokens) : null };
}

/** A cell of a tuning seed has nothing but the dev loss. */
export async function trainCell(
  model: OpenModel,
  data: { train: TokenSet; validation: TokenSet },
  id: CellId,
  steps = TRAIN.steps!,
): Promise<Cell> {
  const started = performance.now();
  const train = trainSchema.parse({
    ...TRAIN,
    steps,
    warmupSteps: Math.min(TRAIN.warmupSteps!, Math.ceil(steps / 10)),
    seed: id.seed,
    learningRate: id.rate,
    devShare: Math.min(0.5, DEV_EXAMPLES / exampleCount(data.train)),
  });
  const planned: readonly object[] = METHODS[id.method];
  const runs = planned.map((run, i) =>
    runSchema.parse({ id: i === planned.length - 1 ? 'run' : 'followed', name: id.method, ...run }),
  );
  const events: TrainEvent[] = [];
  const session = await Session.create(model, sessionSchema.parse({ train, runs }), data, {
    lock: new Lock(),
    emit: (event) => events.push(event),
  });
  try {
    session.run();
    await session.ended;
    const broke = events.find((e) => e.type === 'fatal');
    if (broke?.type === 'fatal') throw new Error(broke.error.code);
    const dev = events.findLast((e) => e.type === 'dev' && e.runId === 'run');
    const shrunk = events.findLast((e) => e.type === 'shrunk' && e.runId === 'run');
    const { best } = (dev?.type === 'dev' && dev) || { best: { step: 0, loss: NaN } };
    const tuning = TUNING_SEEDS.includes(id.seed);
    const batches = tuning ? [] : firstBatches(data.validation, VALIDATION_EXAMPLES, train.batchSize);
    const found: Measured = tuning
      ? { sums: [], tokens: [], skipped: null }
      : await measure(session.trainer, 'run', batches);
    const sieved: Cell['sieved'] = [];
    if (id.method === 'lora' && !tuning) {
      const sieve = await session.inspect((s) =>
        Sieve.open(s.trainer.run('run'), { model: s.model, train, data: sieveData(s.data, s.validation, train) }),
      );
      for (const way of SIEVE_WAYS) {
        for (const share of SIEVED) {
          await sieve.gated(way, share);
          const { sums, skipped } = await measure(sieve.trainer, 'run', batches);
          sieved.push({ way, share, sums, skipped });
        }
      }
      sieve.free();
    }
    return {
      ...id,
      ...found,
      dev: shrunk?.type === 'shrunk' ? shrunk.loss : best.loss,
      bestStep: best.step,
      scale: shrunk?.type === 'shrunk' ? shrunk.scale : null,
      ...(sieved.length > 0 && { sieved }),
      ms: Math.round(performance.now() - started),
    };
  } finally {
    await session.free();
  }
}
