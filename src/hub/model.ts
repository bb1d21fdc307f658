/**
 * Downloads a model: its configuration first, which refuses what cannot be trained, then the ONNX file, parsed while
 * it comes in and kept once. The same bytes give the frozen weights (`weights.ts`) and ONNX Runtime's session
 * (`reference.ts`).
 */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import type { LlamaConfig, ModelSource } from '../shared/types';
import { parseLlamaConfig } from './llamaConfig';
import type { OnnxGraph } from './onnx/model';
import { OnnxParser } from './onnx/parser';
import { checkSource, fetchFile, fetchJson, hasFile, listFiles, sourceName, type FetchOptions } from './source';
import { checkNode, externalFiles, resolveWeights, type Weights } from './weights';

export interface DownloadedModel {
  source: ModelSource;
  config: LlamaConfig;
  /** Path of the ONNX file in the repository. */
  file: string;
  dtype: 'fp32' | 'fp16';
  graph: OnnxGraph;
  /** Data files beside the ONNX file, by the name the graph uses. */
  external: Map<string, Uint8Array>;
  weights: Weights;
}

const MAX_JSON = 1 << 20;
/** A protobuf message, and so an .onnx file, is smaller than 2 GiB. */
const MAX_ONNX = 2 ** 31 - 1;
/** Data files: what a tab can hold beside the GPU's copy. */
const MAX_EXTERNAL = 2 ** 32;

const READABLE = [
  ['onnx/model.onnx', 'fp32'],
  ['onnx/model_fp16.onnx', 'fp16'],
] as const;
const QUANTISED = ['model_quantized', 'model_int8', 'model_uint8', 'model_q4', 'model_q4f16', 'model_bnb4'].map(
  (name) => `onnx/${name}.onnx`,
);

/** The model's architecture: one small download. */
export async function fetchConfig(source: ModelSource, options: FetchOptions = {}): Promise<LlamaConfig> {
  checkSource(source);
  return parseLlamaConfig(await fetchJson(source, 'config.json', MAX_JSON, options));
}

/** A file to download; `sha256` of it and its neighbours, by path, where the hub says. */
interface Chosen {
  file: string;
  dtype: 'fp32' | 'fp16';
  sha256: ReadonlyMap<string, string | null>;
}

/**
 * Chooses the file to download: fp32 before fp16. One listing says what there is; without one, each file is asked for.
 * @throws {ModelError} naming the quantised files when there is no other, or that there is no ONNX file at all.
 */
export async function chooseFile(source: ModelSource, options: FetchOptions = {}): Promise<Chosen> {
  const list = await listFiles(source, 'onnx', options);
  const has = (file: string) => list?.has(file) ?? hasFile(source, file, options);
  for (const [file, dtype] of READABLE) if (await has(file)) return { file, dtype, sha256: list ?? new Map() };
  const others: string[] = [];
  for (const file of QUANTISED) if (await has(file)) others.push(file);
  throw new ModelError(
    others.length > 0
      ? message('hub.model.quantisedOnly', { model: sourceName(source), files: others.join(', ') })
      : message('hub.model.noOnnx', { model: sourceName(source) }),
  );
}

/**
 * Downloads and checks a whole model. Nothing large is fetched before the configuration is known to be supported,
 * and an ONNX graph that is not is refused while it comes in.
 * @throws {ModelError}
 */
export async function downloadModel(source: ModelSource, options: FetchOptions = {}): Promise<DownloadedModel> {
  const config = await fetchConfig(source, options);
  const { file, dtype, sha256 } = await chooseFile(source, options);
  const checked = (path: string): FetchOptions => ({ ...options, sha256: sha256.get(path) ?? undefined });
  const parser = new OnnxParser({ onNode: checkNode });
  const bytes = await fetchFile(source, file, MAX_ONNX, {
    ...checked(file),
    onBytes: (partial, available) => parser.advance(partial, available),
  });
  const graph = parser.finish(bytes);

  const external = new Map<string, Uint8Array>();
  for (const name of externalFiles(graph)) {
    const path = `onnx/${name}`;
    external.set(name, await fetchFile(source, path, MAX_EXTERNAL, checked(path)));
  }
  const weights = resolveWeights(graph, config, (location) => {
    const data = external.get(location);
    if (!data) throw new ModelError(message('hub.model.missingData', { file: location }));
    return data;
  });
  return { source, config, file, dtype, graph, external, weights };
}
