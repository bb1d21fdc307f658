/** What Sieve takes from an ONNX ModelProto (field numbers: onnx.proto3 of the ONNX project). */

/** TensorProto.DataType. */
export const DataType = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  FLOAT16: 10,
  DOUBLE: 11,
  BFLOAT16: 16,
  UINT4: 21,
  INT4: 22,
} as const;

const TYPE_NAMES: Record<number, string> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8',
  18: 'float8',
  19: 'float8',
  20: 'float8',
  21: 'uint4',
  22: 'int4',
  23: 'float4',
};

export function typeName(dataType: number): string {
  return TYPE_NAMES[dataType] ?? `type ${dataType}`;
}

/** A stretch of the .onnx file. */
export interface Range {
  offset: number;
  length: number;
}

/** Where a tensor's values are, without the values. */
export interface OnnxTensor {
  name: string;
  dims: number[];
  dataType: number;
  /** raw_data: little-endian values. */
  raw: Range | null;
  /** Packed typed fields: fixed-width little-endian floats (float_data), or varints (int32_data, int64_data). */
  typed: { field: 'float_data' | 'int32_data' | 'int64_data' | 'double_data' | 'uint64_data'; ranges: Range[] } | null;
  /** data_location = EXTERNAL, with its key-value pairs (location, offset, length). */
  external: Map<string, string> | null;
}

export interface OnnxNode {
  name: string;
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  /** Integer, float, and integer-list attributes; others are left out. */
  attributes: Map<string, number | number[]>;
  /** Paths of the modules that it was exported from, outermost first, where `torch.onnx.export` says them. */
  scopes?: string;
  /**
   * Of an `If`: what its branch without earlier tokens (`else_branch`) gives, output by output. Its nodes are the
   * graph's.
   */
  branch?: string[];
}

export interface OnnxGraph {
  /** In the file's order. `Constant` nodes that hold a tensor are in `tensors` instead, under their output's name. */
  nodes: OnnxNode[];
  tensors: Map<string, OnnxTensor>;
  outputs: string[];
  /** Where products of quantised weights say how exactly they are to be computed (`accuracy_level`). */
  accuracyLevels: Range[];
  /** Bytes of the .onnx file; every `Range` points into it. */
  bytes: Uint8Array;
}
