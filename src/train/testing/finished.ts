/** A small adapter that is finished, for tests of what is done with one. */
import type { AdapterRun } from '../../engine/adapterRun';
import { testDevice } from '../../engine/testing/harness';
import { Trainer } from '../../engine/trainer';
import { type RunConfig, runSchema, trainSchema } from '../../shared/config';
import type { TokenBatch } from '../../shared/types';
import type { OpenModel } from '../openModel';
import type { SieveData } from '../sieve/sieve';
import { batchOf, openBase } from './fixture';

export const train = trainSchema.parse({
  steps: 8,
  warmupSteps: 0,
  schedule: 'constant',
  learningRate: 1e-2,
  batchSize: 2,
  maxSequenceLength: 32,
});
export const layout = {
  capacity: { rows: 64, supervised: 64, segments: 1, headChunk: 64 },
  microBatches: 1,
  recompute: false,
};

export interface Trained {
  model: OpenModel;
  trainer: Trainer;
  run: AdapterRun;
  data: SieveData;
}

/** A run that was trained for a few steps. @param gate what of its gate is not as it starts */
export async function trained(id: string, method: RunConfig['method'], gate = {}): Promise<Trained> {
  const base = await openBase(await testDevice(), id);
  const { vocab } = base.config;
  const config = runSchema.parse({ id: 'run', name: 'run', method, rank: 4, alpha: 8, gate });
  const trainer = await Trainer.create(base, [config], train, layout);
  const batches = [batchOf([31, 20], vocab, 1), batchOf([32, 7], vocab, 2)];
  for (let step = 0; step < train.steps; step++)
    await (await trainer.step(['run'], [batches[step % 2]], step)).get('run');
  const validation: TokenBatch[] = [batchOf([29, 30], vocab, 1), batchOf([16, 1], vocab, 2), batchOf([9], vocab, 4)];
  return {
    model: { base, tokenizer: { entries: vocab } } as OpenModel,
    trainer,
    run: trainer.run('run'),
    data: { calibration: batches, dev: false, validation },
  };
}

export function free({ trainer, model }: Trained): void {
  trainer.free();
  model.base.free();
}
