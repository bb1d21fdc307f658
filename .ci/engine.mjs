/**
 * Runs a TypeScript script that trains in Node: node .ci/engine.mjs <script.ts> [arguments]. Unlike ts.mjs it has the
 * engine for the CPU and the app's own build of transformers.js, and loads what is imported on the way.
 */
import { join } from 'node:path';
import { createServer } from 'vite';
import { assemblyscript } from './assemblyscript.mjs';
import { plainOnnxRuntime } from './onnxRuntime.mjs';

const [script] = process.argv.splice(2, 1);
if (!script) throw new Error('usage: node .ci/engine.mjs <script.ts> [arguments]');
const web = join(import.meta.dirname, '../node_modules/@huggingface/transformers/dist/transformers.web.js');
const server = await createServer({
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
  plugins: [assemblyscript()],
  resolve: { alias: { ...plainOnnxRuntime, '@huggingface/transformers': web } },
  ssr: { noExternal: [/transformers/] },
});
try {
  // Loading a module ends after a minute, and on a busy machine the kernels take longer to compile.
  await server.environments.ssr.transformRequest('/src/engine/kernels/kernels.as.ts?wasm');
  const module = await server.ssrLoadModule(`/${script}`);
  process.exitCode = await module.main(process.argv.slice(2));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await server.close();
}
