/**
 * Writes a GGUF of f32 tensors: magic, version, counts, metadata, the table of tensors, then their bytes. Layout:
 * docs/gguf.md of ggml.
 */

/** A value of metadata with the type that it is written as. */
export type Typed = { text: string } | { f32: number } | { u32: number };

interface Float32Tensor {
  name: string;
  /** As PyTorch has it. */
  shape: readonly number[];
  data: Float32Array;
}

const ALIGNMENT = 32;
const VERSION = 3;
/** Numbers of the types of values, and of f32 tensors. */
const [U32, F32, TEXT] = [4, 6, 8];
const TENSOR_F32 = 0;

class Writer {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    this.length += part.length;
    return this;
  }

  u32(...values: number[]): this {
    const part = new DataView(new ArrayBuffer(4 * values.length));
    values.forEach((value, i) => part.setUint32(4 * i, value, true));
    return this.bytes(new Uint8Array(part.buffer));
  }

  u64(value: number): this {
    return this.u32(value % 2 ** 32, Math.floor(value / 2 ** 32));
  }

  text(value: string): this {
    const part = new TextEncoder().encode(value);
    return this.u64(part.length).bytes(part);
  }

  value(value: Typed): this {
    if ('text' in value) return this.u32(TEXT).text(value.text);
    if ('u32' in value) return this.u32(U32, value.u32);
    return this.u32(F32).bytes(new Uint8Array(Float32Array.of(value.f32).buffer));
  }

  /** Zeros up to where the next tensor may begin. */
  align(): this {
    return this.bytes(new Uint8Array(-this.length & (ALIGNMENT - 1)));
  }

  whole(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

export function writeGguf(
  metadata: Readonly<Record<string, Typed>>,
  tensors: readonly Float32Tensor[],
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(metadata);
  const out = new Writer().bytes(new TextEncoder().encode('GGUF')).u32(VERSION).u64(tensors.length).u64(entries.length);
  for (const [key, value] of entries) out.text(key).value(value);
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    out.text(name).u32(shape.length);
    for (const n of shape.toReversed()) out.u64(n);
    out.u32(TENSOR_F32).u64(offset);
    offset += Math.ceil(data.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  out.align();
  for (const { data } of tensors) out.bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).align();
  return out.whole();
}
