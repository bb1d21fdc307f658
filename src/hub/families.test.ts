/** Every family's description and the plain forward against transformers (python/fixtures/families). */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logitCount, weightShapes } from '../shared/model';
import { MODEL_TYPES, readModel } from './family';
import { plainForward } from './plainForward';
import { readSafetensors } from './safetensors';

const FOLDER = 'python/fixtures/families';

/** What older versions of transformers write in place of `rope_parameters`. */
const OLDER: Record<string, object> = {
  llama: {
    rope_theta: 500,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    },
  },
  gemma3_text: {
    rope_theta: 3000,
    rope_local_base_freq: 50,
    rope_scaling: { type: 'linear', factor: 4 },
  },
  gpt_neox: { rotary_emb_base: 100, rotary_pct: 0.25 },
  phi: { rope_theta: 200, partial_rotary_factor: 0.5 },
  modernbert: {
    global_rope_theta: 900,
    local_rope_theta: 50,
    layer_types: undefined,
    global_attn_every_n_layers: 2,
  },
  phi3: { rope_theta: 300, partial_rotary_factor: 0.5, rope_scaling: null },
};

interface Twin {
  tensors: Record<string, { shape: number[]; offset: number }>;
}

it('a family is one file: no other source names it, but the tokenizer of GGUF’s own names', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !/\.test\.ts$|testing\/|hub\/(families\/|gguf\/tokenizer)/.test(path),
  );
  const quoted = new RegExp(
    MODEL_TYPES.filter((type) => type !== 'llama')
      .map((type) => `'${type}'`)
      .join('|'),
  );
  expect(MODEL_TYPES.length).toBeGreaterThan(12);
  expect(sources.length).toBeGreaterThan(300);
  expect(sources.filter((path) => quoted.test(readFileSync(`src/${path}`, 'utf8')))).toEqual([]);
  for (const file of readdirSync('src/hub/families'))
    expect(readFileSync(`src/hub/families/${file}`, 'utf8').split('\n').length, file).toBeLessThan(90);
});

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const file = (leaf: string) => readFileSync(`${FOLDER}/${name}/${leaf}`);
  const json = (leaf: string): unknown => JSON.parse(file(leaf).toString('utf8'));
  const weights = readSafetensors(file('model.safetensors'));

  it('needs the tensors that transformers writes, and no others', () => {
    const shapes = weightShapes(readModel(json('config.json')));
    expect(shapes.map((w) => w.name).sort()).toEqual([...weights.names].sort());
    for (const w of shapes) expect(weights.shape(w.name), w.name).toEqual(w.shape);
  });

  it.skipIf(!(name in OLDER))('is the same in an older file', () => {
    const newer = json('config.json') as object;
    const older = { ...newer, rope_parameters: undefined, ...OLDER[name] };
    expect(readModel(older)).toEqual(readModel(newer));
  });

  it('has transformers’ logits', () => {
    const model = readModel(json('config.json'));
    const { tensors } = json('twin.json') as Twin;
    const bytes = new Uint8Array(file('twin.bin')).buffer;
    const at = (tensor: string) => {
      const { shape, offset } = tensors[tensor];
      return [bytes, offset, shape.reduce((a, b) => a * b, 1)] as const;
    };
    const ids = new Int32Array(...at('batch0.ids'));
    const starts = new Uint32Array(...at('batch0.starts'));
    const patches = 'batch0.patches' in tensors ? new Float32Array(...at('batch0.patches')) : null;
    const values = patches ? patches.length / ids.length : 0;
    const expected = new Float32Array(...at('baseLogits'));
    const read = (tensor: string) => weights.get(tensor).data;
    const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    for (let s = 0; s + 1 < starts.length; s++) {
      const [from, to] = [starts[s], starts[s + 1]];
      const own = patches?.subarray(from * values, to * values);
      const logits = plainForward(model, read, ids.subarray(from, to), own);
      const first = (model.head.kind === 'classes' ? s : from) * logitCount(model);
      const off = logits.map((v, i) => Math.abs(v - expected[first + i]));
      expect(Math.max(...off) / largest, `sequence ${s}`).toBeLessThan(1e-5);
    }
  });
});
