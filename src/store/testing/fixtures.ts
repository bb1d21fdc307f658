/**
 * For tests of the store: a port instead of a worker, events as the train worker sends them, and a session that has
 * ended.
 */
import type { ErrorInfo } from '../../shared/errors';
import { message } from '../../shared/message';
import { defaultSession } from '../../shared/config';
import type { SampleSet } from '../../shared/data';
import type { GateStats, ModelSource, ModuleId } from '../../shared/types';
import { RATIO_BINS } from '../../shared/types';
import type { FromWorker, TrainEvent } from '../../train/protocol';
import { MetricLog } from '../metricLog';
import type { SessionView } from '../slices';
import { type WorkerHooks, type WorkerLike, WorkerClient } from '../workerClient';

export interface Sent {
  type: string;
  requestId: number;
  [field: string]: unknown;
}

/** Keeps what was sent; the test answers by hand. */
export class TestPort<E> implements WorkerLike {
  readonly sent: Sent[] = [];
  terminated = false;
  readonly #listeners = new Map<string, (event: Event) => void>();

  postMessage(message: unknown): void {
    this.sent.push(message as Sent);
  }

  addEventListener(type: string, listener: (event: Event) => void): void {
    this.#listeners.set(type, listener);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: FromWorker<E>): void {
    this.#listeners.get('message')?.({ data: message } as unknown as Event);
  }

  crash(message: string): void {
    this.#listeners.get('error')?.({ type: 'error', message } as unknown as Event);
  }

  /** The last request of a type. */
  last(type: string): Sent {
    const request = this.sent.findLast((m) => m.type === type);
    if (!request) throw new Error(`nothing of type ${type} was sent: ${this.sent.map((m) => m.type).join(', ')}`);
    return request;
  }

  reply(type: string, value: unknown): void {
    this.say({ kind: 'reply', requestId: this.last(type).requestId, value });
  }

  fail(type: string, error: ErrorInfo): void {
    this.say({ kind: 'failed', requestId: this.last(type).requestId, error });
  }
}

/** What a worker reports of an error that is none of ours. */
export const foreign = (name: string, text: string): ErrorInfo => ({ name, ...message('shared.foreign', { text }) });

/** Models that ship with the page, the first of which opens by itself. */
export const [FIRST_MODEL, SECOND_MODEL] = ['sieve-stories-4m', 'sieve-stories-nano'].map(
  (id): ModelSource => ({ kind: 'embedded', id }),
);

/** A host of the page for `fetch`: it lists those models and `samples`, each with a file. */
export const pageHost = (samples: Omit<SampleSet, 'title' | 'description'>[]) => (url: string) => {
  const words = { title: 'S', description: '' };
  const models = [FIRST_MODEL, SECOND_MODEL].map(({ id }) => ({ id, ...words }));
  const listed = url.includes('models/') ? models : samples.map((sample) => ({ ...words, ...sample }));
  return Promise.resolve(
    new Response(url.endsWith('index.json') ? JSON.stringify(listed) : '{}', {
      headers: { 'content-type': 'application/json' },
    }),
  );
};

export function clientOn<R extends { type: string }, Replies, E>(
  port: TestPort<E>,
  hooks: WorkerHooks<E>,
): WorkerClient<R, Replies, E> {
  return new WorkerClient<R, Replies, E>(() => port, 'data', hooks);
}

/** Gate statistics of `modules` modules; module m keeps `active(m)` of `tokens`. */
export function gateStats(modules: number, tokens: number, active: (m: number) => number): GateStats {
  return {
    tau: Float32Array.from({ length: modules }, (_, m) => m / 100),
    tokens: new Uint32Array(modules).fill(tokens),
    active: Uint32Array.from({ length: modules }, (_, m) => active(m)),
    muActive: new Float32Array(modules).fill(-1),
    muSkipped: new Float32Array(modules).fill(1),
    measured: new Uint32Array(modules).fill(tokens),
    activeHelpful: Uint32Array.from({ length: modules }, (_, m) => active(m)),
    skippedHelpful: new Uint32Array(modules),
    histogram: new Uint32Array(modules * RATIO_BINS),
    rho: 0.01,
    tauLearningRate: 0.001,
    moduleTauLearningRates: null,
    lambda: 0,
    shift: null,
    activeOutsideTraining: false,
  };
}

export function stepEvent(
  runId: string,
  step: number,
  gate: GateStats | null = null,
): Extract<TrainEvent, { type: 'step' }> {
  return {
    type: 'step',
    runId,
    step,
    loss: 5 - step / 100,
    learningRate: 0.003,
    gradNorm: 1,
    tokens: 200,
    supervised: 100,
    ms: 50,
    gate,
    work: { done: gate ? 60 : 100, dense: 100, step: 1000 },
  };
}

export function evalEvent(runId: string, step: number, loss: number): Extract<TrainEvent, { type: 'eval' }> {
  return { type: 'eval', runId, step, loss, examples: 32, supervised: 900, gate: null };
}

/** A text of two tokens in the modules of `MODULES`; each token's state is a digit of `active` and tells `ratio`. */
export function watchEvent(
  runId: string,
  step: number,
  active: string,
  tokens: string[] = ['a', ' b'],
): Extract<TrainEvent, { type: 'watch' }> {
  const states = Array.from({ length: MODULES.length * tokens.length }, (_, i) => Number(active[i % active.length]));
  return {
    type: 'watch',
    runId,
    step,
    tokens,
    modules: MODULES,
    active: Uint8Array.from(states),
    ratio: Float32Array.from(states, (state, i) => state + i / 8),
    tau: new Float32Array(MODULES.length).fill(0.5),
  };
}

export const MODULES: ModuleId[] = [0, 1].flatMap((layer) => ['q_proj', 'v_proj'].map((kind) => ({ layer, kind })));

/** A session that has ended: LoRA failed after a step, TS-LoRA took six and was measured twice. */
export function endedSession(): SessionView {
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new MetricLog(id)]));
  metricLogs.get('base')!.addEval(evalEvent('base', 0, 5.5));
  const gated = metricLogs.get('ts-lora')!;
  gated.modules = MODULES;
  gated.parameters = 64;
  for (let step = 1; step <= 6; step++)
    gated.addStep(
      stepEvent(
        'ts-lora',
        step,
        gateStats(4, 100, () => 50),
      ),
    );
  metricLogs.get('lora')!.addStep(stepEvent('lora', 1));
  gated.addEval(evalEvent('ts-lora', 3, 3));
  gated.addEval({ ...evalEvent('ts-lora', 6, 3.25), gate: gateStats(4, 100, (m) => 100 - 10 * m) });
  return {
    config: defaultSession(),
    template: { prompt: '{prompt}\n', completion: '{completion}' },
    mapping: null,
    dataName: 'facts.jsonl',
    plan: null,
    devices: [],
    metricLogs,
    failed: new Map([['lora', foreign('TrainError', 'NaN')]]),
    startedAt: 1000,
  };
}
