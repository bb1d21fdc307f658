/** Times a few real steps of an experiment, as it would train, and throws away what they learnt. */
import { exampleCount, toBatch } from '../data/batches';
import { Cancelled } from '../data/pace';
import { type ExperimentConfig, parseExperiment } from '../shared/config';
import type { OpenModel } from './openModel';
import type { RunInput, StepTimes } from './protocol';
import { createTrainer } from './layouts';
import { TrainingData, refuseEmpty, refuseForeign } from './trainingData';

/**
 * @param steps timed ones; one more goes before them, so that nothing is compiled or allocated while the clock runs
 * @param cancelled asked between two steps
 * @throws {Cancelled} when it says so; {OutOfMemoryError} when there is no room beside what is there
 */
export async function timeSteps(
  model: OpenModel,
  config: ExperimentConfig,
  { train, heldOut }: Pick<RunInput, 'train' | 'heldOut'>,
  { steps, cancelled }: { steps: number; cancelled: () => boolean },
): Promise<StepTimes> {
  const experiment = parseExperiment(config);
  refuseEmpty({ train, heldOut });
  refuseForeign({ train, heldOut }, model.base.config.vocab);
  const { batchSize } = experiment.train;
  const ids = experiment.runs.map((r) => r.id);
  const data = new TrainingData(train, experiment.train);
  const trainer = await createTrainer(model, experiment);
  const goOn = () => {
    if (cancelled()) throw new Cancelled();
    const error = trainer.base.device.error();
    if (error) throw error;
  };
  try {
    const stepMs: number[] = [];
    for (let step = 0; step <= steps; step++) {
      goOn();
      const start = performance.now();
      const { batches, slice } = data.nextStep(experiment.train, trainer.wantsSlice(ids, step));
      await Promise.all((await trainer.step(ids, batches, step, slice)).values());
      if (step > 0) stepMs.push(performance.now() - start);
    }
    const batch = toBatch(
      heldOut,
      Array.from({ length: Math.min(batchSize, exampleCount(heldOut)) }, (_, i) => i),
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
    trainer.free();
  }
}
