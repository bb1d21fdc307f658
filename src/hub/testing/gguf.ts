/** A GGUF writer for tests: right files and hostile ones. */

const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
export const u64 = (value: number): number[] => [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];
export const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [...u64(bytes.length), ...bytes];
};

/** A value of metadata with its type in front. Whole numbers are u32, others f32. */
function value(given: unknown): number[] {
  if (Array.isArray(given)) {
    const first = value(given[0]);
    return [...u32(9), ...first.slice(0, 4), ...u64(given.length), ...given.flatMap((v) => value(v).slice(4))];
  }
  if (typeof given === 'string') return [...u32(8), ...text(given)];
  if (typeof given === 'boolean') return [...u32(7), Number(given)];
  return Number.isInteger(given) && (given as number) >= 0
    ? [...u32(4), ...u32(given as number)]
    : [...u32(6), ...new Uint8Array(Float32Array.of(given as number).buffer)];
}

export interface TensorParts {
  name: string;
  /** As PyTorch has it. */
  shape: number[];
  type: number;
  bytes: Uint8Array;
}

/** A whole file. Lists of fractions must not begin with a whole number. */
export function gguf(metadata: Record<string, unknown>, tensors: TensorParts[] = []): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const infos = tensors.flatMap(({ name, shape, type, bytes }) => {
    const info = [
      ...text(name),
      ...u32(shape.length),
      ...shape.toReversed().flatMap(u64),
      ...u32(type),
      ...u64(offset),
    ];
    offset = Math.ceil((offset + bytes.length) / 32) * 32;
    return info;
  });
  const head = [
    ...new TextEncoder().encode('GGUF'),
    ...u32(3),
    ...u64(tensors.length),
    ...u64(Object.keys(metadata).length),
    ...Object.entries(metadata).flatMap(([key, v]) => [...text(key), ...value(v)]),
    ...infos,
  ];
  const start = Math.ceil(head.length / 32) * 32;
  const out = new Uint8Array(start + offset);
  out.set(head);
  let at = start;
  for (const { bytes } of tensors) {
    out.set(bytes, at);
    at += Math.ceil(bytes.length / 32) * 32;
  }
  return out;
}
