/** A classifier of texts from its .onnx file, as transformers.js has it: its weights are found, ONNX Runtime proves them, and it trains. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseFile } from '../data/parse';
import { prepare } from '../data/prepare';
import { NO_REPAIRS } from '../data/repair';
import { openTokenizer } from '../hub/tokenizer';
import { runSchema, trainSchema } from '../shared/config';
import { watched } from './testing/studio';
import { reviews, tinyBert } from './testing/tinyBert';

const FIXTURE = 'python/fixtures/families/bert';
const source = (id: string) => ({ kind: 'folder', id }) as const;

/** The fixture's BERT with its classes a, b and c, and a tokenizer with fewer tokens. */
function folder(change: { config?: object; onnx?: (bytes: Uint8Array) => Uint8Array } = {}): Map<string, Blob> {
  const files = tinyBert();
  const config = JSON.parse(readFileSync(`${FIXTURE}/config.json`, 'utf8')) as object;
  const { onnx = (bytes: Uint8Array) => bytes } = change;
  files.delete('model.safetensors');
  files.set('config.json', new Blob([JSON.stringify({ ...config, ...change.config })]));
  files.set('onnx/model.onnx', new Blob([onnx(readFileSync(`${FIXTURE}/model.onnx`)) as Uint8Array<ArrayBuffer>]));
  return files;
}

it('opens, is proved by ONNX Runtime, and trains under a head for other classes', async () => {
  const { studio, events, phase } = watched({ own: true });
  const info = await studio.openModel({ type: 'open-model', source: source('onnx'), files: folder() });
  expect(info.file).toMatchObject({ path: 'onnx/model.onnx', dtype: 'fp32' });
  expect(info.check).toMatchObject({ ok: true, by: 'onnxruntime', tokens: 3 });
  expect(info.check.relativeError).toBeGreaterThan(0);
  expect(info.config.head).toMatchObject({ labels: ['a', 'b', 'c'], dense: { trained: false } });

  const table = await parseFile('reviews.csv', new Blob([reviews(40)]));
  const { train, validation } = await prepare(
    table,
    {
      mapping: { kind: 'text-label', roles: { text: 'text', label: 'label' } },
      template: { prompt: '', completion: '' },
      completionOnly: true,
      maxSequenceLength: 16,
      validationShare: 0.2,
      seed: 1,
      maxExamples: 1000,
      stratify: true,
      repairs: NO_REPAIRS,
      edits: { excluded: [], changed: [] },
    },
    await openTokenizer(source('onnx')),
  );
  const config = {
    train: trainSchema.parse({ steps: 12, batchSize: 8, maxSequenceLength: 16, learningRate: 1e-2, warmupSteps: 0 }),
    runs: [runSchema.parse({ id: 'a', name: 'A', method: 'lora', rank: 2, alpha: 4, modules: ['query', 'value'] })],
  };
  const finished = phase('finished', 'failed');
  await studio.start({ type: 'start', config, train, validation });
  expect(await finished).toBe('finished');
  const losses = events.flatMap((e) => (e.type === 'step' ? [e.loss] : []));
  expect(losses.at(-1)!).toBeLessThan(losses[0]);
}, 120_000);

it('a constant that is read wrongly fails the proof; a graph without classes is refused', async () => {
  const open = (files: Map<string, Blob>, id: string) =>
    watched({ own: true }).studio.openModel({ type: 'open-model', source: source(id), files });
  const { check } = await open(folder({ config: { layer_norm_eps: 1e-6 } }), 'epsilon');
  expect(check.ok).toBe(false);
  const renamed = (bytes: Uint8Array) => {
    const text = Buffer.from(bytes).toString('latin1').replaceAll('logits', 'states');
    return Uint8Array.from(Buffer.from(text, 'latin1'));
  };
  await expect(open(folder({ onnx: renamed }), 'states')).rejects.toThrow(
    /no logits of classes \(its outputs: states\)/,
  );
}, 120_000);
