/**
 * A GGUF with the same values in f32. With blocks as weights llama.cpp rounds what it multiplies them with to eight
 * bits, so that its logits of a Q4_1 file are some per cent from exact ones; of this file they can be held against the
 * page's.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type GgufTensor, readGguf } from '../src/hub/gguf/container';
import { readTensor } from '../src/hub/gguf/types';
import { inMemory } from '../src/hub/byteFile';
import { floatsOf } from '../src/shared/quantised';

const F32 = 0;
/** Tensors begin at whole multiples of it, in bytes. */
const ALIGNMENT = 32;

/** Bytes of a tensor's entry in the table. @param offset from where the tensors begin */
function entry({ name, shape }: GgufTensor, offset: number): Buffer {
  const text = Buffer.from(name);
  const bytes = Buffer.alloc(8 + text.length + 4 + 8 * shape.length + 4 + 8);
  let at = bytes.writeBigUInt64LE(BigInt(text.length));
  at += text.copy(bytes, at);
  at = bytes.writeUInt32LE(shape.length, at);
  for (const size of shape.toReversed()) at = bytes.writeBigUInt64LE(BigInt(size), at);
  at = bytes.writeUInt32LE(F32, at);
  bytes.writeBigUInt64LE(BigInt(offset), at);
  return bytes;
}

const padded = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;
const valuesOf = ({ shape }: GgufTensor): number => shape.reduce((count, n) => count * n, 1);

/** @param from a GGUF; @param to the file that is written */
export function writeFloatGguf(from: string, to: string): void {
  const bytes = readFileSync(from);
  const tensors = [...readGguf(bytes).tensors.values()];
  let offset = 0;
  const table = Buffer.concat(
    tensors.map((tensor) => {
      const at = offset;
      offset += padded(4 * valuesOf(tensor));
      return entry(tensor, at);
    }),
  );
  // The table lies right before the tensors, up to alignment; an entry begins with its name, whatever the tensor's type
  // is.
  const first = entry(tensors[0], 0).subarray(0, 8 + Buffer.byteLength(tensors[0].name));
  const begin = Math.min(...tensors.map((tensor) => tensor.offset));
  const start = bytes.subarray(0, begin - table.length + first.length).lastIndexOf(first);
  const file = openSync(to, 'w');
  try {
    writeSync(file, bytes.subarray(0, start));
    writeSync(file, table);
    let at = start + table.length;
    for (const tensor of tensors) {
      const values = floatsOf(readTensor(tensor, inMemory(bytes)));
      at = padded(at);
      writeSync(file, values, 0, values.byteLength, at);
      at += values.byteLength;
    }
  } finally {
    closeSync(file);
  }
}
