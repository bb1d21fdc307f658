import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { assemblyscript } from './.ci/assemblyscript.mjs';
import { claims } from './.ci/claims.mjs';
import { csp } from './.ci/csp.mjs';
import { plainOnnxRuntime } from './.ci/onnxRuntime.mjs';
import { PARQUET_PARTS } from './.ci/parquetParts.mjs';
import { pwa } from './.ci/pwa.mjs';

/** `npm run dev` opens the page where there is a screen to open it on. */
const screen =
  !process.env.CI && (process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY));

/** Isolates the page, so that threads may share memory; a built site's service worker sends the same. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/**
 * The oldest browsers that are promised (README), as Lightning CSS wants them: a version in its third byte from below.
 */
const OLDEST = { chrome: 113, edge: 113, firefox: 141, safari: 26 };
const targets = Object.fromEntries(Object.entries(OLDEST).map(([name, version]) => [name, version << 16]));

export default defineConfig({
  plugins: [assemblyscript(), react(), claims(), csp(), pwa()],
  resolve: { alias: plainOnnxRuntime },
  // light-dark() came in Chrome 123: it is written as custom properties that follow the colour scheme.
  css: { transformer: 'lightningcss', lightningcss: { targets } },
  // Errors are known by their class's name, in the page and across worker borders: names must survive minifying.
  worker: { format: 'es', plugins: () => [assemblyscript()], rolldownOptions: { output: { keepNames: true } } },
  build: { target: 'esnext', chunkSizeWarningLimit: 1500, rolldownOptions: { output: { keepNames: true } } },
  preview: { open: false, headers: isolation },
  server: { open: screen, headers: isolation, watch: { ignored: ['**/.out/**', '**/python/**'] } },
  // Found before the first page asks for them, so that a fresh clone does not reload under the user's hands.
  optimizeDeps: {
    include: [
      'react',
      'react-dom/client',
      'zustand',
      'zod',
      '@tanstack/react-virtual',
      'hyparquet',
      'hyparquet-compressors',
      ...PARQUET_PARTS,
      'uplot',
      'client-zip',
      '@noble/hashes/sha2.js',
      '@noble/hashes/utils.js',
      'fflate',
      '@huggingface/jinja',
      '@huggingface/transformers',
      'onnxruntime-web/wasm',
    ],
  },
});
