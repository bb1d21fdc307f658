import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserPath, testArgs } from './.ci/browser.mjs';
import { PARQUET_PARTS } from './.ci/parquetParts.mjs';

/**
 * Two projects. `unit` runs in Node: parsers, schemas, plain logic (*.test.ts outside engine/).
 * `gpu` runs in a real browser with a real WebGPU adapter: every kernel and the whole model (src/engine).
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', environment: 'node', testTimeout: 60_000, include: ['src/**/*.test.ts', '.ci/**/*.test.mjs'], exclude: ['src/engine/**', 'src/**/*.gpu.test.ts'] } },
      {
        // Bundled before the first test: a dependency found half way would reload the page under it.
        optimizeDeps: { include: ['zod', '@huggingface/jinja', '@huggingface/transformers', '@tanstack/react-virtual', 'hyparquet', 'hyparquet-compressors', ...PARQUET_PARTS, 'client-zip', 'fflate', 'react', 'react-dom/client', 'react/jsx-dev-runtime', 'uplot', 'zustand', 'zustand/vanilla'] },
        test: {
          name: 'gpu',
          include: ['src/engine/**/*.test.ts', 'src/**/*.gpu.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
          // One page for all files, so one device: what a file has compiled the next one need not.
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: browserPath(), args: testArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
