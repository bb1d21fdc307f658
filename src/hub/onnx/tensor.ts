/** Values of an ONNX tensor as f32: from raw_data, from typed fields, or from an external data file. */
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type RowRange, floatsOf } from '../../shared/quantised';
import { bf16ToF32, f32Copy, halvesOf } from '../floats';
import { DataType, typeName, type OnnxTensor, type Range } from './model';
import { damaged } from './parser';

const WIDTH: Record<number, number> = { [DataType.FLOAT]: 4, [DataType.FLOAT16]: 2, [DataType.BFLOAT16]: 2 };

/** Most values in one tensor: 2³¹ covers every size that `readModel` lets through. */
const MAX_ELEMENTS = 2 ** 31;

/** Number of values; huge or negative dimensions are refused. */
export function elementCount(tensor: OnnxTensor): number {
  let count = 1;
  for (const dim of tensor.dims) {
    if (dim < 0 || dim > MAX_ELEMENTS)
      damaged(message('hub.onnxHas.shape', { tensor: tensor.name, dims: tensor.dims.join(', ') }));
    count *= dim;
    if (count > MAX_ELEMENTS)
      damaged(message('hub.onnxHas.shape', { tensor: tensor.name, dims: tensor.dims.join(', ') }));
  }
  return count;
}

/** Bytes that the values take in raw_data or in a data file; null for types that are not read. */
function storedBytes(tensor: OnnxTensor): number | null {
  const count = elementCount(tensor);
  switch (tensor.dataType) {
    case DataType.UINT8:
    case DataType.INT8:
      return count;
    case DataType.UINT4:
    case DataType.INT4:
      return Math.ceil(count / 2);
    default:
      return WIDTH[tensor.dataType] ? count * WIDTH[tensor.dataType] : null;
  }
}

/** Name, offset and length of an external tensor's bytes, checked against the rules of the format. */
export function externalRange(tensor: OnnxTensor): Range & { location: string } {
  const entry = tensor.external!;
  const location = entry.get('location') ?? '';
  const plain = /^(?:\.\/)?([A-Za-z0-9_][A-Za-z0-9_.-]{0,199})$/.exec(location);
  if (!plain || location.includes('..')) {
    throw new ModelError(message('hub.graph.outside', { tensor: tensor.name, file: location.slice(0, 100) }));
  }
  const whole = (key: string, fallback: number): number => {
    const text = entry.get(key);
    if (text === undefined) return fallback;
    if (!/^\d{1,15}$/.test(text))
      damaged(message('hub.onnxHas.entry', { tensor: tensor.name, key, value: text.slice(0, 40) }));
    return Number(text);
  };
  const expected = storedBytes(tensor);
  const range = { location: plain[1], offset: whole('offset', 0), length: whole('length', expected ?? 0) };
  if (expected !== null && range.length !== expected)
    damaged(
      message('hub.onnxHas.externalSize', { tensor: tensor.name, bytes: range.length, dims: tensor.dims.join(', ') }),
    );
  return range;
}

/**
 * `checkStored` for a tensor of floats. @throws {ModelError} when its values are others, or cannot be where they should
 */
export function checkTensor(tensor: OnnxTensor, fileLength: number, external?: (location: string) => Uint8Array): void {
  if (!WIDTH[tensor.dataType])
    throw new ModelError(message('hub.graph.type', { tensor: tensor.name, type: typeName(tensor.dataType) }));
  checkStored(tensor, fileLength, external);
}

/**
 * Checks that the tensor's description and its stored bytes agree, without reading them.
 * @param file bytes of the .onnx file; `external` finds the bytes of a data file, once they are there.
 */
export function checkStored(tensor: OnnxTensor, fileLength: number, external?: (location: string) => Uint8Array): void {
  const count = elementCount(tensor);
  const bytes = storedBytes(tensor);
  if (bytes === null)
    throw new ModelError(message('hub.graph.type', { tensor: tensor.name, type: typeName(tensor.dataType) }));
  if (tensor.external) {
    const range = externalRange(tensor);
    const size = external?.(range.location).length;
    if (size !== undefined && range.offset + range.length > size)
      damaged(message('hub.onnxHas.outsideData', { tensor: tensor.name, file: range.location, bytes: size }));
    return;
  }
  if (tensor.raw) {
    if (tensor.raw.length !== bytes || tensor.typed)
      damaged(
        message('hub.onnxHas.size', { tensor: tensor.name, bytes: tensor.raw.length, dims: tensor.dims.join(', ') }),
      );
    if (tensor.raw.offset + tensor.raw.length > fileLength)
      damaged(message('hub.onnxHas.outside', { tensor: tensor.name }));
    return;
  }
  if (!WIDTH[tensor.dataType] && count > 0)
    damaged(message('hub.onnxHas.noField', { tensor: tensor.name, field: 'raw_data' }));
  const stored = tensor.typed?.ranges.reduce((sum, r) => sum + r.length, 0) ?? 0;
  const field = tensor.dataType === DataType.FLOAT ? 'float_data' : 'int32_data';
  // A varint of a 16-bit pattern takes one to three bytes.
  const fits = field === 'float_data' ? stored === count * 4 : stored >= count && stored <= count * 3;
  if (tensor.typed?.field !== field && count > 0)
    damaged(message('hub.onnxHas.noField', { tensor: tensor.name, field }));
  if (!fits)
    damaged(
      message('hub.onnxHas.fieldSize', { tensor: tensor.name, bytes: stored, field, dims: tensor.dims.join(', ') }),
    );
}

/**
 * The file's own bytes of the tensor's values; null where they are in typed fields of another form. Call `checkTensor`
 * first.
 */
export function rawBytes(
  tensor: OnnxTensor,
  file: Uint8Array,
  external: (location: string) => Uint8Array,
): Uint8Array | null {
  if (tensor.external) {
    const range = externalRange(tensor);
    return external(range.location).subarray(range.offset, range.offset + range.length);
  }
  const floats =
    tensor.dataType === DataType.FLOAT && tensor.typed?.ranges.length === 1 ? tensor.typed.ranges[0] : null;
  const range = tensor.raw ?? floats;
  return range && file.subarray(range.offset, range.offset + range.length);
}

/** The values of a tensor of floats as f32, a copy, in stored order. Call `checkTensor` first. */
export const readTensor = (
  tensor: OnnxTensor,
  file: Uint8Array,
  external: (location: string) => Uint8Array,
): Float32Array => floatsOf(readValues(tensor, file, external));

/**
 * Values first … first + count − 1, all unless they are named: of f16 the bits, maybe in the file's own bytes, else as
 * f32. Call `checkTensor` first.
 */
export function readValues(
  tensor: OnnxTensor,
  file: Uint8Array,
  external: (location: string) => Uint8Array,
  values: RowRange = { first: 0, count: elementCount(tensor) },
): Float32Array | Uint16Array {
  const { first, count } = values;
  const raw = rawBytes(tensor, file, external);
  if (!raw) return decoded(tensor, readTyped(tensor, file)).subarray(first, first + count);
  const size = WIDTH[tensor.dataType];
  return decoded(tensor, raw.subarray(first * size, (first + count) * size));
}

function decoded({ dataType }: OnnxTensor, raw: Uint8Array): Float32Array | Uint16Array {
  if (dataType === DataType.FLOAT) return f32Copy(raw);
  return dataType === DataType.FLOAT16 ? halvesOf(raw) : bf16ToF32(raw);
}

/** Little-endian bytes of values in typed fields. */
function readTyped(tensor: OnnxTensor, file: Uint8Array): Uint8Array {
  const count = elementCount(tensor);
  const ranges = tensor.typed?.ranges ?? [];
  const out = new Uint8Array(count * WIDTH[tensor.dataType]);
  let filled = 0;
  for (const { offset, length } of ranges) {
    if (tensor.dataType === DataType.FLOAT) {
      out.set(file.subarray(offset, offset + length), filled);
      filled += length;
      continue;
    }
    for (let p = offset; p < offset + length; ) {
      let value = 0;
      let shift = 0;
      do {
        if (shift > 14 || p >= offset + length) damaged(message('hub.onnxHas.not16Bit', { tensor: tensor.name }));
        value |= (file[p] & 0x7f) << shift;
        shift += 7;
      } while (file[p++] >= 0x80);
      if (value > 0xffff || filled + 2 > out.length) damaged(message('hub.onnxHas.values', { tensor: tensor.name }));
      out[filled++] = value & 255;
      out[filled++] = value >> 8;
    }
  }
  if (filled !== out.length)
    damaged(message('hub.onnxHas.filled', { tensor: tensor.name, bytes: filled, of: out.length }));
  return out;
}
