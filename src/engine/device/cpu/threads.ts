/**
 * Threads that share the CPU engine's memory and run one function at a time over ranges of items. Whoever calls takes
 * part and waits for the others, so that a call is over when it returns. Without shared memory there are no others.
 */
import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import { startText, whyStopped } from '../../../shared/startWorker';
import script from './thread.js?raw';

/** Places in `control`, in 32-bit words; the arguments follow as f64. */
const LAYOUT = {
  GENERATION: 0,
  FUNCTION: 1,
  ITEMS: 2,
  CHUNK: 3,
  NEXT: 4,
  PENDING: 5,
  ARGUMENT_COUNT: 6,
  FAILED: 7,
  /** Bytes. */
  ARGUMENTS_AT: 64,
  /**
   * Looks, of some 7 ns, before a thread sleeps: within a step the next call comes soon, and to be woken takes as long.
   */
  SPINS: 2000,
} as const;
const CONTROL_BYTES = 512;
/** Scratch memory of one thread, for packed panels and tiles. */
const SCRATCH_BYTES = 1 << 20;
/** Where the threads' own memory begins: below lie what the compiler puts there. */
const THREADS_AT = 65536;
/** First address that is free for tensors. */
export const memoryStart = (threads: number) => THREADS_AT + CONTROL_BYTES + threads * SCRATCH_BYTES;

const scratchOf = (thread: number) => THREADS_AT + CONTROL_BYTES + thread * SCRATCH_BYTES;

/** Ranges that a thread takes on average, at most: enough that an uneven load levels out. */
const RANGES = 4;

/** A running thread. */
export interface ThreadHandle {
  post(message: unknown): void;
  /** Resolves when the thread has reported. */
  ready: Promise<void>;
  end(): void;
}

/** Starts a script as a worker. Browsers take a blob; for Node see `nodeThreads.ts`. */
export type StartThread = (script: string, name: string) => ThreadHandle;

/** A worker from a blob: it inherits the page's Content-Security-Policy and asks for nothing. */
export const startInBrowser: StartThread = (text, name) => {
  const worker = startText(text, name);
  return {
    post: (message) => worker.postMessage(message),
    ready: new Promise((resolve, reject) => {
      worker.addEventListener('message', () => resolve(), { once: true });
      worker.addEventListener('error', (event) =>
        reject(new GpuError(message('engine.cpu.thread', { message: whyStopped(event) }))),
      );
    }),
    end: () => worker.terminate(),
  };
};

type Functions = Record<string, (...args: number[]) => void>;

export class Threads {
  readonly count: number;
  readonly #exports: Functions;
  /** Number of each function, as the threads know it. */
  readonly #functions: Map<string, number>;
  readonly #control: Int32Array;
  readonly #arguments: Float64Array;
  readonly #handles: readonly ThreadHandle[];

  private constructor(
    module: WebAssembly.Module,
    instance: WebAssembly.Instance,
    memory: WebAssembly.Memory,
    handles: readonly ThreadHandle[],
  ) {
    this.count = handles.length + 1;
    this.#exports = instance.exports as Functions;
    this.#exports.setScratch(scratchOf(0));
    this.#functions = new Map(
      WebAssembly.Module.exports(module)
        .filter((e) => e.kind === 'function')
        .map((e, i) => [e.name, i]),
    );
    // Growing a shared memory leaves views of it as they are; one that is not shared has no other thread to tell.
    this.#control = new Int32Array(memory.buffer, THREADS_AT, CONTROL_BYTES / 4);
    this.#arguments = new Float64Array(
      memory.buffer,
      THREADS_AT + LAYOUT.ARGUMENTS_AT,
      (CONTROL_BYTES - LAYOUT.ARGUMENTS_AT) / 8,
    );
    this.#handles = handles;
  }

  /**
   * @param count threads, the caller's included; more than one needs a shared `memory`
   * @throws {GpuError} when a thread cannot be started
   */
  static async start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    count: number,
    start: StartThread,
  ): Promise<Threads> {
    memory.grow(Math.max(0, Math.ceil((memoryStart(count) - memory.buffer.byteLength) / 65536)));
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    const control = new Int32Array(memory.buffer, THREADS_AT, CONTROL_BYTES / 4);
    const handles = Array.from({ length: count - 1 }, (_, i) => start(script, `cpu ${i + 1}`));
    handles.forEach((handle, i) => handle.post({ module, memory, control, scratch: scratchOf(i + 1), layout: LAYOUT }));
    await Promise.all(handles.map((handle) => handle.ready));
    return new Threads(module, instance, memory, handles);
  }

  /**
   * @param args may grow and shrink while it runs
   * @param alone on the calling thread only
   * @param least items that are worth a range, where every thread gets one
   */
  run(
    name: string,
    items: number,
    args: number[],
    { alone = false, least = 1 }: { alone?: boolean; least?: number } = {},
  ): void {
    const own = this.#exports[name];
    if (!own) throw new Error(`no function "${name}" on the CPU`);
    if (this.#handles.length === 0 || alone || items === 1) {
      // A copy of the arguments would be new memory each time, which is in no cache.
      args.push(0, items);
      own.apply(undefined, args);
      args.length -= 2;
      return;
    }
    const control = this.#control;
    // As many for one thread as for another.
    const ranges = Math.max(1, Math.min(RANGES, Math.floor(items / (this.count * least))));
    const chunk = Math.ceil(items / (this.count * ranges));
    this.#arguments.set(args);
    control[LAYOUT.ITEMS] = items;
    control[LAYOUT.CHUNK] = chunk;
    control[LAYOUT.ARGUMENT_COUNT] = args.length;
    control[LAYOUT.FUNCTION] = this.#functions.get(name)!;
    Atomics.store(control, LAYOUT.NEXT, 0);
    Atomics.store(control, LAYOUT.PENDING, this.#handles.length);
    Atomics.add(control, LAYOUT.GENERATION, 1);
    Atomics.notify(control, LAYOUT.GENERATION);
    for (
      let from = Atomics.add(control, LAYOUT.NEXT, chunk);
      from < items;
      from = Atomics.add(control, LAYOUT.NEXT, chunk)
    ) {
      own(...args, from, Math.min(items, from + chunk));
    }
    for (let i = 0; i < LAYOUT.SPINS && Atomics.load(control, LAYOUT.PENDING) > 0; i++);
    for (let left = Atomics.load(control, LAYOUT.PENDING); left > 0; left = Atomics.load(control, LAYOUT.PENDING)) {
      Atomics.wait(control, LAYOUT.PENDING, left, 1);
    }
    if (Atomics.exchange(control, LAYOUT.FAILED, 0)) throw new GpuError(message('engine.cpu.failed', { what: name }));
  }

  end(): void {
    if (this.#handles.length === 0) return;
    this.#control[LAYOUT.FUNCTION] = -1;
    Atomics.add(this.#control, LAYOUT.GENERATION, 1);
    Atomics.notify(this.#control, LAYOUT.GENERATION);
    for (const handle of this.#handles) handle.end();
  }
}
