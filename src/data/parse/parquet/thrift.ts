/**
 * Whether bytes are a struct of Thrift's compact protocol that can be read at a cost of about its own size. The
 * library's reader believes what it is told: a list of 2³¹ elements is allocated, a number of a million bytes is
 * shifted together. Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
import { message } from '../../../shared/message';
import { broken } from './bounds';

const MAX_DEPTH = 24;
/** Bytes of a number of 64 bits. */
const MAX_VARINT = 10;
/** A struct becomes an object of some 200 bytes: the shortest that writers make have seven bytes. */
const BYTES_PER_STRUCT = 6;
const FREE_STRUCTS = 64;

/**
 * @param from where the struct begins
 * @returns where it ends
 * @throws {DataError} when it is cut off, too deep, or declares more than it holds
 */
export function checkStruct(bytes: Uint8Array, from: number): number {
  let at = from;
  let structs = 0;
  const damaged = () => broken(message('data.file.parquetHas.damaged'));
  const byte = () => {
    if (at >= bytes.length) throw damaged();
    return bytes[at++];
  };
  const varint = () => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT; i++) {
      const b = byte();
      value += (b & 0x7f) * 2 ** (7 * i);
      if (b < 0x80) return value;
    }
    throw damaged();
  };
  const skip = (n: number) => {
    if (n > bytes.length - at) throw damaged();
    at += n;
  };
  const element = (type: number, depth: number): void => {
    switch (type) {
      case 1: // true
      case 2: // false
        return;
      case 3: // byte
        return skip(1);
      case 4: // i16
      case 5: // i32
      case 6: // i64
        varint();
        return;
      case 7: // double
        return skip(8);
      case 8: // binary
        return skip(varint());
      case 9: {
        // list
        const head = byte();
        const size = head >> 4 === 15 ? varint() : head >> 4;
        const of = head & 0x0f;
        // Each takes a byte at least, so the bytes end before a size that is too large does.
        for (let i = 0; i < size; i++) element(of === 1 || of === 2 ? 3 : of, depth + 1);
        return;
      }
      case 12:
        return struct(depth + 1);
      default: // sets, maps and UUIDs do not occur in Parquet
        throw damaged();
    }
  };
  const struct = (depth: number): void => {
    structs++;
    if (depth > MAX_DEPTH || structs > FREE_STRUCTS + bytes.length / BYTES_PER_STRUCT) throw damaged();
    for (let head = byte(); (head & 0x0f) !== 0; head = byte()) {
      if (head >> 4 === 0) varint();
      element(head & 0x0f, depth);
    }
  };
  struct(0);
  return at;
}
