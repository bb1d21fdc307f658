/** A merged model as its base's own ONNX file: the same bytes, but for the values of the matrices that were adapted. */
import { transpose } from '../../hub/floats';
import type { Place } from '../../hub/onnx/bind';
import { DataType, type OnnxTensor } from '../../hub/onnx/model';
import { externalRange, readTensor } from '../../hub/onnx/tensor';
import type { Weights } from '../../hub/weights';
import type { ValueType } from '../../shared/exports';
import { type ModelDescription, allModules } from '../../shared/model';
import { isPerToken } from '../../shared/config';
import { mergeModule } from '../merge';
import { type Trained, withoutGate } from './mergedWeights';
import type { BoundGraph } from './onnxNodes';
import { writtenValues } from './writtenValues';

const WRITTEN: Readonly<Record<number, ValueType>> = {
  [DataType.FLOAT]: 'F32',
  [DataType.FLOAT16]: 'F16',
  [DataType.BFLOAT16]: 'BF16',
};

/** The stretch of a file that a tensor's values fill; null where they lie in another form. */
function stretchOf(tensor: OnnxTensor): { file: string | null; offset: number; length: number } | null {
  if (tensor.external) {
    const { location, offset, length } = externalRange(tensor);
    return { file: location, offset, length };
  }
  const plain = tensor.dataType === DataType.FLOAT && tensor.typed?.ranges.length === 1 ? tensor.typed.ranges[0] : null;
  const range = tensor.raw ?? plain;
  return range && { file: null, ...range };
}

/** Whether the adapter can be taken into matrices, and all of them lie in the file as plain values. */
export const canPatch = ({ run, adapters, thresholds }: Trained, { places }: BoundGraph): boolean =>
  thresholds === null &&
  !isPerToken(run) &&
  adapters.every(({ path }) => {
    const place = places.get(`${path}.weight`);
    return place && !place.quantised && WRITTEN[place.tensor.dataType] && stretchOf(place.tensor);
  });

export interface OnnxBytes {
  bytes: Uint8Array;
  /** Data files beside it, by the name that the graph uses. */
  external: ReadonlyMap<string, Uint8Array>;
}

/** A file's bytes with others in places; made when they are written. */
interface Patch {
  offset: number;
  length: number;
  make(): Uint8Array;
}

function* patched(bytes: Uint8Array, patches: readonly Patch[]): Generator<Uint8Array> {
  let at = 0;
  for (const { offset, length, make } of patches.toSorted((a, b) => a.offset - b.offset)) {
    yield bytes.subarray(at, offset);
    yield make();
    at = offset + length;
  }
  yield bytes.subarray(at);
}

/**
 * The pieces of the .onnx file, and of each data file by its name. Call `canPatch` first.
 * @throws {AdapterError} for an adapter with gates
 */
export function mergedOnnx(
  model: ModelDescription,
  { places }: BoundGraph,
  { bytes, external, weights, trained }: OnnxBytes & { weights: Weights; trained: Trained },
): { own: Iterable<Uint8Array>; external: Map<string, Iterable<Uint8Array>> } {
  const run = withoutGate(trained);
  const modules = new Map(allModules(model).map((m) => [m.path, m]));
  const inTensor = new Map<OnnxTensor, { path: string; place: Place }[]>();
  for (const { path } of trained.adapters) {
    const place = places.get(`${path}.weight`)!;
    inTensor.set(place.tensor, [...(inTensor.get(place.tensor) ?? []), { path, place }]);
  }
  const find = (location: string) => external.get(location)!;
  /** All rows of the tensor, as the state dict's matrices lie one below the other, with those of its modules merged. */
  const make = (tensor: OnnxTensor, parts: { path: string; place: Place }[]): Uint8Array => {
    const { turned } = parts[0].place;
    const [first, second] = tensor.dims;
    const stored = readTensor(tensor, bytes, find);
    const rows = turned ? transpose(stored, first, second) : stored;
    for (const { path, place } of parts) {
      const { dIn, dOut, inOut } = modules.get(path)!;
      const { data } = weights.get(`${path}.weight`);
      const adapter = trained.adapters.find((m) => m.path === path)!;
      const merged = mergeModule(run, adapter, inOut ? transpose(data, dIn, dOut) : data);
      rows.set(inOut ? transpose(merged, dOut, dIn) : merged, (place.packed?.from ?? 0) * dIn);
    }
    return writtenValues(WRITTEN[tensor.dataType], tensor.name, turned ? transpose(rows, second, first) : rows);
  };
  const patches = [...inTensor].map(([tensor, parts]) => ({ ...stretchOf(tensor)!, make: () => make(tensor, parts) }));
  const of = (file: string | null) => patches.filter((patch) => patch.file === file);
  return {
    own: patched(bytes, of(null)),
    external: new Map([...external].map(([name, data]) => [name, patched(data, of(name))])),
  };
}
