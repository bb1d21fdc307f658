/**
 * transformers.js with a LoRA adapter merged into the model's own ONNX file, which favours it: no adapter work is left.
 */
import { AutoModelForCausalLM, Tensor, env } from '@huggingface/transformers';
import webgpuUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { transpose } from '../src/hub/floats';
import type { DownloadedModel } from '../src/hub/model';
import { OnnxParser } from '../src/hub/onnx/parser';
import type { RunConfig } from '../src/shared/config';
import { adaptedModules } from './engine';

export interface Merged {
  generate(prompt: Int32Array, tokens: number): Promise<number[]>;
  dispose(): Promise<void>;
}

/**
 * @param adapters A and B of every module of `run`, bottom up
 * @param on WebGPU (only with `--device gpu`, see run.ts), or the CPU (wasm) with as many threads
 */
export async function openMerged(
  model: DownloadedModel,
  run: RunConfig,
  adapters: { a: Float32Array; b: Float32Array }[],
  on: { device: 'wasm' | 'webgpu'; threads: number },
): Promise<Merged> {
  const file = merge(model, run, adapters);
  const wasm = env.backends.onnx.wasm!;
  wasm.numThreads = on.threads;
  wasm.proxy = false;
  wasm.wasmPaths = { wasm: new URL(on.device === 'wasm' ? wasmUrl : webgpuUrl, location.href).href };
  Object.assign(env, {
    allowLocalModels: false,
    allowRemoteModels: true,
    remoteHost: new URL('/', location.href).href,
    remotePathTemplate: 'models/{model}/',
    useBrowserCache: false,
    useWasmCache: false,
    useFSCache: false,
    useCustomCache: false,
    fetch: (url: string | URL, init?: RequestInit) =>
      String(url).endsWith('.onnx')
        ? Promise.resolve(new Response(file, { headers: { 'content-length': String(file.length) } }))
        : fetch(url, { ...init, headers: undefined }),
  });
  const network = await AutoModelForCausalLM.from_pretrained(model.source.id, {
    device: on.device,
    dtype: 'fp32',
    subfolder: 'onnx',
    use_external_data_format: false,
  });
  return {
    async generate(prompt, tokens) {
      const dims = [1, prompt.length];
      const output = (await network.generate({
        inputs: new Tensor('int64', BigInt64Array.from(prompt, BigInt), dims),
        attention_mask: new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), dims),
        do_sample: false,
        max_new_tokens: tokens,
        min_new_tokens: tokens,
        eos_token_id: [],
      } as never)) as Tensor;
      return Array.from(output.data as BigInt64Array, Number).slice(prompt.length);
    },
    dispose: async () => {
      await network.dispose();
    },
  };
}

/** The ONNX file with W + (α/r) B A in place of every adapted W. */
function merge(
  model: DownloadedModel,
  run: RunConfig,
  adapters: { a: Float32Array; b: Float32Array }[],
): Uint8Array<ArrayBuffer> {
  if (model.reference.kind !== 'onnx') throw new Error(`${model.file.path} is no ONNX file`);
  const bytes = new Uint8Array(model.reference.bytes);
  const tensors = [...new OnnxParser().finish(bytes).tensors.values()].filter((t) => t.raw && t.dims.length === 2);
  const scaling = run.alpha / run.rank;
  adaptedModules(model.config, run).forEach((m, index) => {
    const { a, b } = adapters[index];
    const { data } = model.weights.get(`${m.path}.weight`);
    // The file's own copy of this weight is found by its values: [out, in] as we have it, or [in, out].
    const layouts = [
      { dims: [m.dOut, m.dIn], stored: data },
      { dims: [m.dIn, m.dOut], stored: transpose(data, m.dOut, m.dIn) },
    ];
    const found = tensors.flatMap((tensor) =>
      layouts
        .filter(({ dims, stored }) => String(dims) === String(tensor.dims) && holds(bytes, tensor.raw!.offset, stored))
        .map(({ stored }) => ({ tensor, inOut: stored !== data })),
    );
    if (found.length !== 1)
      throw new Error(`${m.kind} of layer ${m.layer}: ${found.length} tensors of the ONNX file hold it`);
    const merged = Float32Array.from(data);
    for (let row = 0; row < m.dOut; row++) {
      for (let r = 0; r < run.rank; r++) {
        const factor = scaling * b[row * run.rank + r];
        for (let i = 0; i < m.dIn; i++) merged[row * m.dIn + i] += factor * a[r * m.dIn + i];
      }
    }
    const [{ tensor, inOut }] = found;
    bytes.set(new Uint8Array((inOut ? transpose(merged, m.dOut, m.dIn) : merged).buffer), tensor.raw!.offset);
  });
  return bytes;
}

/** Whether the bytes from `offset` on begin with the first values of `data`. */
function holds(bytes: Uint8Array<ArrayBuffer>, offset: number, data: Float32Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  return data.subarray(0, 64).every((value, i) => view.getFloat32(4 * i, true) === value);
}
