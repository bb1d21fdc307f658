/**
 * The same model in ONNX Runtime, through transformers.js: the logits our own forward is checked against. Runs in a
 * worker of its own (`referenceProof.ts`): the library chains every load and run of a thread behind the last one, so that
 * a model that never loads would keep all later ones from it.
 * The .onnx file is not fetched again: transformers.js gets the bytes that `downloadModel` brought. ONNX Runtime's
 * wasm binary is served by the app itself and runs on one thread, so no COOP/COEP headers and no CDN are needed. It
 * computes on the CPU, whatever Sieve computes on: a GPU that is wrong should not be proved by itself.
 */
import type { Tensor as TensorType } from '@huggingface/transformers';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import type { ModelSource } from '../shared/types';
import { f16ToF32 } from './floats';
import { appBase, fileUrl, remoteLayout, request } from './source';

/** What of a downloaded model ONNX Runtime is given. */
export interface ReferenceModel {
  source: ModelSource;
  file: string;
  dtype: 'fp32' | 'fp16';
  bytes: Uint8Array;
  external: Map<string, Uint8Array>;
}

export interface ReferenceLogits {
  /** [ids.length, vocab], row-major. */
  data: Float32Array;
  vocab: number;
}

/**
 * Logits at every position of `ids`.
 * @throws {ModelError} when ONNX Runtime cannot load or run the model
 */
export async function computeReference(model: ReferenceModel, ids: Int32Array): Promise<ReferenceLogits> {
  const { AutoModelForCausalLM, Tensor, env } = await import('@huggingface/transformers');
  const wasm = env.backends.onnx.wasm!;
  wasm.numThreads = 1;
  wasm.proxy = false;
  // Only the binary's address: its JavaScript half is part of the bundle.
  wasm.wasmPaths = { wasm: new URL(wasmUrl, appBase()).href };
  const { host, template } = remoteLayout(model.source);
  Object.assign(env, {
    allowLocalModels: false,
    allowRemoteModels: true,
    remoteHost: host,
    remotePathTemplate: template,
    useBrowserCache: false,
    useWasmCache: false,
    useFSCache: false,
    useCustomCache: false,
    fetch: (url: string | URL, init?: RequestInit) => serve(model, String(url), init),
  });
  const externalData = [...model.external].map(([path, data]) => ({ path, data }));
  try {
    const network = await AutoModelForCausalLM.from_pretrained(model.source.id, {
      device: 'wasm',
      dtype: model.dtype,
      revision: model.source.kind === 'hub' ? model.source.revision : 'main',
      subfolder: 'onnx',
      use_external_data_format: false,
      session_options: externalData.length > 0 ? { externalData } : {},
    });
    const dims = [1, ids.length];
    const outputs = (await network({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), dims),
    })) as Record<string, TensorType>;
    const [, tokens, vocab] = outputs.logits.dims;
    if (tokens !== ids.length) throw new ModelError(message('hub.model.logits', { tokens, of: ids.length }));
    return { data: toF32(outputs.logits.data as ArrayBufferView), vocab };
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(message('hub.model.runtime', { file: model.file, why: plain(error) }));
  }
}

/** f16 logits come as a Float16Array where the browser has one, else as bit patterns. */
function toF32(data: ArrayBufferView): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return f16ToF32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Float32Array.from(data as unknown as ArrayLike<number>);
}

function plain(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 200);
}

/** transformers.js' fetch: the .onnx file out of memory, all else from the model's host. */
async function serve(model: ReferenceModel, url: string, init?: RequestInit): Promise<Response> {
  if (url !== fileUrl(model.source, model.file)) {
    try {
      return await request(url, { ...init, headers: undefined });
    } catch (error) {
      // transformers.js knows itself what to do about optional files.
      if (error instanceof ModelError && 'reason' in error && error.reason === 'missing')
        return new Response(null, { status: 404 });
      throw error;
    }
  }
  const response = new Response(null, { headers: { 'content-length': String(model.bytes.length) } });
  // A Response made from bytes would copy them, and reading it would copy them again.
  return Object.defineProperty(response, 'arrayBuffer', { value: async () => exactBuffer(model.bytes) });
}

/** The array's own buffer when it fills it, else a copy. */
function exactBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
