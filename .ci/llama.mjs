/**
 * GGUF adapters in llama.cpp itself: `node .ci/llama.mjs FOLDER …`, each with base.gguf, adapter.gguf and the
 * check.json of the page. llama.cpp comes with node-llama-cpp, whose folder SIEVE_LLAMA names. Differences of logits of
 * the check's last row are held against the page's; without the adapter they must be others. Last line: `N passed, N
 * failed`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Largest difference that is put down to rounding, of the largest logit: llama.cpp rounds more than f32 does. */
const BAR = 1e-3;

const home = resolve(process.env.SIEVE_LLAMA ?? '.out/llama');
const at = createRequire(join(home, 'package.json')).resolve('node-llama-cpp');
const { getLlama } = await import(pathToFileURL(at).href);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });

/** Largest difference of the logits that the check has of its last row, all less their largest, of that. */
async function difference(folder, adapted) {
  const { ids, rows } = JSON.parse(readFileSync(join(folder, 'check.json'), 'utf8'));
  const { row, top } = rows.find(({ row }) => row === ids.length - 1);
  const model = await llama.loadModel({ modelPath: resolve(folder, 'base.gguf') });
  const context = await model.createContext({
    contextSize: 64,
    ...(adapted && { lora: { adapters: [{ filePath: resolve(folder, 'adapter.gguf') }] } }),
  });
  const tokens = ids.slice(0, row + 1);
  const input = [...tokens.slice(0, -1), [tokens.at(-1), { generateNext: { probabilities: true } }]];
  const out = await context.getSequence().controlledEvaluate(input);
  const { probabilities } = out.at(-1).next;
  const logs = top.tokens.map((token) => Math.log(probabilities.get(token)));
  await model.dispose();
  return Math.max(...logs.map((log, i) => Math.abs(log - logs[0] - (top.logits[i] - top.logits[0])))) / top.logits[0];
}

let [passed, failed] = [0, 0];
for (const folder of process.argv.slice(2)) {
  const [off, without] = [await difference(folder, true), await difference(folder, false)];
  const good = off <= BAR && without > 5 * BAR;
  console.log(
    `${folder}: largest difference ${off.toExponential(2)} of the largest logit, ${without.toExponential(2)} without the adapter ${good ? 'ok' : 'NOT AS IT SHOULD BE'}`,
  );
  if (good) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
