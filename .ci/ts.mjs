/** Runs a TypeScript script in Node through Vite's own loader: node .ci/ts.mjs <script.ts> [arguments]. */
import { runnerImport } from 'vite';

const [script] = process.argv.splice(2, 1);
if (!script) throw new Error('usage: node .ci/ts.mjs <script.ts> [arguments]');
const { module } = await runnerImport(`./${script}`, { configFile: false, logLevel: 'error' });
try {
  process.exitCode = await module.main(process.argv.slice(2));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
