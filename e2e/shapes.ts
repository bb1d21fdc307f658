/**
 * Models of full size with random weights, through the page on the CPU engine: opened by id from a played hub, proved,
 * and trained for a few steps, LoRA beside TS-LoRA. What is held against the bars is the memory of the tab's process.
 */
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { readModel } from '../src/hub/family';
import { ggufHead, padded } from '../src/hub/testing/gguf';
import { Rng } from '../src/shared/rng';
import { type ModelDescription, weightShapes } from '../src/shared/model';
import { PAIRS } from './data';
import { hubBeside, type Repository } from './hubServer';
import { MOST_OF_PLAN, plannedMemory } from './planned';
import { memoryByPhase, rendererMemory } from './probes';
import { formatTable, serveBuilt, visit } from './server';

const STEPS = 2;
/** MiB that a model of 1B values may take. */
const MOST = 4096;

const usual = { hidden_act: 'silu', tie_word_embeddings: true, rms_norm_eps: 1e-6, max_position_embeddings: 32768 };

/** `config.json` of real models, and the form in which they are opened. */
const SHAPES: { name: string; form: 'f16' | 'q4'; config: Record<string, unknown> }[] = [
  {
    name: 'SmolLM2-360M',
    form: 'f16',
    config: {
      ...usual,
      model_type: 'llama',
      hidden_size: 960,
      num_hidden_layers: 32,
      num_attention_heads: 15,
      num_key_value_heads: 5,
      intermediate_size: 2560,
      vocab_size: 49152,
      rope_theta: 100000,
    },
  },
  {
    name: 'Qwen2.5-0.5B',
    form: 'q4',
    config: {
      ...usual,
      model_type: 'qwen2',
      hidden_size: 896,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      intermediate_size: 4864,
      vocab_size: 151936,
      rope_theta: 1e6,
    },
  },
  {
    name: 'Qwen3-0.6B',
    form: 'q4',
    config: {
      ...usual,
      model_type: 'qwen3',
      hidden_size: 1024,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      intermediate_size: 3072,
      vocab_size: 151936,
      rope_theta: 1e6,
    },
  },
  {
    name: 'Gemma-3-270M',
    form: 'q4',
    config: {
      ...usual,
      hidden_act: undefined,
      model_type: 'gemma3_text',
      hidden_size: 640,
      num_hidden_layers: 18,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
      intermediate_size: 2048,
      vocab_size: 262144,
      sliding_window: 512,
      query_pre_attn_scalar: 256,
      rope_theta: 1e6,
      rope_local_base_freq: 10000,
    },
  },
  {
    name: 'Llama-3.2-1B',
    form: 'q4',
    config: {
      ...usual,
      model_type: 'llama',
      hidden_size: 2048,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 64,
      intermediate_size: 8192,
      vocab_size: 128256,
      rope_theta: 500000,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 32,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
    },
  },
];

/** How a GGUF calls the tensors of the families here. */
const NAMES: [RegExp, string][] = [
  [/^model\.embed_tokens/, 'token_embd'],
  [/^model\.norm/, 'output_norm'],
  [/^model\.layers/, 'blk'],
  [/self_attn\.o_proj/, 'attn_output'],
  [/self_attn\.([qkv])_proj/, 'attn_$1'],
  [/self_attn\.([qk])_norm/, 'attn_$1_norm'],
  [/mlp\.(gate|up|down)_proj/, 'ffn_$1'],
  [/input_layernorm/, 'attn_norm'],
  [/pre_feedforward_layernorm/, 'ffn_norm'],
  [/post_feedforward_layernorm/, 'post_ffw_norm'],
];
const inGguf = (name: string, gemma: boolean) =>
  [...NAMES, [/post_attention_layernorm/, gemma ? 'post_attention_norm' : 'ffn_norm'] as const].reduce(
    (all, [pattern, to]) => all.replace(pattern, to),
    name,
  );

/** Bytes that are written over and over; their count is prime, so that rows differ. */
const PATTERN = 1_048_573;

/** f16 numbers from 2^-8 to 2^-5, of both signs. */
function halves(rng: Rng): Buffer {
  const bits = Uint16Array.from(
    { length: PATTERN },
    () => (rng.below(2) << 15) | ((15 - 8 + rng.below(3)) << 10) | rng.below(1024),
  );
  return Buffer.from(bits.buffer);
}
/** 1 in f16. */
const HALF_ONE = 15 << 10;

/** Blocks of Q4_0: a scale of 2^-8 in f16, and 32 numbers of 4 bits. */
function blocksOf4(rng: Rng): Buffer {
  const bytes = Buffer.from(Uint8Array.from({ length: 18 * Math.floor(PATTERN / 18) }, () => rng.below(256)));
  for (let at = 0; at < bytes.length; at += 18) bytes.writeUInt16LE((15 - 8) << 10, at);
  return bytes;
}

interface Part {
  name: string;
  shape: number[];
  length: number;
  type: number;
  pattern: Buffer;
}

/** The weights of a model as a GGUF or a safetensors file. */
function writeWeights(path: string, model: ModelDescription, form: 'f16' | 'q4'): void {
  const rng = new Rng(1);
  const [f16, q4] = [halves(rng), blocksOf4(rng)];
  const gemma = model.family.startsWith('gemma');
  const ones = Buffer.from(Float32Array.from({ length: 4096 }, () => 1).buffer);
  const halfOnes = Buffer.from(Uint16Array.from({ length: 4096 }, () => HALF_ONE).buffer);
  const parts = weightShapes(model).map(({ name, shape }): Part => {
    const count = shape.reduce((a, b) => a * b);
    const isNorm = shape.length === 1 && name.endsWith('.weight');
    if (form === 'f16') return { name, shape, length: 2 * count, type: 1, pattern: isNorm ? halfOnes : f16 };
    const own = inGguf(name, gemma);
    if (shape.length === 1)
      return { name: own, shape, length: 4 * count, type: 0, pattern: isNorm ? ones : Buffer.alloc(4) };
    if (own === 'token_embd.weight') return { name: own, shape, length: 2 * count, type: 1, pattern: f16 };
    return { name: own, shape, length: (18 * count) / 32, type: 2, pattern: q4 };
  });
  const file = openSync(path, 'w');
  const head =
    form === 'q4'
      ? ggufHead({ 'general.architecture': gemma ? 'gemma3' : model.family }, parts)
      : safetensorsHead(parts);
  writeSync(file, head);
  for (const { length, pattern } of parts) {
    const end = form === 'q4' ? padded(length) : length;
    for (let at = 0; at < end; at += pattern.length) writeSync(file, pattern, 0, Math.min(pattern.length, end - at));
  }
  closeSync(file);
}

function safetensorsHead(parts: readonly Part[]): Uint8Array {
  let at = 0;
  const header = JSON.stringify(
    Object.fromEntries(
      parts.map(({ name, shape, length }) => [name, { dtype: 'F16', shape, data_offsets: [at, (at += length)] }]),
    ),
  );
  const text = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

const FOLDER = '.out/accept/shapes';

/**
 * A repository with one form of the weights, and the embedded models' tokenizer: a part of the vocabulary is never
 * used.
 */
function write({ name, form, config }: (typeof SHAPES)[number]): { files: Repository; weights: string } {
  const folder = join(FOLDER, name);
  mkdirSync(folder, { recursive: true });
  const weights = form === 'f16' ? 'model.safetensors' : `${name}.Q4_0.gguf`;
  if (!existsSync(join(folder, weights))) writeWeights(join(folder, weights), readModel(config), form);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const small = ['tokenizer.json', 'tokenizer_config.json'];
  for (const file of small) cpSync(join('public/models/sieve-stories-nano', file), join(folder, file));
  return {
    weights,
    files: Object.fromEntries([weights, 'config.json', ...small].map((file) => [file, join(folder, file)])),
  };
}

interface Outcome {
  ok: boolean;
  line: string;
}

/** @param only names of shapes; all when absent */
export async function shapes(browser: Browser, only?: string[]): Promise<Outcome> {
  const failures: string[] = [];
  const rows = [
    ['shape', 'file MiB', 'opened in s', 'peak', 'after', 'logits', 'plan MiB', 'peak', '÷ plan', 's/step'],
  ];
  for (const shape of SHAPES) {
    if (only && !only.includes(shape.name)) continue;
    const { files, weights } = write(shape);
    const id = `someone/${shape.name}`;
    const { plugin } = hubBeside({ [id]: files });
    const site = await serveBuilt('/sieve/', [plugin]);
    const fail = (ok: boolean, what: string) => ok || failures.push(`${shape.name}: ${what}`);
    const { app, page, close } = await visit(browser, site);
    // The played hub hashes a file before it lists it: half a minute and more for a large one.
    page.setDefaultTimeout(10 * 60_000);
    try {
      await page.goto(`${site.url}?model=sieve-stories-nano&hub=/`);
      await app.modelReady();
      const phases = await memoryByPhase(browser, page);
      const start = Date.now();
      await app.openFromHub(id, weights);
      await page.waitForFunction(
        (name) =>
          document.querySelector('[data-testid="model-status"]')?.textContent?.includes(name) ||
          document.querySelector('#model [data-testid="error-alert"]'),
        id,
        { timeout: 20 * 60_000 },
      );
      fail((await app.errors()).length === 0, (await app.errors()).join(' | '));
      const seconds = (Date.now() - start) / 1000;
      const opened = await rendererMemory(browser);
      const check = (await app.get('logit-check').textContent()) ?? '';
      fail((await app.get('logit-check').getAttribute('data-ok')) === 'true', `logits: ${check}`);

      const text = PAIRS.map(({ question, answer }) => JSON.stringify({ instruction: question, output: answer })).join(
        '\n',
      );
      await app.loadFile({ name: 'facts.jsonl', mimeType: 'application/x-ndjson', text });
      await app.set('steps', STEPS);
      await app.set('evalInterval', STEPS);
      await app.set('batchSize', 1);
      await app.set('maxSequenceLength', 32);
      await app.set('evalExamples', 2);
      await app.dataReady();
      const trained = Date.now();
      await app.train(30 * 60_000);
      const perStep = (Date.now() - trained) / 1000 / STEPS;
      const { training: plan } = await plannedMemory(app);
      const byPhase = await phases();
      console.log([...byPhase].map(([phase, mib]) => `${mib.toFixed(0)} MiB: ${phase}`).join('\n'));
      // A browser may begin anew to count its peak.
      const peak = Math.max(opened.peak, (await rendererMemory(browser)).peak, ...byPhase.values());
      fail(peak <= MOST_OF_PLAN * plan, `${peak.toFixed(0)} MiB at the peak, the plan is ${plan.toFixed(0)}`);
      fail(peak <= MOST, `${peak.toFixed(0)} MiB at the peak`);
      fail(app.problems.length === 0, app.problems.join(', '));
      const size = statSync(files[weights]).size / 2 ** 20;
      rows.push([
        shape.name,
        ...[size, seconds, opened.peak, opened.now].map((n) => n.toFixed(0)),
        /(\d[\d.e−-]*), allowed/.exec(check)?.[1] ?? '?',
        ...[plan, peak].map((n) => n.toFixed(0)),
        (peak / plan).toFixed(2),
        perStep.toFixed(1),
      ]);
      console.log(formatTable(rows));
    } catch (error) {
      failures.push(`${shape.name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await close();
      await site.close();
      rmSync(join(FOLDER, shape.name), { recursive: true, force: true });
    }
  }
  console.log(formatTable(rows));
  return { ok: failures.length === 0, line: failures.join('; ') || `${rows.length - 1} shapes` };
}
