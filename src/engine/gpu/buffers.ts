/**
 * Every GPU buffer has one owner: a `BufferScope`. Freeing the scope frees its buffers; using one afterwards
 * throws. `Buffers.live()` is what the leak tests look at.
 */
import { GpuError } from '../../shared/errors';
import { texts } from '../../shared/texts';

/** A named range of a GPU buffer. Offsets are multiples of 256 (the binding alignment). */
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
  get buffer(): GPUBuffer {
    if (!this.#entry.alive) throw new GpuError(texts().errors.engine.gpu.freed(this.label));
    return this.#entry.buffer;
  }

  /** A part of this tensor, in bytes from its start. `offset` must be a multiple of 256. */
  slice(label: string, offset: number, size: number): Tensor {
    if (offset % 256 !== 0 || offset + size > this.size) {
      throw new GpuError(texts().errors.engine.gpu.slice(offset, size, this.label, this.size));
    }
    return new Tensor(label, this.#entry, this.offset + offset, size);
  }

  /** The smallest range that holds this tensor and `other`. @throws {GpuError} when they are not parts of one buffer. */
  through(other: Tensor): Tensor {
    if (other.#entry !== this.#entry) throw new GpuError(texts().errors.engine.gpu.apart(this.label, other.label));
    const offset = Math.min(this.offset, other.offset);
    return new Tensor(`${this.label} … ${other.label}`, this.#entry, offset, Math.max(this.offset + this.size, other.offset + other.size) - offset);
  }

  /** As a bind group resource. */
  get binding(): GPUBufferBinding {
    return { buffer: this.buffer, offset: this.offset, size: this.size };
  }
}

interface BufferEntry {
  buffer: GPUBuffer;
  alive: boolean;
}

const align = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

/** Rounds a size up so that the next range may be bound: 256 bytes. */
export const alignBinding = (bytes: number) => align(bytes, 256);

/** All buffers of one device. */
export class Buffers {
  readonly device: GPUDevice;
  #count = 0;
  #bytes = 0;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** A new owner; `owner` is the prefix of its buffers' labels. */
  scope(owner: string): BufferScope {
    return new BufferScope(this, owner, (count, bytes) => {
      this.#count += count;
      this.#bytes += bytes;
    });
  }

  /** A buffer that copies land in and the host maps. Give it back with `freeStaging`. */
  staging(label: string, bytes: number): GPUBuffer {
    this.#count += 1;
    this.#bytes += bytes;
    return this.device.createBuffer({ label: `readback/${label}`, size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  freeStaging(buffer: GPUBuffer): void {
    this.#count -= 1;
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  live(): { buffers: number; bytes: number } {
    return { buffers: this.#count, bytes: this.#bytes };
  }
}

/** Owns buffers; `free()` gives them back. */
export class BufferScope {
  readonly #owner: string;
  readonly #pool: Buffers;
  readonly #track: (count: number, bytes: number) => void;
  readonly #entries: BufferEntry[] = [];
  readonly #uniforms = new Map<string, Tensor>();

  constructor(pool: Buffers, owner: string, track: (count: number, bytes: number) => void) {
    this.#pool = pool;
    this.#owner = owner;
    this.#track = track;
  }

  /** A zeroed buffer of `bytes` (rounded up to 16) for storage and copies, plus `usage`. */
  alloc(label: string, bytes: number, usage: GPUBufferUsageFlags = 0): Tensor {
    const size = Math.max(16, align(bytes, 16));
    const { limits } = this.#pool.device;
    const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
    if (size > most) throw new GpuError(texts().errors.engine.gpu.oneBuffer(label, (size / 2 ** 20).toFixed(0), (most / 2 ** 20).toFixed(0)));
    const buffer = this.#pool.device.createBuffer({
      label: `${this.#owner}/${label}`,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | usage,
    });
    const entry = { buffer, alive: true };
    this.#entries.push(entry);
    this.#track(1, size);
    return new Tensor(`${this.#owner}/${label}`, entry, 0, size);
  }

  /** A buffer that starts with `data`. */
  upload(label: string, data: ArrayBufferView, usage: GPUBufferUsageFlags = 0): Tensor {
    const tensor = this.alloc(label, data.byteLength, usage);
    let bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length % 4 !== 0) {
      const padded = new Uint8Array(align(bytes.length, 4));
      padded.set(bytes);
      bytes = padded;
    }
    this.#pool.device.queue.writeBuffer(tensor.buffer, 0, bytes as Uint8Array<ArrayBuffer>);
    return tensor;
  }

  /** A uniform with these bytes (a multiple of 16), one for all who want the same ones. */
  uniform(data: ArrayBuffer): Tensor {
    const key = new Uint32Array(data).join();
    let uniform = this.#uniforms.get(key);
    if (!uniform) this.#uniforms.set(key, uniform = this.upload(`uniform ${key}`, new Uint8Array(data), GPUBufferUsage.UNIFORM));
    return uniform;
  }

  /** Bytes of the buffers that are alive. */
  get bytes(): number {
    return this.#entries.reduce((sum, { alive, buffer }) => sum + (alive ? buffer.size : 0), 0);
  }

  /** Destroys everything this scope owns. Safe to call twice. */
  free(): void {
    for (const entry of this.#entries) {
      if (!entry.alive) continue;
      entry.alive = false;
      this.#track(-1, -entry.buffer.size);
      entry.buffer.destroy();
    }
    this.#entries.length = 0;
    this.#uniforms.clear();
  }
}
