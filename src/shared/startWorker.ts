import { type Message, message } from './message';
import { siteData } from './siteData';

/** What a worker's `error` event says when it ended without one of its own, … */
export const ENDED = 'ended';
/** … when no try to start it worked, … */
export const SILENT = 'silent';
/** … and when it cannot hear any more: it waits for the browser to start a worker of its own. */
export const STUCK = 'stuck';

/**
 * How long each try to start a worker may take until it says that it lives, in ms. The later tries are for slow
 * networks, which have to bring its script.
 */
export const TRIES: readonly number[] = [10_000, 20_000, 60_000];

/**
 * How long a worker may be inside of `new Worker`, in ms. In Firefox it may never return: while something listens to
 * what workers do (its developer tools, or a test that drives it), a worker that starts another waits until that is
 * registered, and whoever should wake it may wake the new one instead.
 */
export const PATIENCE = 5000;

/** For what was said meanwhile to be heard by a thread that was busy, in ms. */
const GRACE = 500;

/** What a worker says to none but whoever started it: that its script has run, and that it holds its lock; … */
export const ALIVE = 'sieve-worker: alive';
const WATCHED = 'sieve-worker: watched';
/** … that it is about to start another worker, and that it has. */
export const STARTS = 'sieve-worker: starts';
export const STARTED = 'sieve-worker: started';
/** Where a worker finds that whoever started it hears such things. */
export const HEARD = 'sieveIsHeard';

/** @returns what keeps `act` from being called after `ms` */
function later(ms: number, act: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(act, GRACE);
  }, ms);
  return () => clearTimeout(timer);
}

/** Starts a worker; where that is done in a worker, whoever started that one hears if it never ends. */
function newWorker(url: string, options: WorkerOptions): Worker {
  const say = (sign: string) => {
    if (HEARD in globalThis) globalThis.postMessage(sign);
  };
  say(STARTS);
  try {
    return new Worker(url, options);
  } finally {
    say(STARTED);
  }
}

/** As the browser's `ErrorEvent`, which Node does not have. */
export class WorkerErrorEvent extends Event {
  readonly message: string;
  constructor(message: string) {
    super('error', { cancelable: true });
    this.message = message;
  }
}

interface Events {
  message: MessageEvent;
  error: WorkerErrorEvent;
  messageerror: Event;
}

/**
 * A worker that is given nothing before it has said that it lives: until then messages, and what they transfer, wait
 * here. One that stays silent is ended and started again; when no try is left, an `error` event says `SILENT`. One that
 * ends by itself (closed, or killed for its memory) does so without an event of the browser's; here `ENDED` is said,
 * and `STUCK` of one that does not come back from starting another.
 */
export class LiveWorker {
  /** Resolves when it lives; stays open when it never does. */
  readonly alive: Promise<void>;
  readonly #events = new EventTarget();
  readonly #url: string;
  readonly #options: WorkerOptions;
  /** The lock that it holds for as long as it lives; null where it is not watched. */
  readonly #lock: string | null;
  readonly #onAlive: () => void;
  #worker: Worker | null = null;
  /** What waits for it to live; null when it does. */
  #waiting: [message: unknown, transfer: Transferable[]][] | null = [];
  /** Ends what is waited for: that it lives, or that it has started a worker. */
  #stopWaiting = () => {};

  constructor(source: string, options: WorkerOptions, lock: string | null) {
    this.#url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    this.#options = options;
    this.#lock = lock;
    let onAlive = () => {};
    this.alive = new Promise((resolve) => {
      onAlive = resolve;
    });
    this.#onAlive = onAlive;
    this.#start(0);
  }

  postMessage(data: unknown, transfer: Transferable[] = []): void {
    if (this.#waiting) this.#waiting.push([data, transfer]);
    else this.#worker?.postMessage(data, transfer);
  }

  addEventListener<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
    options?: AddEventListenerOptions,
  ): void {
    this.#events.addEventListener(type, listener as EventListener, options);
  }

  terminate(): void {
    this.#stopWaiting();
    URL.revokeObjectURL(this.#url);
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting = null;
  }

  #start(attempt: number): void {
    const worker = newWorker(this.#url, this.#options);
    this.#worker = worker;
    const isCurrent = () => worker === this.#worker;
    this.#stopWaiting = later(TRIES[attempt], () => {
      console.info(`worker ${this.#options.name}: silent for ${TRIES[attempt]} ms`);
      worker.terminate();
      if (attempt + 1 < TRIES.length) this.#start(attempt + 1);
      else this.#fail(SILENT);
    });
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!isCurrent()) return;
      if (data === ALIVE) this.#lives(worker);
      else if (data === STARTS) this.#stopWaiting = later(PATIENCE, () => this.#fail(STUCK));
      else if (data === STARTED) this.#stopWaiting();
      else if (data === WATCHED) void siteData('locks')?.request(this.#lock!, () => isCurrent() && this.#fail(ENDED));
      else this.#events.dispatchEvent(new MessageEvent('message', { data }));
    });
    worker.addEventListener('error', (event) => {
      if (isCurrent() && !this.#fail(event.message)) event.preventDefault();
    });
    worker.addEventListener('messageerror', () => isCurrent() && this.#events.dispatchEvent(new Event('messageerror')));
  }

  #lives(worker: Worker): void {
    this.#stopWaiting();
    URL.revokeObjectURL(this.#url);
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    try {
      for (const [data, transfer] of waiting) worker.postMessage(data, transfer);
    } catch (error) {
      this.#fail(String(error));
      return;
    }
    this.#onAlive();
  }

  /** @returns whether nobody took care of it */
  #fail(why: string): boolean {
    this.#stopWaiting();
    return this.#events.dispatchEvent(new WorkerErrorEvent(why));
  }
}

/**
 * Starts a module worker under the Content-Security-Policy of whoever starts it. A worker that is loaded from a URL
 * takes its policy from response headers, which a static host does not send; one that is started from a blob inherits
 * the page's, so the worker too can talk to nobody whom the page may not talk to. The blob only imports the script.
 *
 * @param script address of the built worker script (Vite's `?worker&url`)
 * @param base what that address is relative to
 */
export function startWorker(script: string, base: string, name: string): LiveWorker {
  // The worker holds a lock of its own for as long as it lives, and whoever started it waits for that lock.
  const lock = siteData('locks') && `sieve-worker-${name}-${crypto.randomUUID()}`;
  // The blob can import nothing but the script; that there are locks was asked above.
  const watched = `navigator.locks.request(${JSON.stringify(lock)}, () => {
  postMessage(${JSON.stringify(WATCHED)});
  return new Promise(() => {});
}).catch((error) => console.info('this worker is not watched', error));`;
  const source = `import ${JSON.stringify(new URL(script, base).href)};
self.${HEARD} = true;
postMessage(${JSON.stringify(ALIVE)});
${lock ? watched : ''}`;
  return new LiveWorker(source, { type: 'module', name }, lock);
}

/** Starts a classic worker from its own text: it asks for nothing, and is not watched. */
export function startText(text: string, name: string): LiveWorker {
  return new LiveWorker(`${text}\npostMessage(${JSON.stringify(ALIVE)});`, { name }, null);
}

/** Why a worker stopped: its own words, where the browser has any. */
export function whyStopped({ type, message: own = '' }: Partial<ErrorEvent>): Message | string {
  if (own === ENDED) return message('shared.workerEnded');
  if (own === STUCK) return message('shared.workerStuck');
  if (own === SILENT) return message('shared.workerSilent', { tries: TRIES.length });
  return own || message(type === 'messageerror' ? 'store.worker.badMessage' : 'store.worker.notLoaded');
}
