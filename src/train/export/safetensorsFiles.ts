/** A merged model as safetensors: one file, or shards with their index where it is large. */
import { type TensorHead, safetensorsHead, tensorBytes } from '../../hub/safetensors';
import type { ValueType } from '../../shared/exports';
import { type ExportFile, jsonFile } from './exportFile';
import type { MergedWeights } from './mergedWeights';
import { writtenValues } from './writtenValues';

/** Bytes of a shard's tensors, as far as one of them is not larger. */
const SHARD_BYTES = 2 * 2 ** 30;

/** @param shardBytes what a file may hold; a tensor that is larger has one of its own */
export function safetensorsFiles(
  { shapes, values }: MergedWeights,
  type: ValueType,
  shardBytes = SHARD_BYTES,
): ExportFile[] {
  const shards: TensorHead[][] = [[]];
  let used = 0;
  for (const { name, shape } of shapes) {
    const tensor = { name, shape, type };
    const bytes = tensorBytes(tensor);
    if (used > 0 && used + bytes > shardBytes) {
      shards.push([]);
      used = 0;
    }
    used += bytes;
    shards.at(-1)!.push(tensor);
  }
  const number = (n: number) => String(n).padStart(5, '0');
  const nameOf = (i: number) =>
    shards.length === 1 ? 'model.safetensors' : `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
  const files = shards.map((tensors, i): ExportFile => {
    const head = safetensorsHead(tensors);
    return {
      name: nameOf(i),
      length: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), head.length),
      *pieces() {
        yield head;
        for (const { name, shape } of tensors) {
          for (const part of values({ name, shape: [...shape] })) yield writtenValues(type, name, part);
        }
      },
    };
  });
  if (shards.length === 1) return files;
  const all = shards.flatMap((tensors, i) => tensors.map((tensor) => ({ tensor, file: nameOf(i) })));
  const total = all.reduce((sum, { tensor }) => sum + tensorBytes(tensor), 0);
  const map = Object.fromEntries(all.map(({ tensor, file }) => [tensor.name, file]));
  return [...files, jsonFile('model.safetensors.index.json', { metadata: { total_size: total }, weight_map: map })];
}
