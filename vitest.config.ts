import { join } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { assemblyscript } from './.ci/assemblyscript.mjs';
import { browserPath, kernelTestArgs } from './.ci/browser.mjs';
import { plainOnnxRuntime } from './.ci/onnxRuntime.mjs';
import { PARQUET_PARTS } from './.ci/parquetParts.mjs';

const EQUAL_BYTES = 'src/train/testing/equalBytes.ts';
const WORDS = 'src/shared/testing/words.ts';

/**
 * Three projects. `unit` runs in Node: parsers, schemas, plain logic (*.test.ts outside engine/). `cpu` runs in Node on
 * the CPU engine: every kernel (src/engine), and sessions, methods and rules (*.cpu.test.ts). `gpu` runs in a real
 * browser with a real WebGPU adapter: the same tests of every kernel, and what only WebGPU has (*.gpu.test.ts,
 * *.wgsl.test.ts). Golden fixtures of whole models run on both (*.device.test.ts).
 *
 * Files of a project share their modules (`isolate: false`): loading them anew for each file was half of `unit`'s time.
 * What a test changes for all (globals, what is remembered) it puts back.
 */
export default defineConfig({
  test: {
    // Vitest leaves one core to whoever looks on.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          testTimeout: 60_000,
          pool: 'threads',
          isolate: false,
          setupFiles: [EQUAL_BYTES, WORDS],
          include: ['src/**/*.test.ts', 'bench/**/*.test.ts', '.ci/**/*.test.mjs'],
          exclude: ['src/engine/**', 'src/**/*.{gpu,cpu,device}.test.ts'],
        },
      },
      {
        plugins: [assemblyscript()],
        // The build for browsers, whose ONNX Runtime is the app's own.
        resolve: {
          alias: {
            ...plainOnnxRuntime,
            '@huggingface/transformers': join(
              import.meta.dirname,
              'node_modules/@huggingface/transformers/dist/transformers.web.js',
            ),
          },
        },
        // The CPU engine in Node: the tests of every kernel but those that look at WGSL alone, and of whole models.
        test: {
          name: 'cpu',
          environment: 'node',
          testTimeout: 120_000,
          include: ['src/engine/**/*.test.ts', 'src/**/*.cpu.test.ts', 'src/**/*.device.test.ts'],
          exclude: ['src/**/*.wgsl.test.ts'],
          setupFiles: ['src/train/testing/node.ts', 'src/engine/testing/nothingLeft.ts', EQUAL_BYTES, WORDS],
          pool: 'threads',
          isolate: false,
          server: { deps: { inline: [/transformers/] } },
        },
      },
      {
        plugins: [assemblyscript()],
        resolve: { alias: plainOnnxRuntime },
        // Bundled before the first test: a dependency found half way would reload the page under it.
        optimizeDeps: {
          include: [
            'zod',
            'idb',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
            '@huggingface/jinja',
            '@huggingface/transformers',
            'onnxruntime-web/wasm',
            '@tanstack/react-virtual',
            'hyparquet',
            'hyparquet-compressors',
            ...PARQUET_PARTS,
            'client-zip',
            'fflate',
            'react',
            'react-dom/client',
            'react/jsx-dev-runtime',
            'uplot',
            'zustand',
            'zustand/vanilla',
          ],
        },
        test: {
          name: 'gpu',
          setupFiles: [EQUAL_BYTES, WORDS],
          include: ['src/engine/**/*.test.ts', 'src/**/*.{gpu,device}.test.ts'],
          exclude: ['src/engine/device/cpu/**'],
          testTimeout: 120_000,
          fileParallelism: false,
          // One page for all files, so one device: what a file has compiled the next one need not.
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: browserPath(), args: kernelTestArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
