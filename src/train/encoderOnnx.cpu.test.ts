/**
 * A classifier of texts from its .onnx file, as transformers.js has it: its weights are found, ONNX Runtime proves
 * them, and it trains.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseFile } from '../data/parse';
import { prepare } from '../data/prepare';
import { readModel } from '../hub/family';
import { OnnxParser } from '../hub/onnx/parser';
import { openTokenizer } from '../hub/tokenizer';
import { checkNode, resolveWeights } from '../hub/weights';
import { runSchema, trainSchema } from '../shared/config';
import { watched } from './testing/studio';
import { reviews, tinyBert } from './testing/tinyBert';
import { USUAL_OPTIONS } from '../data/testing/options';

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
      ...USUAL_OPTIONS,
      mapping: { kind: 'text-label', roles: { text: 'text', label: 'label' } },
      template: { prompt: '', completion: '' },
      maxSequenceLength: 16,
      validationShare: 0.2,
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

/** A small classifier as exporters write it, under the tokenizer of the tiny BERT. */
function encoder(family: string, file: string, change: object = {}, as = file): Map<string, Blob> {
  const at = (name: string) => readFileSync(`python/fixtures/encoders/${family}/${name}`);
  const files = tinyBert();
  files.delete('model.safetensors');
  files.set('config.json', new Blob([JSON.stringify({ ...JSON.parse(at('config.json').toString()), ...change })]));
  files.set(`onnx/${as}`, new Blob([at(file)]));
  return files;
}
const ENCODERS = ['bert', 'distilbert', 'modernbert'];

it.each(
  ENCODERS.flatMap((family) =>
    (['fp16', 'q4'] as const).map((dtype) => ({
      family,
      dtype,
      changed:
        family === 'modernbert' ? { norm_eps: 0.5 } : { [family === 'bert' ? 'hidden_act' : 'activation']: 'relu' },
    })),
  ),
)(
  '$family in $dtype opens and is proved by ONNX Runtime; as another model it is not',
  async (of) => {
    const { family, dtype, changed } = of;
    const open = async (change: object = {}) => {
      const { studio } = watched({ own: true });
      const files = encoder(family, `model_${dtype}.onnx`, change);
      return studio.openModel({
        type: 'open-model',
        source: source(`${family}-${dtype}-${Object.keys(change)}`),
        files,
      });
    };
    const { check, file, config } = await open();
    expect(file).toMatchObject({ path: `onnx/model_${dtype}.onnx`, dtype });
    expect(check).toMatchObject({ ok: true, by: 'onnxruntime', tokens: 3 });
    expect(check.tolerance).toBe(dtype === 'fp16' ? 1e-2 : 1e-4);
    expect(check.relativeError).toBeGreaterThan(0);
    expect(config.head).toMatchObject({ labels: ['a', 'b', 'c'] });
    expect('drawn' in config.head).toBe(false);
    expect((await open(changed)).check.ok).toBe(false);
  },
  120_000,
);

it.each(ENCODERS)('matrices of %s in q4 stay in blocks', (family) => {
  const at = (name: string) => readFileSync(`python/fixtures/encoders/${family}/${name}`);
  const model = readModel(JSON.parse(at('config.json').toString()));
  const weights = resolveWeights(new OnnxParser({ onNode: checkNode(model) }).finish(at('model_q4.onnx')), model);
  for (const { attention, mlp } of model.layers)
    for (const { path } of [...attention.input.linears, attention.output, ...mlp.input.linears, mlp.output])
      expect(weights.stored(`${path}.weight`)).toMatchObject({ bits: 4, block: 32 });
});

it('a graph that ends with hidden states gets a head that is drawn, and ONNX Runtime proves the states', async () => {
  const open = (change: object = {}) =>
    watched({ own: true }).studio.openModel({
      type: 'open-model',
      source: source(`states${Object.keys(change)}`),
      files: encoder('bert', 'states.onnx', change, 'model.onnx'),
    });
  const { check, config } = await open();
  expect(check).toMatchObject({ ok: true, by: 'onnxruntime', tokens: 3, tolerance: 1e-4 });
  expect(check.relativeError).toBeGreaterThan(0);
  const parts = ['weight', 'bias'];
  expect(config.head).toMatchObject({
    dense: { trained: true },
    drawn: [...parts.map((part) => `bert.pooler.dense.${part}`), ...parts.map((part) => `classifier.${part}`)],
  });
  expect((await open({ hidden_act: 'relu' })).check.ok).toBe(false);
}, 120_000);

it('logits of tokens, as of a model that fills gaps, are none of classes', () => {
  const config = { ...(JSON.parse(readFileSync(`${FIXTURE}/config.json`, 'utf8')) as object), vocab_size: 3 };
  const graph = new OnnxParser().finish(readFileSync(`${FIXTURE}/model.onnx`));
  expect(() => resolveWeights(graph, readModel(config))).toThrow(/nor hidden states \(its outputs: logits\)/);
});

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
    /neither logits of classes nor hidden states \(its outputs: states\)/,
  );
}, 120_000);
