/**
 * A vision transformer of 224 × 224 pixels, as they are published, by its id from a hub: opened, proved, and trained
 * for some steps.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readModel } from '../hub/family';
import { writeSafetensors } from '../hub/safetensors';
import { openTokenizer } from '../hub/tokenizer';
import { runSchema, trainSchema } from '../shared/config';
import { READ_AUTO } from '../shared/data';
import { weightShapes } from '../shared/model';
import { Rng } from '../shared/rng';
import type { ModelSource } from '../shared/types';
import { DataDesk } from './dataDesk';
import type { DataReplies } from './protocol';
import { decodePng, patternZip } from './testing/patterns';
import { PICTURES } from './testing/pictures';
import { watched } from './testing/studio';

const HUB = {
  kind: 'hub',
  id: 'owner/tiny-vit',
  revision: 'main',
  host: 'https://huggingface.co',
} satisfies ModelSource;

/** As google/vit-base-patch16-224 has it, but for the widths and the number of layers. */
const CONFIG = {
  architectures: ['ViTForImageClassification'],
  model_type: 'vit',
  image_size: 224,
  patch_size: 16,
  num_channels: 3,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  qkv_bias: true,
  id2label: { 0: 'tench', 1: 'goldfish', 2: 'shark' },
};
const SETTINGS = {
  do_normalize: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  size: { height: 224, width: 224 },
};

function weights(): Uint8Array {
  const rng = new Rng(3);
  const tensors = weightShapes(readModel(CONFIG)).map(({ name, shape }) => {
    const norm = /layernorm\w*\.weight$/.test(name);
    const length = shape.reduce((a, b) => a * b);
    return { name, shape, data: Float32Array.from({ length }, () => (norm ? 1 : 0) + 0.2 * rng.normal()) };
  });
  return writeSafetensors(tensors);
}

const asked: string[] = [];
/** Those of which more than the head was asked for. */
const fetched: string[] = [];
const json = (value: unknown) => JSON.stringify(value);
const SMALL = { 'config.json': () => json(CONFIG), 'preprocessor_config.json': () => json(SETTINGS) };
let files: Record<string, () => BodyInit>;

beforeAll(() => {
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (url: string | URL, init?: RequestInit) => {
    if (!String(url).startsWith(HUB.host)) return real(url, init);
    const path = new URL(url).pathname.replace(`/${HUB.id}/resolve/main/`, '');
    asked.push(path);
    if (init?.method !== 'HEAD' && Object.hasOwn(files, path)) fetched.push(path);
    return Object.hasOwn(files, path) ? new Response(files[path]()) : new Response('', { status: 404 });
  });
});
afterAll(() => vi.unstubAllGlobals());

it('opens by its id, reads 197 tokens a picture, and learns', async () => {
  files = { ...SMALL, 'model.safetensors': () => weights() as Uint8Array<ArrayBuffer> };
  const { studio, events, phase } = watched({ own: true });
  const info = await studio.openModel({ type: 'open-model', source: HUB });
  expect(info.check).toMatchObject({ ok: true, by: 'plain' });
  expect(info.file.path).toBe('model.safetensors');
  expect(info.config).toMatchObject({ context: 197, embedding: { patches: { side: 14, patch: 16 } } });
  expect(asked).toContain('preprocessor_config.json');
  expect(asked).not.toContain('tokenizer.json');

  const desk = new DataDesk(() => () => Promise.reject(new Error('no chats here')), decodePng);
  desk.useTokenizer(await openTokenizer(HUB));
  const zip = [{ path: 'patterns.zip', file: new Blob([patternZip(20)]) }];
  await desk.answer({ type: 'parse', files: zip, choices: READ_AUTO }, {});
  const options = { ...PICTURES, maxSequenceLength: 197 };
  const prepared = await desk.answer({ type: 'prepare', options }, {});
  const { report, train, validation } = prepared.value as DataReplies['prepare'];
  expect(report).toMatchObject({ problem: null, examples: 20, longest: 197 });

  const config = {
    train: trainSchema.parse({ steps: 6, batchSize: 16, maxSequenceLength: 197, learningRate: 1e-2, warmupSteps: 0 }),
    runs: (['lora', 'ts-lora'] as const).map((method) =>
      runSchema.parse({ id: method, name: method, method, rank: 2, alpha: 4, modules: ['query', 'value'] }),
    ),
  };
  const finished = phase('finished', 'failed');
  await studio.start({ type: 'start', config, train, validation });
  expect(await finished).toBe('finished');
  const losses = events.flatMap((e) => (e.type === 'step' && e.runId === 'lora' ? [e.loss] : []));
  expect(losses).toHaveLength(6);
  expect(losses.at(-1)!).toBeLessThan(losses[0]);
  // Three classes of its own are none of these four.
  const classified = events.find((e) => e.type === 'classified')!;
  expect(classified.set.classes).toHaveLength(4);
}, 120_000);

it('is refused by name where there are ONNX files alone, as transformers.js has them, before any of them is fetched', async () => {
  const large = () => new Uint8Array(1000);
  files = { ...SMALL, 'onnx/model.onnx': large, 'onnx/model_fp16.onnx': large, 'onnx/model_quantized.onnx': large };
  fetched.length = 0;
  const { studio } = watched({ own: true });
  const refused = studio.openModel({ type: 'open-model', source: HUB });
  await expect(refused).rejects.toMatchObject({ name: 'ModelError', code: 'hub.model.classesFrom' });
  await expect(refused).rejects.toThrow(/opens such models from safetensors.*onnx\/model\.onnx/);
  expect(fetched).toEqual(expect.arrayContaining(Object.keys(SMALL)));
  expect(fetched.filter((path) => !Object.hasOwn(SMALL, path))).toEqual([]);
});
