/** A protobuf writer for tests: builds ONNX files by hand, right ones and hostile ones. */

export function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  do {
    out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return out;
}

export const int = (field: number, value: number | bigint): number[] => [...varint(field * 8), ...varint(value)];
export const bytes = (field: number, payload: ArrayLike<number>): number[] => [
  ...varint(field * 8 + 2),
  ...varint(payload.length),
  ...Array.from(payload),
];
export const str = (field: number, text: string): number[] => bytes(field, new TextEncoder().encode(text));
export const f32le = (...values: number[]): number[] => [...new Uint8Array(new Float32Array(values).buffer)];
export const u16le = (...values: number[]): number[] => [...new Uint8Array(new Uint16Array(values).buffer)];

/** TensorProto: dims, data_type, name, then whatever holds the data. */
export const tensor = (name: string, dims: number[], dataType: number, ...data: number[][]): number[] => [
  ...dims.flatMap((d) => int(1, d)),
  ...int(2, dataType),
  ...str(8, name),
  ...data.flat(),
];
/** raw_data. */
export const raw = (payload: ArrayLike<number>): number[] => bytes(9, payload);
/** external_data with its key-value pairs. */
export const external = (entries: Record<string, string>): number[] => [
  ...Object.entries(entries).flatMap(([k, v]) => bytes(13, [...str(1, k), ...str(2, v)])),
  ...int(14, 1),
];
/** NodeProto; attributes come encoded (see `intAttribute`, `intsAttribute`). */
export const node = (
  op: string,
  { name = '', inputs = [], outputs }: { name?: string; inputs?: string[]; outputs: string[] },
  ...attributes: number[][]
): number[] => [
  ...inputs.flatMap((i) => str(1, i)),
  ...outputs.flatMap((o) => str(2, o)),
  ...str(3, name),
  ...str(4, op),
  ...attributes.flatMap((a) => bytes(5, a)),
];
export const intAttribute = (name: string, value: number): number[] => [
  ...str(1, name),
  ...int(3, value),
  ...int(20, 2),
];
export const intsAttribute = (name: string, values: number[]): number[] => [
  ...str(1, name),
  ...values.flatMap((v) => int(8, v)),
  ...int(20, 7),
];
export const graphAttribute = (name: string, graph: number[]): number[] => [
  ...str(1, name),
  ...bytes(6, graph),
  ...int(20, 5),
];
/** A node's metadata. */
export const metadata = (key: string, value: string): number[] => bytes(9, [...str(1, key), ...str(2, value)]);
export const tensorAttribute = (name: string, value: number[]): number[] => [
  ...str(1, name),
  ...bytes(5, value),
  ...int(20, 4),
];

export interface GraphParts {
  nodes?: number[][];
  tensors?: number[][];
  outputs?: string[];
  /** Initialisers before nodes. */
  tensorsFirst?: boolean;
}

/** GraphProto. */
export function graphParts({
  nodes = [],
  tensors = [],
  outputs = ['logits'],
  tensorsFirst = false,
}: GraphParts): number[] {
  const nodePart = nodes.flatMap((n) => bytes(1, n));
  const tensorPart = tensors.flatMap((t) => bytes(5, t));
  return [
    ...(tensorsFirst ? [...tensorPart, ...nodePart] : [...nodePart, ...tensorPart]),
    ...outputs.flatMap((o) => bytes(12, str(1, o))),
  ];
}

/** ModelProto with one graph. */
export const model = (parts: GraphParts): Uint8Array<ArrayBuffer> =>
  new Uint8Array([...int(1, 8), ...str(2, 'test'), ...bytes(7, graphParts(parts))]);
