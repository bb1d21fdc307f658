/**
 * Every buffer of a device has one owner: a `BufferScope`. Freeing the scope frees its buffers; using one afterwards
 * throws. What a buffer is made of is the device's matter: a GPUBuffer, or a range of the CPU engine's memory.
 */
import { GpuError } from '../../shared/errors';
import { message } from '../../shared/message';

/** A device's own handle of a buffer; only that device looks into it. */
export type Memory = object;

/** What a buffer is bound as besides storage and copies. A CPU makes no difference. */
export type Usage = 'uniform';

/** Where buffers come from. */
export interface MemorySource {
  /** Bytes of the largest buffer. */
  readonly largest: number;
  /** A zeroed buffer of `bytes`, a multiple of 16. */
  allocate(label: string, bytes: number, usage?: Usage): Memory;
  /** Gives it back once the work that was sent before is done. */
  free(memory: Memory): void;
  /** Writes `bytes` (a multiple of 4) at `offset`, after the work that was sent before. */
  write(memory: Memory, offset: number, bytes: Uint8Array): void;
}

/** A named range of a buffer. Offsets are multiples of 256 (WebGPU's binding alignment). */
export class Tensor {
  readonly label: string;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  readonly #entry: BufferEntry;

  constructor(label: string, entry: BufferEntry, offset: number, size: number) {
    this.label = label;
    this.#entry = entry;
    this.offset = offset;
    this.size = size;
  }

  /** @throws {GpuError} after the owner was freed. */
  get memory(): Memory {
    if (!this.#entry.alive) throw new GpuError(message('engine.gpu.freed', { label: this.label }));
    return this.#entry.memory;
  }

  /** `memory` for work that was sent while the owner lived: a device frees a buffer only after that. */
  get memoryOfSentWork(): Memory {
    return this.#entry.memory;
  }

  /** A part of this tensor, in bytes from its start. `offset` must be a multiple of 256. */
  slice(label: string, offset: number, size: number): Tensor {
    if (offset % 256 !== 0 || offset + size > this.size) {
      throw new GpuError(message('engine.gpu.slice', { offset, size, label: this.label, bytes: this.size }));
    }
    return new Tensor(label, this.#entry, this.offset + offset, size);
  }

  /**
   * The smallest range that holds this tensor and `other`. @throws {GpuError} when they are not parts of one buffer.
   */
  through(other: Tensor): Tensor {
    if (other.#entry !== this.#entry)
      throw new GpuError(message('engine.gpu.apart', { a: this.label, b: other.label }));
    const offset = Math.min(this.offset, other.offset);
    const end = Math.max(this.offset + this.size, other.offset + other.size);
    return new Tensor(`${this.label} … ${other.label}`, this.#entry, offset, end - offset);
  }
}

interface BufferEntry {
  memory: Memory;
  size: number;
  alive: boolean;
}

const align = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

/** Rounds a size up so that the next range may be bound: 256 bytes. */
export const alignBinding = (bytes: number) => align(bytes, 256);

/** The bytes of `data`, padded with zeros to a multiple of 4. */
export function wholeWords(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(align(bytes.length, 4));
  padded.set(bytes);
  return padded;
}

/** All buffers of one device. */
export class Buffers {
  readonly source: MemorySource;
  #count = 0;
  #bytes = 0;

  constructor(source: MemorySource) {
    this.source = source;
  }

  /** A new owner; `owner` is the prefix of its buffers' labels. */
  scope(owner: string): BufferScope {
    return new BufferScope(this, owner);
  }

  /** Counts buffers that came or went: those of scopes, and what a device itself holds for copies to the host. */
  track(count: number, bytes: number): void {
    this.#count += count;
    this.#bytes += bytes;
  }

  live(): { buffers: number; bytes: number } {
    return { buffers: this.#count, bytes: this.#bytes };
  }
}

/** Owns buffers; `free()` gives them back. */
export class BufferScope {
  readonly #owner: string;
  readonly #buffers: Buffers;
  readonly #entries: BufferEntry[] = [];
  readonly #uniforms = new Map<string, Tensor>();

  constructor(buffers: Buffers, owner: string) {
    this.#buffers = buffers;
    this.#owner = owner;
  }

  /** A zeroed buffer of `bytes` (rounded up to 16) for storage and copies, and for `usage`. */
  alloc(label: string, bytes: number, usage?: Usage): Tensor {
    const size = Math.max(16, align(bytes, 16));
    const { source } = this.#buffers;
    if (size > source.largest) {
      const mib = (of: number) => (of / 2 ** 20).toFixed(0);
      throw new GpuError(message('engine.gpu.oneBuffer', { label, mib: mib(size), allowed: mib(source.largest) }));
    }
    const entry = { memory: source.allocate(`${this.#owner}/${label}`, size, usage), size, alive: true };
    this.#entries.push(entry);
    this.#buffers.track(1, size);
    return new Tensor(`${this.#owner}/${label}`, entry, 0, size);
  }

  /** A buffer that starts with `data`. */
  upload(label: string, data: ArrayBufferView, usage?: Usage): Tensor {
    const tensor = this.alloc(label, data.byteLength, usage);
    this.fill(tensor, 0, data);
    return tensor;
  }

  /** Writes `data` at `offset` bytes, a multiple of 4, from where a tensor begins. */
  fill(tensor: Tensor, offset: number, data: ArrayBufferView): void {
    this.#buffers.source.write(tensor.memory, tensor.offset + offset, wholeWords(data));
  }

  /** Gives back one buffer of this scope before the others. */
  drop({ memory }: Tensor): void {
    const at = this.#entries.findIndex((entry) => entry.memory === memory);
    if (at < 0) throw new Error('a buffer of another scope');
    this.#release(this.#entries[at]);
    this.#entries.splice(at, 1);
  }

  /** A uniform with these bytes (a multiple of 16), one for all who want the same ones. */
  uniform(data: ArrayBuffer): Tensor {
    const key = new Uint32Array(data).join();
    let uniform = this.#uniforms.get(key);
    if (!uniform) this.#uniforms.set(key, (uniform = this.upload(`uniform ${key}`, new Uint8Array(data), 'uniform')));
    return uniform;
  }

  /** Bytes of the buffers that are alive. */
  get bytes(): number {
    return this.#entries.reduce((sum, { size }) => sum + size, 0);
  }

  /** Gives back everything this scope owns. Safe to call twice. */
  free(): void {
    for (const entry of this.#entries) this.#release(entry);
    this.#entries.length = 0;
    this.#uniforms.clear();
  }

  #release(entry: BufferEntry): void {
    entry.alive = false;
    this.#buffers.track(-1, -entry.size);
    this.#buffers.source.free(entry.memory);
  }
}
