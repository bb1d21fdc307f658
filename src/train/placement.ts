/**
 * How the runs of a session lie in memory: their trainer, and a thriftier one with the same runs where memory runs out.
 */
import type { AdapterRun } from '../engine/adapterRun';
import type { RunState } from '../engine/runState';
import type { Trainer } from '../engine/trainer';
import { OutOfMemoryError } from '../shared/errors';
import { message } from '../shared/message';
import { type Planned, createTrainer, isThriftiest, planLayout } from './layouts';
import type { OpenModel } from './openModel';
import type { MemoryPlan, RunId, TrainEvent } from './protocol';

interface PlacementHost {
  trainer: Trainer;
  emit: (event: TrainEvent) => void;
  /** Waits for what is on its way. @returns how many steps are done */
  settle: () => Promise<number>;
  /** A run is in the new trainer, with its state. */
  moved: (run: AdapterRun) => void;
}

export class Placement {
  readonly #model: OpenModel;
  readonly #planned: Planned;
  readonly #host: Omit<PlacementHost, 'trainer'>;
  #trainer: Trainer;

  constructor(model: OpenModel, what: Planned, { trainer, ...host }: PlacementHost) {
    this.#model = model;
    this.#planned = what;
    this.#trainer = trainer;
    this.#host = host;
  }

  get trainer(): Trainer {
    return this.#trainer;
  }

  get plan(): MemoryPlan {
    return planLayout(this.#model, this.#planned, this.#trainer.layout);
  }

  /**
   * Does `task`, and where memory runs out does it again in a thriftier layout. It must not have learnt anything then.
   */
  async withRoom<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await task();
      } catch (error) {
        if (!(error instanceof OutOfMemoryError) || !(await this.#makeRoom())) throw error;
      }
    }
  }

  /** Puts the runs, as they are, into the next thriftier layout. @returns whether there is one */
  async #makeRoom(): Promise<boolean> {
    const before = this.#trainer.layout;
    if (isThriftiest(this.#model, this.#planned, before)) return false;
    const step = await this.#host.settle();
    const states = new Map<RunId, RunState>();
    for (const run of this.#trainer.runs) states.set(run.config.id, await run.state());
    this.#trainer.free();
    this.#trainer = await createTrainer(this.#model, this.#planned, before, true);
    for (const run of this.#trainer.runs) {
      run.restore(states.get(run.config.id)!);
      this.#host.moved(run);
      await run.refresh();
    }
    const { split = 1, capacity, recompute } = this.#trainer.layout;
    this.#host.emit({
      type: 'warning',
      runId: null,
      message: message('train.warning.thriftier', { step: step + 1, split, runs: capacity.segments, recompute }),
    });
    return true;
  }
}
