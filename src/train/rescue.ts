/**
 * Runs whose numbers are not finite: what is said of them, what they go back to, and when they end. See recovery.ts.
 */
import type { AdapterRun } from '../engine/adapterRun';
import { type Bytes, withStepsTaken } from '../engine/runState';
import type { StepResult, Trainer } from '../engine/trainer';
import { TrainError, toErrorInfo } from '../shared/errors';
import { giveBack } from '../shared/giveBack';
import { message } from '../shared/message';
import type { TokenBatch } from '../shared/types';
import type { RunId, TrainEvent } from './protocol';
import { Recovery, type RecoveryState } from './recovery';

/** An adapter that was seen to compute a finite loss, after `step` steps. */
interface Good {
  step: number;
  point: Bytes;
}

const copyOf = ({ step, point }: Good): Good => ({
  step,
  point: Object.fromEntries(Object.entries(point).map(([name, bytes]) => [name, bytes.slice(0)])),
});

/** Of one run, as it is saved. Sessions that were saved before runs went back have none. */
export interface RescueState {
  recovery: RecoveryState;
  good: Good | undefined;
}

export class Rescue {
  readonly #host: { readonly trainer: Trainer };
  readonly #emit: (event: TrainEvent) => void;
  readonly #recovery: Map<RunId, Recovery>;
  /** What each run goes back to. */
  readonly #good = new Map<RunId, Good>();
  /** What is still to be said of bad steps. */
  readonly #toSay: (() => Promise<void>)[] = [];

  /**
   * @param host its trainer may be another one later
   * @param saved of a session that goes on
   */
  constructor(
    host: { readonly trainer: Trainer },
    emit: (event: TrainEvent) => void,
    saved: (runId: RunId) => Partial<RescueState> | undefined,
  ) {
    this.#host = host;
    this.#emit = emit;
    this.#recovery = new Map(host.trainer.runs.map((r) => [r.config.id, new Recovery(saved(r.config.id)?.recovery)]));
    for (const run of host.trainer.runs) {
      this.slow(run);
      const good = saved(run.config.id)?.good;
      if (good) this.#good.set(run.config.id, copyOf({ ...good, point: withStepsTaken(good.point, good.step) }));
    }
  }

  /** Copies: whoever is given them may hand them on. */
  state(runId: RunId): RescueState {
    const good = this.#good.get(runId);
    return { recovery: this.#recovery.get(runId)!.state(), good: good && copyOf(good) };
  }

  /** Gives a run the learning rate that it has come down to. */
  slow(run: AdapterRun): void {
    run.rateFactor = this.#recovery.get(run.config.id)!.rate;
  }

  /**
   * A step's result, and the batches it came from. A bad one was not applied: AdamW and τ stand still then. @returns
   * what to do with it
   */
  after(runId: RunId, step: number, { loss, gradNorm }: StepResult, batches: TokenBatch[]): 'fine' | 'skip' | 'end' {
    const recovery = this.#recovery.get(runId)!;
    const what = Number.isFinite(loss) ? ('gradient' as const) : ('loss' as const);
    const verdict = recovery.after(step, what === 'gradient' && Number.isFinite(gradNorm));
    if (verdict === 'fine') return 'fine';
    const say = (last: boolean) => async () => {
      const tensor = await this.#host.trainer.firstNonFinite(runId, batches, step - 1);
      const value = what === 'loss' ? loss : gradNorm;
      if (last)
        this.#emit({
          type: 'run-failed',
          runId,
          error: toErrorInfo(new TrainError(message('train.session.notFinite', { step, what, value, tensor }))),
        });
      else
        this.#emit({
          type: 'warning',
          runId,
          message: message('train.warning.skippedStep', { step, what, value, tensor }),
        });
    };
    if (verdict === 'end' || (verdict === 'skipped' && recovery.bad === 1)) this.#toSay.push(say(verdict === 'end'));
    return verdict === 'end' ? 'end' : 'skip';
  }

  /** Names the first bad tensors of bad steps. Between two steps: it takes the place of a batch. */
  async say(): Promise<void> {
    for (const say of this.#toSay.splice(0)) await say();
  }

  /**
   * What bad steps are to be answered with before `step` (null: before anything else): they are named, and of `live`
   * those runs go back whose steps could not be computed three times in a row. Between two steps.
   * @param sent steps that were sent so far
   */
  async settle(live: readonly RunId[], step: number | null, sent: number): Promise<void> {
    await this.say();
    for (const runId of live) {
      const [recovery, good] = [this.#recovery.get(runId)!, this.#good.get(runId)];
      if (!recovery.isDue(step) || !good) continue;
      const run = this.#host.trainer.run(runId);
      await run.goBack(good.point);
      recovery.wentBack(sent);
      this.slow(run);
      this.#emit({
        type: 'warning',
        runId,
        message: message('train.warning.wentBack', { step: good.step, rate: recovery.rate }),
      });
    }
  }

  /** From now on a run goes back to what it is now, after `step` steps. */
  async keep(runId: RunId, step: number): Promise<void> {
    const before = this.#good.get(runId);
    this.#good.set(runId, { step, point: await this.#host.trainer.run(runId).point() });
    giveBack(Object.values(before?.point ?? {}));
  }

  /** The same for what it was restored to, where nothing older was saved with it. */
  async keepRestored(runId: RunId, step: number): Promise<void> {
    if (!this.#good.has(runId)) await this.keep(runId, step);
  }

  /** Steps that a run's curve lacks, once it has ended. */
  sayTotal(runId: RunId, steps: number): void {
    const { skipped } = this.#recovery.get(runId)!;
    if (skipped > 0)
      this.#emit({ type: 'warning', runId, message: message('train.warning.skippedSteps', { skipped, steps }) });
  }
}
