/**
 * What a kernel's CPU form works with: tensors as typed arrays, and functions in WebAssembly that run over a range of
 * items on all threads. An item's result must not depend on which thread computes it or with which others: then the
 * result is the same, bit for bit, for any number of threads.
 */
import type { Tensor } from '../buffers';
import { type Dims, unpackDims } from '../dims';
import type { Counts, RowCount } from '../counts';
import type { Block } from './memory';
import type { Threads } from './threads';

/** One operation on the CPU. It reads how many rows there are from the same uniform as the shader. */
export type CpuFunction = (cpu: Cpu, counts: Counts) => void;

/**
 * A function in WebAssembly with the arguments that stay from step to step: addresses do, as long as their tensors
 * live. Between two runs of an operation all else passes through the caches, so that every object on the way to an
 * address costs as much as some hundred multiplications.
 */
export class Call {
  readonly #name: string;
  readonly #staying: (cpu: Cpu) => number[];
  #args: number[] | null = null;
  #kept = 0;

  /** @param staying what stays, looked up once */
  constructor(name: string, staying: (cpu: Cpu) => number[]) {
    this.#name = name;
    this.#staying = staying;
  }

  /** `name`(...staying, ...now, from, to) over [0, items); see `Cpu.run`. */
  run(
    cpu: Cpu,
    items: number,
    now: readonly number[],
    { alone = false, least = 1 }: { alone?: boolean; least?: number } = {},
  ): void {
    if (!this.#args) {
      this.#args = this.#staying(cpu);
      this.#kept = this.#args.length;
    }
    this.#args.length = this.#kept;
    this.#args.push(...now);
    cpu.run(this.#name, items, this.#args, { alone, least });
  }
}

/** Rows [first, first + count) of a stacked tensor that belong to one run; `index` counts the rows of the pass. */
export interface Span {
  first: number;
  count: number;
  index: number;
}

export class Cpu {
  readonly #memory: WebAssembly.Memory;
  readonly #threads: Threads;
  /** The whole memory as numbers. */
  #views: { f32: Float32Array; u32: Uint32Array };

  constructor(memory: WebAssembly.Memory, threads: Threads) {
    this.#memory = memory;
    this.#threads = threads;
    this.#views = viewsOf(memory);
  }

  /** How many threads share a call, the calling one included. */
  get threads(): number {
    return this.#threads.count;
  }

  /** Byte address of a tensor, as kernels in WebAssembly take it. */
  at(tensor: Tensor): number {
    return (tensor.memoryOfSentWork as Block).address + tensor.offset;
  }

  /** A tensor's numbers. Valid until the next allocation. */
  f32(tensor: Tensor): Float32Array {
    const [from, to] = this.#words(tensor);
    return this.#reaching(to).f32.subarray(from, to);
  }

  u32(tensor: Tensor): Uint32Array {
    const [from, to] = this.#words(tensor);
    return this.#reaching(to).u32.subarray(from, to);
  }

  /** The word at a byte address. */
  wordAt(address: number): number {
    return this.#reaching(address / 4 + 1).u32[address / 4];
  }

  #words(tensor: Tensor): [from: number, to: number] {
    const from = this.at(tensor) / 4;
    return [from, from + tensor.size / 4];
  }

  /**
   * Views up to word `to`. A memory that grew has longer ones, and leaves the old ones empty where it is not shared.
   */
  #reaching(to: number) {
    if (this.#views.u32.length < to) this.#views = viewsOf(this.#memory);
    return this.#views;
  }

  /** `Dims` of a pass as it is now. */
  dims({ dims }: Pick<RowCount, 'dims'>): Required<Dims> {
    const [from, to] = this.#words(dims);
    const { u32, f32 } = this.#reaching(to);
    return unpackDims(u32, f32, from);
  }

  /** The rows of a pass, segment by segment: see rows/dense.wgsl. */
  spans(rows: Pick<RowCount, 'dims'>): Span[] {
    const { rows: count, segments, stride } = this.dims(rows);
    return Array.from({ length: count > 0 ? segments : 0 }, (_, segment) => ({
      first: segment * stride,
      count,
      index: segment * count,
    }));
  }

  /**
   * Runs the exported function `name`(...args, from, to) over [0, items), split over the threads; on the calling one
   * alone where others would take longer to wake than to work (some tens of µs). Ranges have `least` items at least
   * where there are enough for all threads: as many as what a range prepares for itself needs to be worth it.
   */
  run(
    name: string,
    items: number,
    args: number[],
    { alone = false, least = 1 }: { alone?: boolean; least?: number } = {},
  ): void {
    if (items > 0) this.#threads.run(name, items, args, { alone, least });
  }
}

function viewsOf({ buffer }: WebAssembly.Memory) {
  return { f32: new Float32Array(buffer), u32: new Uint32Array(buffer) };
}
