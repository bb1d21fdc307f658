/** Gives a test in Node the WebGPU of Dawn on lavapipe, as a browser with a GPU has it. */
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create(['backend=vulkan']);
const requestAdapter = gpu.requestAdapter.bind(gpu);
gpu.requestAdapter = async (options) => {
  const adapter = await requestAdapter(options);
  if (!adapter) return null;
  const { vendor, architecture, device, description } = adapter.info;
  // It passes for hardware, whose variants are what is tested here.
  Object.defineProperty(adapter, 'info', {
    value: { vendor, architecture, device, description, isFallbackAdapter: false },
  });
  return adapter;
};
Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
// Tests tell a browser by it: harness.ts.
globalThis.window = globalThis;
