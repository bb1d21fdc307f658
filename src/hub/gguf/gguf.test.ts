import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import { weightShapes } from '../../shared/model';
import { floatsOf } from '../../shared/quantised';
import { inMemory } from '../byteFile';
import { readModel } from '../family';
import { FetchError } from '../download';
import { readSafetensors } from '../safetensors';
import { type TensorParts, gguf, text, u64 } from '../testing/gguf';
import { NANO, nanoGguf } from '../testing/nanoGguf';
import { giveFolder } from '../source';
import { openGguf, readGguf } from './container';
import { forgetHead, orFromGguf } from './head';
import { configOf } from './config';
import { asStored, checkGguf, ggufWeights } from './model';
import { readTensor } from './types';

/** Random blocks of every type and what gguf-py makes of them: see python/sieve_ref/gguf_blocks.py. */
const BLOCKS = JSON.parse(readFileSync('src/hub/gguf/testing/blocks.json', 'utf8')) as Record<
  string,
  { type: number; bytes: string; values: string }
>;
const decoded = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

it.each(Object.entries(BLOCKS))('%s is what gguf-py reads, to the last bit', (name, { type, bytes, values }) => {
  const expected = new Float32Array(decoded(values).buffer);
  const file = gguf({}, [{ name: 'w', shape: [1, expected.length], type, bytes: decoded(bytes) }]);
  const read = readTensor(readGguf(file).tensors.get('w')!, inMemory(file));
  // Zeros have no sign that counts.
  const plain = (values: Float32Array) => Array.from(values, (x) => x + 0);
  expect(plain(floatsOf(read)), name).toEqual(plain(expected));
});

it('metadata of every kind', () => {
  const given = { a: 7, b: -0.5, c: true, d: 'é', e: ['x', '', 'yz'], f: [1, 2, 3], g: [[1], [2, 3]] };
  expect(Object.fromEntries(readGguf(gguf(given)).metadata)).toEqual(given);
});

describe('a damaged file', () => {
  const tensor: TensorParts = { name: 'w', shape: [2, 32], type: 2, bytes: new Uint8Array(36) };
  const whole = gguf({ key: ['a', 'b'] }, [tensor]);
  it('is refused wherever it is cut', () => {
    // The last tensor's padding is nobody's.
    for (let length = 0; length < whole.length - 28; length++) {
      expect(() => {
        const file = whole.slice(0, length);
        readTensor(readGguf(file).tensors.get('w')!, inMemory(file));
      }, String(length)).toThrow(ModelError);
    }
  });
  it.each([
    ['a list longer than the file', [...text('k'), 9, 0, 0, 0, 4, 0, 0, 0, ...u64(2 ** 40)]],
    ['a text longer than the file', [...text('k'), 8, 0, 0, 0, ...u64(1000)]],
    ['a length that is no number', [...text('k'), 8, 0, 0, 0, ...new Array<number>(8).fill(255)]],
    ['an unknown type', [...text('k'), 13, 0, 0, 0]],
    ['lists in lists in lists', [...text('k'), ...[1, 1, 1, 1].flatMap((n) => [9, 0, 0, 0, ...u64(n)])]],
  ])('%s', (_, entry) => {
    const head = [...new TextEncoder().encode('GGUF'), 3, 0, 0, 0, ...u64(0), ...u64(1)];
    expect(() => readGguf(Uint8Array.from([...head, ...entry]))).toThrow(ModelError);
  });
  it('lists of more values than any vocabulary has, in one or in many', () => {
    const head = [...new TextEncoder().encode('GGUF'), 3, 0, 0, 0, ...u64(0), ...u64(2)];
    const read = (...lengths: number[]) => {
      const parts = lengths.flatMap((length, i) => [
        Uint8Array.from([...text(`k${i}`), 9, 0, 0, 0, 0, 0, 0, 0, ...u64(length)]),
        new Uint8Array(length),
      ]);
      return readGguf(new Uint8Array(Buffer.concat([Uint8Array.from(head), ...parts])));
    };
    for (const lengths of [[2 ** 21 + 1], [2 ** 20, 2 ** 20 + 1]])
      expect(() => read(...lengths)).toThrow(/more than 2097152 values in lists/);
  });
  it('tensors that lie outside, or whose rows are no whole blocks', () => {
    const read = (parts: Partial<TensorParts>) => {
      const file = gguf({}, [{ ...tensor, ...parts }]);
      return readTensor(readGguf(file).tensors.get('w')!, inMemory(file));
    };
    expect(() => read({ shape: [4, 32] })).toThrow(/outside/);
    expect(() => read({ shape: [3, 20], type: 2 })).toThrow(/blocks of 32/);
    expect(() => read({ type: 19 })).toThrow(/ggml type 19/);
    expect(() => read({ shape: [2 ** 30, 2 ** 30] })).toThrow(/shape/);
  });
});

const truth = readSafetensors(readFileSync(`${NANO}/model.safetensors`));
const config = JSON.parse(readFileSync(`${NANO}/config.json`, 'utf8')) as Record<string, number>;

describe('a Llama in a GGUF', () => {
  const bytes = inMemory(nanoGguf('F32'));
  const file = openGguf(bytes);
  it('has the fields of its config.json', () => {
    const fields = configOf(file);
    for (const name of ['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size', 'vocab_size'])
      expect(fields[name], name).toBe(config[name]);
    expect(fields.tie_word_embeddings).toBe(true);
  });
  const model = asStored(readModel(configOf(file)), file, bytes);
  it('has the weights of its state dict, q and k in their own order', () => {
    const weights = ggufWeights(file, bytes, model);
    const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    for (const { name } of weightShapes(model))
      expect(bits(weights.get(name).data).equals(bits(truth.get(name).data)), name).toBe(true);
    weights.release();
    expect(() => weights.get('model.norm.weight')).toThrow(ModelError);
  });
  it('a weight that is missing or has another shape is named', () => {
    const untied = { ...model, head: { ...model.head, tied: false } };
    expect(() => ggufWeights(file, bytes, untied)).toThrow(/lm_head\.weight/);
    expect(() => ggufWeights(file, bytes, { ...model, width: 8 })).toThrow(/embed_tokens\.weight.*4096, 8\]/);
  });
  it('a tensor that nobody reads is named: the model would be another one without it', () => {
    const bias = { name: 'blk.0.attn_q.bias', shape: [8], type: 0, offset: 0 };
    const more = { ...file, tensors: new Map([...file.tensors, [bias.name, bias]]) };
    expect(() => ggufWeights(more, bytes, model)).toThrow(/no place for tensor "blk\.0\.attn_q\.bias"/);
  });
  it('heads that RoPE turns in part are refused', () => {
    const turning = (dimensions: number) => () =>
      checkGguf(
        { ...file, metadata: new Map([...file.metadata, ['llama.rope.dimension_count', dimensions]]) },
        model,
        bytes.length,
      );
    const size = config.hidden_size / config.num_attention_heads;
    expect(turning(size)).not.toThrow();
    expect(turning(size / 2)).toThrow(new RegExp(`turns ${size / 2} of the ${size} dimensions`));
  });
});

it('an architecture that is not read is named', () => {
  expect(() => configOf(readGguf(gguf({ 'general.architecture': 'mamba' })))).toThrow(/mamba/);
});

it('a head is read once while a model is opened, and anew for another folder of the same name', async () => {
  const folder = { kind: 'folder', id: 'twice' } as const;
  const missing = () =>
    Promise.reject(new FetchError('missing', message('hub.fetch.missingHere', { folder: '', file: '' })));
  const head = () => orFromGguf(folder, {}, missing, (file) => file);
  const give = (name: string) => giveFolder('twice', new Map([['a.gguf', new Blob([gguf({ name })])]]));
  give('first');
  const first = await head();
  expect(await head()).toBe(first);
  give('second');
  const second = await head();
  expect([first, second].map(({ metadata }) => metadata.get('name'))).toEqual(['first', 'second']);
  expect(second).not.toHaveProperty('bytes');
  forgetHead();
  expect(await head()).not.toBe(second);
});
