/** What is done with adapters that are trained already: giving one gates (`sieve/`), and what its updates are worth. */
import type { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import type { Trainer } from '../engine/trainer';
import type { TrainConfig } from '../shared/config';
import { AdapterError, TrainError } from '../shared/errors';
import { message } from '../shared/message';
import type { TokenSet } from '../shared/types';
import { adapterFiles } from './adapterFiles';
import { exportedCheck, originOf } from './exportedRun';
import type { Lock } from './lock';
import type { OpenModel } from './openModel';
import type { RunId, TrainEvent, TrainReplies, TrainRequest } from './protocol';
import type { Session } from './session';
import { attribute } from './sieve/attribute';
import { sieveData } from './sieve/data';
import { Sieve } from './sieve/sieve';
import { TrainingData, refuseEmpty, refuseForeign } from './trainingData';

type Request<T extends TrainRequest['type']> = Extract<TrainRequest, { type: T }>;

export interface FinishedHost {
  lock: Lock;
  emit: (event: TrainEvent) => void;
  /** @throws {ModelError} where none is open */
  model: () => OpenModel;
  session: () => Session | null;
  /** The adapter of a run. @throws {AdapterError} where there is none */
  adapter: (runId: RunId) => AdapterRun;
  /** The base under the head that it was trained with. */
  baseOf: (run: AdapterRun) => BaseModel;
}

export class FinishedAdapters {
  readonly #host: FinishedHost;
  /** The adapter that is sieved, and what ends whatever is done with it, or attributed. */
  #sieve: Sieve | null = null;
  #sieving: AbortController | null = null;
  #attributing: AbortController | null = null;

  constructor(host: FinishedHost) {
    this.#host = host;
  }

  /** Of the adapter that is sieved. */
  get trainer(): Trainer | undefined {
    return this.#sieve?.trainer;
  }

  /** The device that they lay on is gone. */
  forget(): void {
    this.#sieve = null;
  }

  /**
   * Looks at a finished adapter, with the session's own data or with those that are given.
   * @throws {TrainError} while a session trains: its adapters change
   */
  async #finished<T>(
    { runId, data }: Pick<Request<'sieve-open'>, 'runId' | 'data'>,
    look: (
      run: AdapterRun,
      on: { model: OpenModel; data: TrainingData; validation: TokenSet; train: TrainConfig },
    ) => Promise<T>,
  ): Promise<T> {
    const model = this.#host.model();
    const session = this.#host.session();
    if (session?.going) throw new TrainError(message('train.sieve.going'));
    const run = this.#host.adapter(runId);
    if (data) {
      const { train: set, validation, settings: train } = data;
      refuseEmpty(data);
      refuseForeign(data, model.base.config);
      const on = {
        model: { ...model, base: this.#host.baseOf(run) },
        data: new TrainingData(set, train),
        validation,
        train,
      };
      return this.#host.lock.run(() => look(run, on));
    }
    if (!session) throw new TrainError(message('train.studio.noSession'));
    return session.inspect((s) => look(run, { ...s, train: session.config.train }));
  }

  /** What a signal has ended is answered with null. */
  async #unless<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T | null> {
    try {
      return await task();
    } catch (error) {
      if (signal?.aborted) return null;
      throw error;
    }
  }

  /** Prepares one without gates to have some. null where another session, or another look, has ended it. */
  open(request: Request<'sieve-open'>): Promise<TrainReplies['sieve-open']> {
    this.#sieving?.abort();
    const { signal } = (this.#sieving = new AbortController());
    return this.#unless(signal, () =>
      this.#finished(request, async (run, { data, validation, ...on }) => {
        this.#sieve?.free();
        this.#sieve = null;
        signal.throwIfAborted();
        this.#sieve = await Sieve.open(run, { ...on, data: sieveData(data, validation, on.train), signal });
        return this.#sieve.info;
      }),
    );
  }

  /** What its updates are worth. null where that was cancelled. */
  attribute({ of, points, ...request }: Request<'attribute'>): Promise<TrainReplies['attribute']> {
    this.cancelAttribution();
    const { signal } = (this.#attributing = new AbortController());
    const each = (done: number, all: number) => {
      signal.throwIfAborted();
      this.#host.emit({ type: 'attributing', done, all });
    };
    return this.#unless(signal, () => this.#finished(request, (run, on) => attribute(on, run, { of, points, each })));
  }

  cancelAttribution(): null {
    this.#attributing?.abort();
    return null;
  }

  #needSieve(): Sieve {
    if (!this.#sieve) throw new AdapterError(message('train.sieve.none'));
    return this.#sieve;
  }

  /** What skipping a share of the updates does. */
  at({ way, share, preview }: Request<'sieve-at'>): Promise<TrainReplies['sieve-at']> {
    const signal = this.#sieving?.signal;
    return this.#unless(signal, () =>
      this.#host.lock.run(async () => {
        signal?.throwIfAborted();
        return this.#needSieve().at(way, share, preview);
      }),
    );
  }

  /** The adapter with these gates, as files. */
  export({
    way,
    share,
    name,
    template,
    check: checked,
  }: Request<'sieve-export'>): Promise<TrainReplies['sieve-export']> {
    const model = this.#host.model();
    return this.#host.lock.run(async () => {
      const { run, adapters } = await this.#needSieve().gated(way, share);
      const thresholds = await run.method.thresholds();
      const check = checked ? await exportedCheck(run, this.#host.baseOf(run), model) : null;
      const named = { ...run.config, name };
      const rule = 'afterwards' as const;
      const origin = await originOf(run, this.#host.baseOf(run), model.info);
      return { files: adapterFiles({ run: named, ...origin, adapters, thresholds, rule, template, check }) };
    });
  }

  close(): Promise<null> {
    this.#sieving?.abort();
    return this.#host.lock.run(async () => {
      this.#sieve?.free();
      this.#sieve = null;
      return null;
    });
  }
}
