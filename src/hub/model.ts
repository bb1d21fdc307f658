/**
 * Downloads a model: its configuration first, which refuses what cannot be trained, then the file that holds its
 * weights, kept once. The same bytes give the frozen weights and what they are proved by (`reference.ts`).
 */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { type ClassModel, type ModelDescription, headWeights, tellsClasses } from '../shared/model';
import type { ModelFile, ModelSource } from '../shared/types';
import { inMemory, openBlob } from './byteFile';
import { readModel } from './family';
import { chooseFile, listModelFiles, SHARD_INDEX } from './modelFiles';
import { openGguf } from './gguf/container';
import { headOf, orFromGguf } from './gguf/head';
import { configOf } from './gguf/config';
import { asStored, checkGguf, ggufWeights, withHead } from './gguf/model';
import type { HeadOver } from './onnxRuntime';
import { statesOf } from './onnx/bind';
import { DataType, type OnnxGraph } from './onnx/model';
import { OnnxParser } from './onnx/parser';
import { endsOf } from './onnx/parts';
import { isQuantised, multiplyExactly } from './onnx/quantised';
import type { ReferenceModel } from './reference';
import { LENGTH_BYTES, type SafetensorsFile, headBytes, openSafetensors } from './safetensors';
import { openBlobs, placesOf, safetensorsWeights, withFilesHead } from './safetensorsModel';
import type { FetchOptions, FileStart } from './download';
import { checkSource, fetchBlob, fetchFile, fetchJson, fetchStart } from './source';
import { checkNode, externalFiles, resolveWeights, type Weights } from './weights';

export interface DownloadedModel {
  source: ModelSource;
  config: ModelDescription;
  /** What was downloaded. */
  file: ModelFile;
  weights: Weights;
  /** What its logits are compared with: by the same file as the weights. */
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

/** The files of a repository, by their paths. */
interface Files {
  /** A large one, checked against the hash that the hub has of it. */
  whole(path: string, cap: number, onBytes?: FetchOptions['onBytes']): Promise<Uint8Array>;
  /** The same where the browser has it: on its disk, if there is room. */
  blob(path: string, cap: number): Promise<Blob>;
  /** The first `most` bytes of one. */
  start(path: string, most: number): Promise<FileStart>;
  /** The head of the GGUF that is opened. */
  head(): ReturnType<typeof headOf>;
}

/**
 * Downloads and checks a whole model. Nothing large is fetched before the configuration is known to be supported,
 * and an ONNX graph that is not is refused while it comes in.
 * @throws {ModelError}
 */
export async function downloadModel(source: ModelSource, options: FetchOptions = {}): Promise<DownloadedModel> {
  const config = await fetchConfig(source, options);
  const repository = await listModelFiles(source, options);
  const classes = tellsClasses(config) ? (config.embedding.patches ? 'pictures' : 'texts') : null;
  const file = chooseFile(source, repository, classes);
  const sha256 = (path: string) => repository.listed.get(path)?.sha256 ?? null;
  const { dtype, ...read } = await READERS[file.format](file.path, config, {
    whole: (path, cap, onBytes) => fetchFile(source, path, cap, { ...options, onBytes, sha256: sha256(path) }),
    blob: (path, cap) => fetchBlob(source, path, cap, { ...options, sha256: sha256(path) }),
    start: (path, most) => fetchStart(source, path, most, { ...options, sha256: sha256(path) }),
    head: () => headOf(source, options),
  });
  // A name without an ending says nothing: some builders call every file so.
  const seen = dtype && file.dtype === 'fp32' ? { dtype, exact: dtype === 'fp16' } : {};
  return { source, file: { ...file, ...seen }, ...read };
}

/** `config`: the model as the file has it, whose head may be its own where the configuration says that it is tied. */
interface Read extends Pick<DownloadedModel, 'weights' | 'reference' | 'config'> {
  /** What the values of an ONNX file are, where they are not f32. */
  dtype?: string | null;
}

async function readOnnx(path: string, config: ModelDescription, files: Files): Promise<Read> {
  const parser = new OnnxParser({ onNode: checkNode(config) });
  const bytes = await files.whole(path, MAX_ONNX, (partial, available) => parser.advance(partial, available));
  const graph = parser.finish(bytes);
  // For the reference; the weights do not depend on it.
  multiplyExactly(graph);
  const external = new Map<string, Uint8Array>();
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  for (const name of externalFiles(graph)) external.set(name, await files.whole(folder + name, MAX_DATA));
  const weights = resolveWeights(graph, config, (location) => {
    const data = external.get(location);
    if (!data) throw new ModelError(message('hub.model.missingData', { file: location }));
    return data;
  });
  const half = [...graph.tensors.values()].some(
    ({ dataType, dims }) => dataType === DataType.FLOAT16 && dims.length > 1,
  );
  const { model } = weights;
  const { headDim } = model.layers[0].attention;
  const states = statesOf(graph.outputs);
  const head = states !== null && tellsClasses(model) ? { states, ...headOver(model, weights) } : null;
  const size = [bytes, ...external.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const ends = endsOf(graph, model, size);
  const reference = { kind: 'onnx', file: path, bytes, external, half, headDim, head, ends } as const;
  return { config: model, weights, reference, dtype: dtypeOf(graph, half) };
}

/** As the hub's file names say it: fp16, q4, q8, and with f16 beside the blocks q4f16, q8f16; null where all is f32. */
function dtypeOf({ nodes }: OnnxGraph, half: boolean): string | null {
  const blocks = nodes.filter(isQuantised);
  if (blocks.length === 0) return half ? 'fp16' : null;
  return `${blocks.some(({ attributes }) => attributes.get('bits') === 8) ? 'q8' : 'q4'}${half ? 'f16' : ''}`;
}

/** The head and its values, which the graph does not compute. */
const headOver = (model: ClassModel, { get }: Weights): Pick<HeadOver, 'head' | 'weights'> => ({
  head: model.head,
  weights: new Map(headWeights(model).map(({ name }) => [name, get(name).data])),
});

/**
 * One safetensors file, or those that an index names. All headers are read first: what cannot be opened is not
 * downloaded.
 */
async function readShards(path: string, config: ModelDescription, files: Files): Promise<Read> {
  const paths = path === SHARD_INDEX ? shardsOf(await files.whole(path, MAX_INDEX)) : [path];
  const heads: SafetensorsFile[] = [];
  for (const shard of paths) {
    const { bytes: length } = await files.start(shard, LENGTH_BYTES);
    if (length.length < LENGTH_BYTES) continue;
    const { bytes, total } = await files.start(shard, headBytes(length));
    if (total !== null) heads.push(openSafetensors({ ...inMemory(bytes), length: total }, shard));
  }
  if (heads.length === paths.length) placesOf(heads, withFilesHead(config, heads));
  const shards = new Map<string, Blob>();
  for (const shard of paths) shards.set(shard, await files.blob(shard, MAX_DATA));
  const opened = await openBlobs(shards);
  const whole = withFilesHead(
    config,
    [...opened].map(([shard, file]) => openSafetensors(file, shard)),
  );
  return {
    config: whole,
    weights: safetensorsWeights(opened, whole),
    reference: { kind: 'safetensors', file: path, config: whole, files: shards },
  };
}

async function readGgufFile(path: string, config: ModelDescription, files: Files): Promise<Read> {
  const head = await files.head();
  if (head) checkGguf(head, withHead(config, head), head.total ?? Infinity);
  const blob = await files.blob(path, MAX_DATA);
  const file = await openBlob(blob, path);
  const whole = openGguf(file);
  const stored = asStored(config, whole, file);
  return {
    config: stored,
    weights: ggufWeights(whole, file, stored),
    reference: { kind: 'gguf', file: path, config: stored, blob },
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
