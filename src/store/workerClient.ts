/**
 * One owner per worker: a promise for every request, events handed on in order, and a worker that dies
 * rejects everything it still owed, so that no failure is swallowed.
 */
import { type ErrorInfo, SieveError } from '../shared/errors';
import { type Message, isMessage, message } from '../shared/message';
import { whyStopped } from '../shared/startWorker';
import type { FromWorker } from '../train/protocol';

/** An error that a worker reported. Keeps the name it had there (`DataError`, `GpuError`, …). */
export class WorkerFault extends SieveError {
  readonly info: ErrorInfo;
  constructor(info: ErrorInfo) {
    super(info);
    this.name = info.name;
    this.info = info;
  }
}

/** Whether a request ended because it was not wanted any more. */
export function isCancelled(error: unknown): boolean {
  return error instanceof WorkerFault && error.name === 'Cancelled';
}

/** Whether a worker was lost because the browser never came back from starting another for it. */
export function isStuck(error: unknown): boolean {
  const why = error instanceof WorkerFault ? error.params.why : null;
  return isMessage(why) && why.code === 'shared.workerStuck';
}

/** What of `Worker` the client needs; tests hand in a port of their own. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message' | 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

export interface WorkerHooks<E> {
  onEvent: (event: E) => void;
  /** The worker itself broke (did not load, threw outside a request). Everything pending is rejected. */
  onCrash: (error: ErrorInfo) => void;
  /** The worker was ended, since it did not answer; what it knew is gone. Called before what it owed fails. */
  onRestart?: () => void;
}

/** How long a worker may take to answer that it heard, in ms. */
export const PATIENCE = 1000;

/** What a person is told of a worker. */
export type WorkerName = 'training' | 'data' | 'storage' | 'push';

type Reply<Replies, T> = T extends keyof Replies ? Replies[T] : null;

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: WorkerFault) => void;
}

export class WorkerClient<Request extends { type: string }, Replies, E> {
  readonly #make: () => WorkerLike;
  readonly #name: WorkerName;
  readonly #hooks: WorkerHooks<E>;
  readonly #pending = new Map<number, Pending>();
  #worker: WorkerLike | null = null;
  #nextId = 1;

  /** @param make starts the worker; called at the first request, and again after a crash. */
  constructor(make: () => WorkerLike, name: WorkerName, hooks: WorkerHooks<E>) {
    this.#make = make;
    this.#name = name;
    this.#hooks = hooks;
  }

  /** Sends a request. Resolves with its reply, rejects with a `WorkerFault`. */
  request<T extends Request['type']>(
    request: Extract<Request, { type: T }>,
    transfer: Transferable[] = [],
  ): Promise<Reply<Replies, T>> {
    return this.post(request, transfer).reply;
  }

  /** As `request`, and tells the request's id, which some events name. */
  post<T extends Request['type']>(
    request: Extract<Request, { type: T }>,
    transfer: Transferable[] = [],
  ): { requestId: number; reply: Promise<Reply<Replies, T>> } {
    const requestId = this.#nextId++;
    const reply = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(requestId, { resolve, reject });
      try {
        this.#open().postMessage({ ...request, requestId }, transfer);
      } catch (error) {
        this.#pending.delete(requestId);
        reject(
          new WorkerFault(workerError(message('store.worker.unreachable', { name: this.#name, why: String(error) }))),
        );
      }
    });
    return { requestId, reply: reply as Promise<Reply<Replies, T>> };
  }

  /** Requests that were sent and not answered yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request that should be answered at once. A worker that has not answered within `PATIENCE` is ended, and
   * what it owed fails as cancelled.
   * @returns the answer, or null where there was none
   */
  async insist<T extends Request['type']>(
    request: Extract<Request, { type: T }>,
  ): Promise<{ reply: Reply<Replies, T> } | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), PATIENCE);
    });
    const answered = await Promise.race([this.request(request).then((reply) => ({ reply })), silence]).finally(() =>
      clearTimeout(timer),
    );
    if (!answered) this.restart();
    return answered;
  }

  /** Ends the worker; what it owed fails as cancelled. The next request starts a new one. */
  restart(): void {
    this.#worker?.terminate();
    this.#worker = null;
    const owed = this.#owed();
    this.#hooks.onRestart?.();
    for (const { reject } of owed) reject(new WorkerFault({ name: 'Cancelled', ...message('data.cancelled') }));
  }

  /** Ends the worker for good. */
  dispose(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectAll(workerError(message('store.worker.closed', { name: this.#name })));
  }

  #open(): WorkerLike {
    if (this.#worker) return this.#worker;
    const worker = this.#make();
    this.#worker = worker;
    worker.addEventListener('message', (event) => {
      if (worker === this.#worker) this.#receive((event as MessageEvent<FromWorker<E>>).data);
    });
    const crash = (event: Event) => {
      if (worker !== this.#worker) return;
      event.preventDefault?.();
      const info = workerError(
        message('store.worker.stopped', { name: this.#name, why: whyStopped(event as Partial<ErrorEvent>) }),
      );
      worker.terminate();
      this.#worker = null;
      this.#rejectAll(info);
      this.#hooks.onCrash(info);
    };
    worker.addEventListener('error', crash);
    worker.addEventListener('messageerror', crash);
    return worker;
  }

  #receive(said: FromWorker<E>): void {
    if (said.kind === 'event') {
      this.#hooks.onEvent(said.event);
      return;
    }
    const pending = this.#pending.get(said.requestId);
    if (!pending) throw new Error(`the ${this.#name} worker answered request ${said.requestId} twice or unasked`);
    this.#pending.delete(said.requestId);
    if (said.kind === 'reply') pending.resolve(said.value);
    else pending.reject(new WorkerFault(said.error));
  }

  #rejectAll(info: ErrorInfo): void {
    for (const { reject } of this.#owed()) reject(new WorkerFault(info));
  }

  /** What was asked and not answered, and will not be. */
  #owed(): Pending[] {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    return all;
  }
}

/** What went wrong with a worker itself. */
const workerError = (said: Message): ErrorInfo => ({ name: 'WorkerError', ...said });
