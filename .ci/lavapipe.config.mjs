/** One kernel's tests in Node on Dawn and Mesa's lavapipe, with the variants that a GPU gets. See lavapipe.mjs. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { assemblyscript } from './assemblyscript.mjs';

const root = join(import.meta.dirname, '..');

export default defineConfig({
  root,
  plugins: [assemblyscript()],
  test: {
    name: 'lavapipe',
    environment: 'node',
    include: ['src/engine/**/*.test.ts'],
    setupFiles: ['.ci/lavapipeSetup.mjs', 'src/train/testing/equalBytes.ts', 'src/shared/testing/words.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
  },
});
