/**
 * One owner per worker: a promise for every request, events handed on in order, and a worker that dies
 * rejects everything it still owed, so that no failure is swallowed.
 */
import { type ErrorInfo, SieveError } from '../shared/errors';
import type { FromWorker } from '../train/protocol';

/** An error that a worker reported. Keeps the name it had there (`DataError`, `GpuError`, …). */
export class WorkerFault extends SieveError {
  readonly info: ErrorInfo;
  constructor(info: ErrorInfo) {
    super(info.message, info.hint);
    this.name = info.name;
    this.info = info;
  }
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
}

type Reply<Replies, T> = T extends keyof Replies ? Replies[T] : null;

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: WorkerFault) => void;
}

export class WorkerClient<Request extends { type: string }, Replies, E> {
  readonly #make: () => WorkerLike;
  readonly #name: string;
  readonly #hooks: WorkerHooks<E>;
  readonly #pending = new Map<number, Pending>();
  #worker: WorkerLike | null = null;
  #nextId = 1;

  /** @param make starts the worker; called at the first request, and again after a crash. */
  constructor(make: () => WorkerLike, name: string, hooks: WorkerHooks<E>) {
    this.#make = make;
    this.#name = name;
    this.#hooks = hooks;
  }

  /** Sends a request. Resolves with its reply, rejects with a `WorkerFault`. */
  request<T extends Request['type']>(request: Extract<Request, { type: T }>, transfer: Transferable[] = []): Promise<Reply<Replies, T>> {
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
        reject(new WorkerFault({ name: 'WorkerError', message: `The ${this.#name} worker could not be reached: ${String(error)}`, hint: 'Reload the page.' }));
      }
    });
    return { requestId, reply: reply as Promise<Reply<Replies, T>> };
  }

  /** Requests that were sent and not answered yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Ends the worker. The next request starts a new one. */
  dispose(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectAll({ name: 'WorkerError', message: `The ${this.#name} worker was closed.`, hint: '' });
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
      const why = (event as ErrorEvent).message || (event.type === 'messageerror' ? 'a message could not be read' : 'its script could not be loaded');
      const info = { name: 'WorkerError', message: `The ${this.#name} worker stopped: ${why}.`, hint: 'Open the model again, or reload the page.' };
      worker.terminate();
      this.#worker = null;
      this.#rejectAll(info);
      this.#hooks.onCrash(info);
    };
    worker.addEventListener('error', crash);
    worker.addEventListener('messageerror', crash);
    return worker;
  }

  #receive(message: FromWorker<E>): void {
    if (message.kind === 'event') {
      this.#hooks.onEvent(message.event);
      return;
    }
    const pending = this.#pending.get(message.requestId);
    if (!pending) throw new Error(`the ${this.#name} worker answered request ${message.requestId} twice or unasked`);
    this.#pending.delete(message.requestId);
    if (message.kind === 'reply') pending.resolve(message.value);
    else pending.reject(new WorkerFault(message.error));
  }

  #rejectAll(info: ErrorInfo): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(new WorkerFault(info));
  }
}
