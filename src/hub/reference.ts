/**
 * The same model in ONNX Runtime, through transformers.js: the logits our own forward is checked against.
 * The .onnx file is not fetched again: transformers.js gets the bytes that `downloadModel` holds. ONNX Runtime's
 * wasm binary is served by the app itself and runs on one thread, so no COOP/COEP headers and no CDN are needed.
 */
import type { PreTrainedModel, Tensor as TensorType } from '@huggingface/transformers';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { ModelError } from '../shared/errors';
import { texts } from '../shared/texts';
import { f16ToF32 } from './floats';
import type { DownloadedModel } from './model';
import { appBase, fileUrl, remoteLayout, request } from './source';

export type ReferenceDevice = 'wasm' | 'webgpu';

export interface Reference {
  device: ReferenceDevice;
  /** Logits at every position: [ids.length, vocab], row-major. */
  logits(ids: Int32Array): Promise<{ data: Float32Array; vocab: number }>;
  /** Frees the session. */
  dispose(): Promise<void>;
}

/** `env` of transformers.js is one per worker: sessions are opened one after another. */
let opening: Promise<unknown> = Promise.resolve();

/**
 * Opens the downloaded model in ONNX Runtime.
 * @param device 'wasm' for software adapters (30 times faster there), 'webgpu' otherwise. `Reference.device` says
 *   where it runs: fp16 files go to wasm on a GPU without fp16.
 * @throws {ModelError} when ONNX Runtime cannot load the model.
 */
export function openReference(model: DownloadedModel, device: ReferenceDevice): Promise<Reference> {
  const mine = opening.then(() => open(model, device));
  opening = mine.catch(() => undefined); // the caller sees the failure; the next one may still open
  return mine;
}

/** ONNX Runtime computes fp16 files on WebGPU in fp16, which needs the `shader-f16` feature; without it wasm does. */
async function supported(device: ReferenceDevice, dtype: DownloadedModel['dtype']): Promise<ReferenceDevice> {
  if (device === 'wasm' || dtype === 'fp32') return device;
  const adapter = await navigator.gpu?.requestAdapter();
  return adapter?.features.has('shader-f16') ? device : 'wasm';
}

async function open(model: DownloadedModel, wanted: ReferenceDevice): Promise<Reference> {
  const device = await supported(wanted, model.dtype);
  const { AutoModelForCausalLM, Tensor, env } = await import('@huggingface/transformers');
  const wasm = env.backends.onnx.wasm!;
  wasm.numThreads = 1;
  wasm.proxy = false;
  // Only the binary's address: its JavaScript half is part of the bundle.
  wasm.wasmPaths = { wasm: new URL(wasmUrl, appBase()).href };
  const { host, template } = remoteLayout(model.source);
  Object.assign(env, {
    allowLocalModels: false, allowRemoteModels: true, remoteHost: host, remotePathTemplate: template,
    useBrowserCache: false, useWasmCache: false, useFSCache: false, useCustomCache: false,
    fetch: (url: string | URL, init?: RequestInit) => serve(model, String(url), init),
  });
  const externalData = [...model.external].map(([path, data]) => ({ path, data }));
  try {
    const network = await AutoModelForCausalLM.from_pretrained(model.source.id, {
      device, dtype: model.dtype, revision: model.source.kind === 'hub' ? model.source.revision : 'main',
      subfolder: 'onnx', use_external_data_format: false,
      session_options: externalData.length > 0 ? { externalData } : {},
    });
    return session(network, Tensor, device);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(texts().errors.hub.model.runtime(model.file, plain(error)));
  } finally {
    // `env` would keep the model's bytes alive.
    env.fetch = (input: string | URL, init?: RequestInit) => fetch(input, init);
  }
}

/** Apart from `open`, so that it holds on to the session and not to the model's bytes. */
function session(network: PreTrainedModel, Tensor: typeof TensorType, device: ReferenceDevice): Reference {
  return {
    device,
    async logits(ids) {
      const dims = [1, ids.length];
      const inputs = {
        input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), dims),
      };
      const outputs = (await network(inputs)) as Record<string, TensorType>;
      const [, tokens, vocab] = outputs.logits.dims;
      if (tokens !== ids.length) throw new ModelError(texts().errors.hub.model.logits(tokens, ids.length));
      const data = toF32(outputs.logits.data as ArrayBufferView);
      for (const output of Object.values(outputs)) if (output !== outputs.logits) output.dispose();
      return { data, vocab };
    },
    async dispose() {
      await network.dispose();
    },
  };
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
async function serve(model: DownloadedModel, url: string, init?: RequestInit): Promise<Response> {
  if (url !== fileUrl(model.source, model.file)) {
    try {
      return await request(url, { ...init, headers: undefined });
    } catch (error) {
      // transformers.js knows itself what to do about optional files.
      if (error instanceof ModelError && 'reason' in error && error.reason === 'missing') return new Response(null, { status: 404 });
      throw error;
    }
  }
  const response = new Response(null, { headers: { 'content-length': String(model.graph.bytes.length) } });
  // A Response made from bytes would copy them, and reading it would copy them again.
  return Object.defineProperty(response, 'arrayBuffer', { value: async () => exactBuffer(model.graph.bytes) });
}

/** The array's own buffer when it fills it, else a copy. */
function exactBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
