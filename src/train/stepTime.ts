/** Times a few real steps of an experiment, as it would train, and throws away what they learnt. */
import { exampleCount, toBatch } from '../data/batches';
import { Cancelled } from '../data/pace';
import type { Trainer } from '../engine/trainer';
import { type SessionConfig, parseSession } from '../shared/config';
import type { OpenModel } from './openModel';
import type { RunInput, StepTimes } from './protocol';
import { createTrainer, planned } from './layouts';
import { underHead } from './underHead';
import { TrainingData, refuseEmpty, refuseForeign } from './trainingData';

/**
 * @param steps timed ones; one more goes before them, so that nothing is compiled or allocated while the clock runs
 * @param cancelled asked between two steps
 * @throws {Cancelled} when it says so; {OutOfMemoryError} when there is no room beside what is there
 */
export async function timeSteps(
  open: OpenModel,
  asked: SessionConfig,
  sets: Pick<RunInput, 'train' | 'validation'>,
  { steps, cancelled }: { steps: number; cancelled: () => boolean },
): Promise<StepTimes> {
  const config = parseSession(asked);
  refuseEmpty(sets);
  refuseForeign(sets, open.base.config);
  const { batchSize } = config.train;
  const ids = config.runs.map((r) => r.id);
  const {
    model,
    data: { train, validation },
    free,
  } = await underHead(open, sets, config.train);
  const data = new TrainingData(train, config.train);
  let trainer: Trainer | null = null;
  const goOn = () => {
    if (cancelled()) throw new Cancelled();
    const error = model.base.device.error();
    if (error) throw error;
  };
  try {
    trainer = await createTrainer(model, planned(config, sets));
    const stepMs: number[] = [];
    for (let step = 0; step <= steps; step++) {
      goOn();
      const start = performance.now();
      const { batches, dev } = data.nextStep(config.train, trainer.wantsDev(ids, step));
      await Promise.all((await trainer.step(ids, batches, step, dev)).values());
      if (step > 0) stepMs.push(performance.now() - start);
    }
    const batch = toBatch(
      validation,
      Array.from({ length: Math.min(batchSize, exampleCount(validation)) }, (_, i) => i),
    );
    let evalMs = 0;
    for (let i = 0; i < 2; i++) {
      goOn();
      const start = performance.now();
      await trainer.evaluate(ids, [batch]);
      evalMs = performance.now() - start;
    }
    return { stepMs, evalMs };
  } finally {
    trainer?.free();
    free();
  }
}
