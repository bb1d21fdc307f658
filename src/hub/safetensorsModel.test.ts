import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ModelError } from '../shared/errors';
import { weightShapes } from '../shared/model';
import { inMemory } from './byteFile';
import { readModel } from './family';
import { readSafetensors, writeSafetensors } from './safetensors';
import { safetensorsWeights } from './safetensorsModel';
import { expectSameRows } from './testing/rows';

const folder = 'public/models/sieve-stories-nano';
const bytes = readFileSync(`${folder}/model.safetensors`);
const model = readModel(JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')));

const one = (file: Uint8Array) => new Map([['model.safetensors', inMemory(file)]]);

/** The same tensors under other names. */
function renamed(called: (name: string) => string) {
  const file = readSafetensors(bytes);
  return writeSafetensors(
    file.names.map((name) => ({ name: called(name), shape: [...file.shape(name)], data: file.get(name).data })),
  );
}

it('a model that was saved without its head has names without a prefix, and tensors that nobody asks for', () => {
  const weights = safetensorsWeights(one(renamed((name) => name.replace(/^model\./, ''))), model);
  const truth = safetensorsWeights(one(bytes), model);
  for (const { name } of weightShapes(model)) expect(weights.get(name).data, name).toEqual(truth.get(name).data);
});

it('a tensor that has two names is found under the one that the metadata says, and nowhere else', () => {
  const [embedding, head] = ['model.embed_tokens.weight', 'lm_head.weight'];
  const file = readSafetensors(bytes);
  const stored = (metadata: Record<string, string>) =>
    one(
      writeSafetensors(
        file.names.map((name) => ({ ...file.get(name), name: name === embedding ? head : name })),
        metadata,
      ),
    );
  const truth = safetensorsWeights(one(bytes), model).get(embedding);
  expect(safetensorsWeights(stored({ format: 'pt', [embedding]: head }), model).get(embedding).data).toEqual(
    truth.data,
  );
  expect(() => safetensorsWeights(stored({ format: 'pt' }), model)).toThrow(/embed_tokens/);
  expect(() => safetensorsWeights(stored({ [embedding]: 'nobody' }), model)).toThrow(/embed_tokens/);
});

it('rows can be read by themselves', () => {
  expectSameRows(safetensorsWeights(one(bytes), model), model);
});

it('other names are not guessed at', () => {
  expect(() => safetensorsWeights(one(renamed((name) => `base.${name}`)), model)).toThrow(ModelError);
});

it('a damaged shard is named by its path', () => {
  const shards = new Map([
    ['weights-a.safetensors', inMemory(bytes)],
    ['weights-b.safetensors', inMemory(bytes.subarray(0, 100))],
  ]);
  expect(() => safetensorsWeights(shards, model)).toThrow(/weights-b\.safetensors/);
});
