/** The CPU as a device: the same programs, each dispatch by its `cpu` form, one after the other. */
import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import { canShareMemory, worthwhileThreads } from '../../../shared/threads';
import type { DeviceInfo, KernelTime } from '../../../shared/types';
import { Buffers, type Tensor, wholeWords } from '../buffers';
import type { Commands, Device, Prepared, Profiler, Readback } from '../device';
import type { Counts } from '../counts';
import type { Op } from '../dispatch';
import { type Timed, timesByKernel } from '../times';
import { Cpu } from './cpu';
import { CpuMemory, createMemory } from './memory';
import { Queue } from './queue';
import { startInNode } from './nodeThreads';
import { type StartThread, Threads, memoryStart, startInBrowser } from './threads';

/** The kernels in WebAssembly, for a memory that threads share and for one of a single thread. */
interface CpuKernels {
  shared: Uint8Array<ArrayBuffer>;
  single: Uint8Array<ArrayBuffer>;
}

export interface CpuOptions {
  kernels: CpuKernels;
  /**
   * Threads to compute on; one where the browser does not let them share memory. As many as are worthwhile unless
   * given.
   */
  threads?: number;
  /** How one is started: as a browser does, or Node, unless given. */
  start?: StartThread;
}

/** Node has no workers of the web. */
const startHere = () => (typeof Worker === 'undefined' ? startInNode : startInBrowser);

/** @throws {GpuError} where the browser cannot run the kernels, or a thread does not start */
export async function openCpu({ kernels, threads, start = startHere() }: CpuOptions): Promise<CpuDevice> {
  const count = canShareMemory() ? Math.max(1, threads ?? worthwhileThreads()) : 1;
  const module = await WebAssembly.compile(count > 1 ? kernels.shared : kernels.single).catch((error: Error) => {
    throw new GpuError(message('engine.cpu.noSimd', { why: error.message }));
  });
  const memory = createMemory(count > 1);
  return new CpuDevice(memory, await Threads.start(module, memory, count, start));
}

const infoOf = (threads: number, largest: number): DeviceInfo => ({
  kind: 'cpu',
  vendor: '',
  architecture: '',
  description: '',
  software: true,
  threads,
  shaderF16: false,
  timestamps: true,
  maxBufferSize: largest,
  maxBindingSize: largest,
});

/** Commands as functions, to be run in order. */
class CpuCommands implements Commands {
  readonly jobs: (() => void)[] = [];
  readonly #cpu: Cpu;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  copy(from: Tensor, to: Tensor): void {
    this.jobs.push(() => this.#cpu.u32(to).set(this.#cpu.u32(from)));
  }
}

class CpuProfiler implements Profiler {
  readonly timed: Timed[] = [];
  readonly #done: () => Promise<void>;

  constructor(done: () => Promise<void>) {
    this.#done = done;
  }

  async finish(): Promise<KernelTime[]> {
    await this.#done();
    return timesByKernel(this.timed);
  }

  async span(): Promise<number> {
    await this.#done();
    // One after the other, with nothing between them that counts.
    return this.timed.reduce((sum, { ms }) => sum + ms, 0);
  }
}

export class CpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly buffers: Buffers;
  /** A CPU is not lost. */
  readonly lost = new Promise<string>(() => {});
  tuning: Record<string, string> = {};
  readonly blocked = new Set<string>();
  readonly #cpu: Cpu;
  readonly #threads: Threads;
  readonly #queue = new Queue();

  constructor(memory: WebAssembly.Memory, threads: Threads) {
    const source = new CpuMemory(memory, memoryStart(threads.count), (job) => this.#queue.settle(job));
    this.#threads = threads;
    this.#cpu = new Cpu(memory, threads);
    this.buffers = new Buffers(source);
    this.info = infoOf(threads.count, source.largest);
  }

  async prepare(...[, , ops]: Parameters<Device['prepare']>): Promise<Prepared> {
    const missing = ops.find((op) => 'kernel' in op && op.cpu === undefined);
    if (missing && 'kernel' in missing) throw new Error(`kernel "${missing.kernel.label}" has no CPU form`);
    // Fails now, and not in the middle of a step, when a tensor was freed.
    for (const op of ops) for (const tensor of tensorsOf(op)) void tensor.memory;
    const jobs = ops.map((op) => this.#job(op));
    return (commands, counts, profiler) => {
      const { timed } = (profiler as CpuProfiler | null) ?? { timed: null };
      for (const { run, kernel, macs } of jobs) {
        if (!run) continue;
        (commands as CpuCommands).jobs.push(
          timed && kernel
            ? () => {
                const start = performance.now();
                run(counts);
                timed.push({ kernel, macs: macs?.(counts) ?? null, ms: performance.now() - start });
              }
            : () => run(counts),
        );
      }
    };
  }

  #job(op: Op): { run: ((counts: Counts) => void) | null; kernel?: string; macs?: (counts: Counts) => number } {
    const cpu = this.#cpu;
    if ('clear' in op) return { run: () => cpu.u32(op.clear).fill(0) };
    if ('copy' in op) return { run: () => cpu.u32(op.to).set(cpu.u32(op.copy)) };
    const { cpu: form } = op;
    return {
      run: form ? (counts) => form(cpu, counts) : null,
      kernel: op.cpuLabel ?? op.kernel.label,
      macs: op.cpuLabel ? undefined : op.macs,
    };
  }

  submit(_label: string, record: (commands: Commands) => void): void {
    const commands = new CpuCommands(this.#cpu);
    record(commands);
    for (const job of commands.jobs) this.#queue.push(job);
  }

  write(...[tensor, data, offset = 0]: Parameters<Device['write']>): void {
    this.buffers.source.write(tensor.memory, tensor.offset + offset, wholeWords(data));
  }

  readback(): Readback {
    return {
      copy: (commands, parts) => {
        const bytes = new Uint32Array(parts.reduce((sum, { size }) => sum + size, 0) / 4);
        let there = 0;
        (commands as CpuCommands).jobs.push(() => {
          let at = 0;
          for (const part of parts) {
            bytes.set(this.#cpu.u32(part), at);
            at += part.size / 4;
          }
          there = performance.now();
        });
        return async () => {
          await this.#queue.soFar();
          return { bytes: bytes.buffer, at: there };
        };
      },
      free: () => {},
    };
  }

  profiler(): Profiler {
    return new CpuProfiler(() => this.done());
  }

  async done(): Promise<void> {
    await this.#queue.done();
  }

  async withinMemory<T>(allocate: () => T): Promise<T> {
    return allocate();
  }

  error(): GpuError | null {
    const { failure } = this.#queue;
    if (failure === null || failure instanceof GpuError) return failure;
    return new GpuError(
      message('engine.cpu.failed', { what: failure instanceof Error ? failure.message : String(failure) }),
    );
  }

  /** Nothing to do: `done` has handed the error to whoever waited for the work. */
  forgive(): void {}

  destroy(): void {
    this.#queue.stop();
    this.#threads.end();
  }
}

const tensorsOf = (op: Op): Tensor[] => ('kernel' in op ? op.bindings : 'clear' in op ? [op.clear] : [op.copy, op.to]);
