import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { csp } from './.ci/csp.mjs';
import { PARQUET_PARTS } from './.ci/parquetParts.mjs';
import { pwa } from './.ci/pwa.mjs';

/** `npm run dev` opens the page where there is a screen to open it on. */
const screen = !process.env.CI && (process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY));

export default defineConfig({
  plugins: [react(), csp(), pwa()],
  // Errors are known by their class's name, in the page and across worker borders: names must survive minifying.
  worker: { format: 'es', rolldownOptions: { output: { keepNames: true } } },
  build: { target: 'esnext', chunkSizeWarningLimit: 1500, rolldownOptions: { output: { keepNames: true } } },
  preview: { open: false },
  server: { open: screen, watch: { ignored: ['**/.out/**', '**/reference/**'] } },
  // Found before the first page asks for them, so that a fresh clone does not reload under the user's hands.
  optimizeDeps: { include: ['react', 'react-dom/client', 'zustand', 'zod', '@tanstack/react-virtual', 'hyparquet', 'hyparquet-compressors', ...PARQUET_PARTS, 'uplot', 'client-zip', 'fflate', '@huggingface/jinja', '@huggingface/transformers'] },
});
