/**
 * The CPU engine's memory: one WebAssembly.Memory, so that kernels in WebAssembly and in TypeScript, on any thread,
 * work on the same bytes. Blocks come from a list of free ranges, first fit; neighbours that are freed become one.
 */
import { OutOfMemoryError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { Memory, MemorySource } from '../buffers';

/** A range of the memory. */
export interface Block {
  address: number;
  size: number;
}

const PAGE = 65536;
/** Pages of a memory with 32-bit addresses: 4 GiB. */
const MOST_PAGES = 65536;
/** Blocks begin on lines of the cache, so that threads that write neighbouring blocks do not disturb one another. */
const ALIGNMENT = 256;

const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Creates the memory; shared between threads where `shared`. */
export function createMemory(shared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 16, maximum: MOST_PAGES, shared });
}

export class CpuMemory implements MemorySource {
  readonly memory: WebAssembly.Memory;
  readonly largest = 2 ** 31 - PAGE;
  /** Called with what is to be done after the work that was sent. */
  readonly #after: (job: () => void) => void;
  /** By address. */
  #free: Block[];

  /**
   * @param start first address to give out: what lies below belongs to the threads
   * @param after runs a job once the work that was sent before is done
   */
  constructor(memory: WebAssembly.Memory, start: number, after: (job: () => void) => void) {
    this.memory = memory;
    this.#after = after;
    this.#free = [{ address: align(start), size: memory.buffer.byteLength - align(start) }];
  }

  allocate(_label: string, bytes: number): Block {
    const size = align(bytes);
    let found = this.#free.findIndex((range) => range.size >= size);
    if (found < 0) {
      this.#grow(size);
      found = this.#free.length - 1;
    }
    const range = this.#free[found];
    const block = { address: range.address, size };
    if (range.size === size) this.#free.splice(found, 1);
    else this.#free[found] = { address: range.address + size, size: range.size - size };
    new Uint8Array(this.memory.buffer, block.address, size).fill(0);
    return block;
  }

  /** Adds at least `size` bytes at the end. @throws {OutOfMemoryError} when the browser refuses */
  #grow(size: number): void {
    const end = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const there = last && last.address + last.size === end ? last.size : 0;
    // In steps of an eighth, so that many small blocks do not grow it many times.
    const least = Math.ceil((size - there) / PAGE);
    const pages = Math.max(least, Math.min(Math.ceil(end / PAGE / 8), MOST_PAGES - end / PAGE));
    if (!this.#growBy(pages) && !this.#growBy(least)) {
      throw new OutOfMemoryError(message('engine.cpu.outOfMemory', { mib: ((end + size) / 2 ** 20).toFixed(0) }));
    }
    this.#give({ address: end, size: this.memory.buffer.byteLength - end });
  }

  #growBy(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  free(memory: Memory): void {
    this.#after(() => this.#give(memory as Block));
  }

  #give(block: Block): void {
    const at = this.#free.findIndex((range) => range.address > block.address);
    const next = at < 0 ? this.#free.length : at;
    this.#free.splice(next, 0, { ...block });
    for (const i of [next, next - 1]) {
      const [low, high] = [this.#free[i], this.#free[i + 1]];
      if (!low || !high || low.address + low.size !== high.address) continue;
      low.size += high.size;
      this.#free.splice(i + 1, 1);
    }
  }

  write(memory: Memory, offset: number, bytes: Uint8Array): void {
    const { address } = memory as Block;
    let source = bytes;
    let waiting = true;
    this.#after(() => {
      waiting = false;
      new Uint8Array(this.memory.buffer, address + offset, source.length).set(source);
    });
    // Whoever wrote may change them before their turn comes.
    if (waiting) source = bytes.slice();
  }
}
