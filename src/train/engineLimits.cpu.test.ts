/** What config.json may say and what the engine takes are one thing: nothing is downloaded to be refused afterwards. */
import { expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import { listingDevice } from '../engine/testing/listingDevice';
import type { Layout } from '../engine/layout';
import { Trainer } from '../engine/trainer';
import { readModel } from '../hub/family';
import { runSchema, trainSchema } from '../shared/config';
import { ENGINE_LIMITS } from '../shared/engineLimits';
import { ModelError } from '../shared/errors';
import { type ModelDescription, weightShapes } from '../shared/model';

const { step, inputs, headDim } = ENGINE_LIMITS;
const LAYOUT: Layout = {
  capacity: { rows: 24, supervised: 20, segments: 1, headChunk: 64 },
  microBatches: 1,
  recompute: false,
};
const SMALL = {
  model_type: 'llama',
  hidden_size: step,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  head_dim: step,
  intermediate_size: step,
  vocab_size: 5,
  tie_word_embeddings: true,
};

/** Makes all operations of a gated run on such a model, for a GPU and for the CPU. */
async function make(config: ModelDescription): Promise<void> {
  const shapes = new Map(weightShapes(config).map(({ name, shape }) => [name, shape]));
  const zeros = (name: string) => new Float32Array(shapes.get(name)!.reduce((product, size) => product * size, 1));
  const run = runSchema.parse({ id: 'run', name: 'run', method: 'ts-lora', rank: 1 });
  for (const kind of ['gpu', 'cpu'] as const) {
    const base = new BaseModel(listingDevice(kind).device, config, zeros);
    (await Trainer.create(base, [run], trainSchema.parse({}), LAYOUT)).free();
  }
}

it.each([
  ...[step, 3 * step, 100, headDim].map((size) => ({ head_dim: size })),
  { num_attention_heads: 6, num_key_value_heads: 2 },
  { num_attention_heads: 7 },
  { num_attention_heads: inputs / headDim, head_dim: headDim },
  { intermediate_size: inputs },
])('takes %o', async (change) => {
  await make(readModel({ ...SMALL, ...change }));
});

/** The description of a file within the limits, with one size that is not. */
function beyond(change: { width?: number; inner?: number; heads?: number; kvHeads?: number; headDim?: number }) {
  const model = readModel(SMALL);
  const { width = model.width, inner = step, heads = 1, kvHeads = 1, headDim: size = step } = change;
  const linear = (path: string, dIn: number, dOut: number) => ({ path, dIn, dOut, bias: false, inOut: false });
  const [{ attention, mlp, ...layer }] = model.layers;
  const [q, kv] = [heads * size, kvHeads * size];
  return {
    ...model,
    width,
    ropes: [{ ...model.ropes[0], rotary: size }],
    layers: [
      {
        ...layer,
        attention: {
          ...attention,
          heads,
          kvHeads,
          headDim: size,
          input: { linears: [linear('q', width, q), linear('k', width, kv), linear('v', width, kv)], fused: null },
          output: linear('o', q, width),
        },
        mlp: {
          ...mlp,
          inner,
          input: { linears: [linear('gate', width, inner), linear('up', width, inner)], fused: null },
          output: linear('down', inner, width),
        },
      },
    ],
  };
}

it.each([
  [{ head_dim: headDim + step }, { headDim: headDim + step }],
  [{ head_dim: step + 2 }, { headDim: step + 2 }],
  [{ hidden_size: step + 2 }, { width: step + 2 }],
  [{ intermediate_size: inputs + step }, { inner: inputs + step }],
  [
    { num_attention_heads: 3, num_key_value_heads: 2 },
    { heads: 3, kvHeads: 2 },
  ],
  [
    { num_attention_heads: inputs / headDim + 1, head_dim: headDim },
    { heads: inputs / headDim + 1, headDim },
  ],
])('refuses %o in the file, and the engine would have', async (change, same) => {
  expect(() => readModel({ ...SMALL, ...change })).toThrow(ModelError);
  await expect(make(beyond(same))).rejects.toThrow(/multiple of 4|goes up to|evenly|do not fit/);
});
