/**
 * Which ONNX Runtime transformers.js gets. It asks for the build with WebGPU (27 MB); the app computes its reference on
 * one thread of the CPU, independent of any GPU, for which the plain build is enough: half the bytes to load and to
 * compile.
 */
import { createRequire } from 'node:module';

/** For `resolve.alias`. */
export const plainOnnxRuntime = { 'onnxruntime-web/webgpu': 'onnxruntime-web/wasm' };

/** What the alias stands in front of, for whoever measures ONNX Runtime on a GPU. */
export const webgpuOnnxRuntime = {
  'onnxruntime-web/webgpu': createRequire(import.meta.url)
    .resolve('onnxruntime-web')
    .replace(/[^/\\]+$/, 'ort.webgpu.bundle.min.mjs'),
};
