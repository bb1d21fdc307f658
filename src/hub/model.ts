/**
 * Downloads a model: its configuration first, which refuses what cannot be trained, then the file that holds its weights,
 * kept once. The same bytes give the frozen weights and what they are proved by (`reference.ts`).
 */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import type { ModelDescription } from '../shared/model';
import type { ModelFile, ModelSource } from '../shared/types';
import { readModel } from './family';
import { chooseFile, listModelFiles, SHARD_INDEX } from './modelFiles';
import { readGguf } from './gguf/container';
import { orFromGguf } from './gguf/head';
import { asStored, configOf, ggufWeights } from './gguf/model';
import { DataType } from './onnx/model';
import { OnnxParser } from './onnx/parser';
import { multiplyExactly } from './onnx/quantised';
import type { ReferenceModel } from './reference';
import { safetensorsWeights } from './safetensorsModel';
import { type FetchOptions } from './download';
import { checkSource, fetchFile, fetchJson } from './source';
import { checkNode, externalFiles, resolveWeights, type Weights } from './weights';

export interface DownloadedModel {
  source: ModelSource;
  config: ModelDescription;
  /** What was downloaded. */
  file: ModelFile;
  weights: Weights;
  /** What its logits are held against; its bytes are those of the weights. */
  reference: ReferenceModel;
}

const MAX_JSON = 1 << 20;
/** A protobuf message, and so an .onnx file, is smaller than 2 GiB. */
const MAX_ONNX = 2 ** 31 - 1;
/** Data files and safetensors: what a tab can hold beside the device's copy. */
const MAX_DATA = 2 ** 32;
/** An index names every tensor. */
const MAX_INDEX = 8 << 20;
const MAX_SHARDS = 64;

/** The model's architecture: one small download. */
export async function fetchConfig(source: ModelSource, options: FetchOptions = {}): Promise<ModelDescription> {
  checkSource(source);
  const own = () => fetchJson(source, 'config.json', MAX_JSON, options);
  return readModel(await orFromGguf(source, options, own, configOf));
}

/** Fetches a large file by its path, checked against the hash that the hub has of it. */
type FetchLarge = (path: string, cap: number, onBytes?: FetchOptions['onBytes']) => Promise<Uint8Array>;

/**
 * Downloads and checks a whole model. Nothing large is fetched before the configuration is known to be supported,
 * and an ONNX graph that is not is refused while it comes in.
 * @throws {ModelError}
 */
export async function downloadModel(source: ModelSource, options: FetchOptions = {}): Promise<DownloadedModel> {
  const config = await fetchConfig(source, options);
  const repository = await listModelFiles(source, options);
  const file = chooseFile(source, repository);
  const large: FetchLarge = (path, cap, onBytes) =>
    fetchFile(source, path, cap, { ...options, onBytes, sha256: repository.listed.get(path)?.sha256 ?? null });
  const read = await READERS[file.format](file.path, config, large);
  // A name without an ending says nothing: some builders call every file so.
  const half = read.reference.kind === 'onnx' && read.reference.half && file.dtype === 'fp32';
  return { source, file: half ? { ...file, dtype: 'fp16' } : file, ...read };
}

/** `config`: the model as the file has it, whose head may be its own where the configuration says that it is tied. */
type Read = Pick<DownloadedModel, 'weights' | 'reference' | 'config'>;

async function readOnnx(path: string, config: ModelDescription, large: FetchLarge): Promise<Read> {
  const parser = new OnnxParser({ onNode: checkNode(config) });
  const bytes = await large(path, MAX_ONNX, (partial, available) => parser.advance(partial, available));
  const graph = parser.finish(bytes);
  // For the reference; the weights do not depend on it.
  multiplyExactly(graph);
  const external = new Map<string, Uint8Array>();
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  for (const name of externalFiles(graph)) external.set(name, await large(folder + name, MAX_DATA));
  const weights = resolveWeights(graph, config, (location) => {
    const data = external.get(location);
    if (!data) throw new ModelError(message('hub.model.missingData', { file: location }));
    return data;
  });
  const half = [...graph.tensors.values()].some(
    ({ dataType, dims }) => dataType === DataType.FLOAT16 && dims.length > 1,
  );
  const { headDim } = config.layers[0].attention;
  return { config: weights.model, weights, reference: { kind: 'onnx', file: path, bytes, external, half, headDim } };
}

/** One safetensors file, or those that an index names. */
async function readShards(path: string, config: ModelDescription, large: FetchLarge): Promise<Read> {
  const paths = path === SHARD_INDEX ? shardsOf(await large(path, MAX_INDEX)) : [path];
  const files = new Map<string, Uint8Array>();
  for (const shard of paths) files.set(shard, await large(shard, MAX_DATA));
  return {
    config,
    weights: safetensorsWeights(files, config),
    reference: { kind: 'safetensors', file: path, config, files },
  };
}

async function readGgufFile(path: string, config: ModelDescription, large: FetchLarge): Promise<Read> {
  const bytes = await large(path, MAX_DATA);
  const file = readGguf(bytes);
  const stored = asStored(config, file);
  return {
    config: stored,
    weights: ggufWeights(file, stored),
    reference: { kind: 'gguf', file: path, config: stored, bytes },
  };
}

const READERS = { onnx: readOnnx, safetensors: readShards, gguf: readGgufFile };

/**
 * Files that an index of shards names, each once.
 * @throws {ModelError} when it is no index, or leads out of the model's folder
 */
export function shardsOf(index: Uint8Array): string[] {
  let map: unknown;
  try {
    map = (JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(index)) as { weight_map?: unknown } | null)
      ?.weight_map;
  } catch (error) {
    throw new ModelError(message('hub.fetch.notJson', { file: SHARD_INDEX, why: (error as Error).message }));
  }
  const shards = new Set(typeof map === 'object' && map !== null ? Object.values(map) : []);
  const plain = (name: unknown) =>
    typeof name === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\.safetensors$/.test(name) && !name.includes('..');
  if (shards.size === 0 || shards.size > MAX_SHARDS || ![...shards].every(plain))
    throw new ModelError(message('hub.weights.index', { most: MAX_SHARDS }));
  return [...shards] as string[];
}
