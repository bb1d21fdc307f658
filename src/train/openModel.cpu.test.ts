/**
 * Models from a folder: in which files their weights may lie, what proves them, and what is left when one cannot be
 * opened.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../hub/safetensors';
import { nanoGguf } from '../hub/testing/nanoGguf';
import { quantiseOnnx } from '../hub/testing/quantiseOnnx';
import { message } from '../shared/message';
import { runSchema } from '../shared/config';
import { adaptedModules } from '../engine/model/modules';
import { adapterFiles } from './adapterFiles';
import { NANO, watched } from './testing/studio';

const at = join('public', 'models', NANO.id);
const SMALL = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const folder = (files: Record<string, Uint8Array | string>) =>
  new Map(
    [...SMALL.map((name) => [name, readFileSync(join(at, name))] as const), ...Object.entries(files)].map(
      ([name, content]) => [name, new Blob([content as Uint8Array<ArrayBuffer>])],
    ),
  );
const source = (id: string) => ({ kind: 'folder', id }) as const;
const weights = readFileSync(join(at, 'model.safetensors'));

it('safetensors, one file or shards behind an index, are proved by the plain forward', async () => {
  const { studio } = watched();
  const one = await studio.openModel({
    type: 'open-model',
    source: source('one'),
    files: folder({ 'model.safetensors': weights }),
  });
  expect(one.file).toMatchObject({ path: 'model.safetensors', bytes: weights.length });
  expect(one.check).toMatchObject({ ok: true, by: 'plain' });
  expect(one.check.relativeError).toBeGreaterThan(0);

  const all = readSafetensors(weights);
  const shards = [0, 1].map((n) => all.names.filter((_, i) => i % 2 === n));
  const file = (n: number) => `model-0000${n + 1}-of-00002.safetensors`;
  const two = await studio.openModel({
    type: 'open-model',
    source: source('two'),
    files: folder({
      ...Object.fromEntries(shards.map((names, n) => [file(n), writeSafetensors(names.map((name) => all.get(name)))])),
      'model.safetensors.index.json': JSON.stringify({
        weight_map: Object.fromEntries(shards.flatMap((names, n) => names.map((name) => [name, file(n)]))),
      }),
    }),
  });
  expect(two.file.path).toBe('model.safetensors.index.json');
  expect(two.check).toEqual(one.check);
});

it('quantised weights are proved by ONNX Runtime, which multiplies them exactly, and known in a file of any name', async () => {
  const { studio } = watched();
  const q4 = await studio.openModel({
    type: 'open-model',
    source: source('q4'),
    files: folder({ 'onnx/model.onnx': quantiseOnnx(readFileSync(join(at, 'onnx', 'model.onnx'))) }),
  });
  expect(q4.file).toMatchObject({ path: 'onnx/model.onnx', dtype: 'q4', exact: false });
  expect(q4.check).toMatchObject({ ok: true, by: 'onnxruntime', tolerance: 1e-4 });
  const whole = await studio.openModel({ type: 'open-model', source: NANO });
  // The head is a matrix of its own, and the embedding stays as it is.
  expect(q4.parameters).toBe(whole.parameters + 4096 * 64);
  expect(q4.weightBytes).toBeLessThan(whole.weightBytes);
});

it('an adapter says on which file of its base it was trained, and is not taken for one of another in silence', async () => {
  const { studio, events } = watched();
  const { config } = await studio.openModel({ type: 'open-model', source: NANO });
  const run = runSchema.parse({
    id: 'a',
    name: 'A',
    method: 'lora',
    rank: 2,
    only: ['0.q_proj'],
  });
  const adapters = adaptedModules(config, run).map(({ path, dIn, dOut }) => ({
    path,
    dIn,
    dOut,
    a: new Float32Array(2 * dIn).fill(0.5),
    b: new Float32Array(2 * dOut),
  }));
  const from = (path: string, exact: boolean) =>
    adapterFiles({
      run,
      model: { id: NANO.id, revision: null },
      base: { path, dtype: null, exact },
      adapters,
      thresholds: null,
      template: { prompt: '{prompt}', completion: '{completion}' },
      check: null,
    });
  const q4 = from('onnx/model_q4.onnx', false);
  const text = (name: string) => new TextDecoder().decode(q4.find((f) => f.name === name)!.bytes);
  expect(JSON.parse(text('sieve.json')).base).toEqual({ path: 'onnx/model_q4.onnx', dtype: null, exact: false });
  expect(text('README.md')).toMatch(/its file onnx\/model_q4\.onnx[^]*Its base is quantised/);
  const warnings = () => events.filter(({ type }) => type === 'warning');
  for (const files of [from('model.safetensors', true), from('onnx/model.onnx', false)])
    await studio.import({ type: 'import', files, as: null });
  expect(warnings()).toEqual([]);
  await studio.import({ type: 'import', files: q4, as: null });
  expect(warnings()).toEqual([
    {
      type: 'warning',
      runId: null,
      message: message('train.warning.otherBase', { name: 'A', was: 'onnx/model_q4.onnx', now: 'onnx/model.onnx' }),
    },
  ]);
});

it('a GGUF needs no other file: its configuration and its tokenizer are in it', async () => {
  const { studio } = watched();
  const whole = await studio.openModel({ type: 'open-model', source: NANO });
  const files = new Map([['nano.Q8_0.gguf', new Blob([nanoGguf('Q8_0')])]]);
  const one = await studio.openModel({ type: 'open-model', source: source('gguf'), files });
  expect(one.file).toMatchObject({ path: 'nano.Q8_0.gguf', format: 'gguf', dtype: 'Q8_0' });
  expect(one.check).toMatchObject({ ok: true, by: 'plain', tokens: whole.check.tokens });
  expect(one.config.layers).toEqual(whole.config.layers);
  expect(one.config.eosIds).toEqual(whole.config.eosIds);
  expect(one.weightBytes).toBeLessThan(whole.weightBytes);
});

it('a model that cannot be opened leaves what is open, whether its files or its proof are wrong', async () => {
  const { studio } = watched();
  const info = await studio.openModel({ type: 'open-model', source: NANO });
  const open = (id: string, files: Record<string, Uint8Array>) =>
    studio.openModel({ type: 'open-model', source: source(id), files: folder(files) });
  await expect(open('none', {})).rejects.toThrow(/no weights/);
  const before = studio.counts();
  await expect(open('short', { 'model.safetensors': weights.subarray(0, 9999) })).rejects.toThrow(/damaged/);
  // Its weights are found, but ONNX Runtime knows no such operator.
  const graph = Buffer.from(readFileSync(join(at, 'onnx', 'model.onnx')));
  for (let i = graph.indexOf('Softmax'); i >= 0; i = graph.indexOf('Softmax', i)) graph.write('Softmaz', i);
  await expect(open('odd', { 'onnx/model.onnx': graph })).rejects.toThrow(/ONNX Runtime cannot load onnx\/model\.onnx/);
  expect(studio.opened()).toBe(info);
  expect(studio.counts()).toEqual(before);
});
