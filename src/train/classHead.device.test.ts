/**
 * Encoders and heads with classes: logits against the plain forward in f64, and every gradient, the head's among them,
 * against finite differences of it. Two adapters in one pass, each with a head of its own.
 */
import { describe, expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { onCpu, randomFloats, testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { layerNorm, linear, plainAttention, plainEmbedding, plainMlp } from '../hub/decoder';
import { plainForward } from '../hub/plainForward';
import type { LayerDescription, ModelDescription } from '../shared/model';
import { allModules, weightShapes, wholeModules } from '../shared/model';
import type { TokenBatch } from '../shared/types';
import { fixtureRun } from './testing/fixture';
import { trainSchema } from '../shared/config';

const [WIDTH, INNER, VOCAB, CONTEXT, EPS] = [12, 20, 23, 16, 0.02];
const SIZES = {
  width: WIDTH,
  layers: 2,
  heads: 3,
  kvHeads: 3,
  headDim: 4,
  inner: INNER,
  vocab: VOCAB,
  context: CONTEXT,
};
const LABELS = ['a', 'b', 'c'];

function layerOf(l: number, placement: 'post' | 'pre'): LayerDescription {
  const module = (name: string, dIn = WIDTH, dOut = WIDTH) => linear(`layer.${l}.${name}`, dIn, dOut, { bias: true });
  const norm = (name: string) => layerNorm(`layer.${l}.${name}`, EPS);
  const placed = (name: string) =>
    placement === 'post' ? { norm: null, post: norm(name) } : { norm: l > 0 ? norm(name) : null };
  return {
    attention: {
      ...plainAttention(SIZES),
      causal: false,
      rope: placement === 'post' ? null : 0,
      window: placement === 'post' ? null : 3,
      input: { linears: [module('q'), module('k'), module('v')], fused: null },
      output: module('o'),
      ...placed('norm1'),
    },
    mlp: {
      ...plainMlp({
        norm: norm('norm2'),
        up: module('up', WIDTH, INNER),
        down: module('down', INNER, WIDTH),
        activation: 'gelu',
      }),
      ...(placement === 'post' ? placed('norm2') : {}),
    },
    parallel: false,
    residualScale: 1,
  };
}

const classifier = linear('classifier', WIDTH, LABELS.length, { bias: true });
const model = (
  placement: 'post' | 'pre',
  head: Partial<ModelDescription['head']>,
  finalNorm: ModelDescription['finalNorm'],
): ModelDescription => ({
  family: 'test',
  width: WIDTH,
  vocab: VOCAB,
  context: CONTEXT,
  embedding: {
    ...plainEmbedding('words'),
    positions: placement === 'post' ? { path: 'positions', rows: CONTEXT, offset: 0 } : null,
    tokenTypes: placement === 'post' ? { path: 'types', rows: 2 } : null,
    norm: layerNorm('embedded', EPS),
  },
  ropes: placement === 'post' ? [] : [{ rotary: 4, theta: 100 }],
  layers: [layerOf(0, placement), layerOf(1, placement)],
  finalNorm,
  head: {
    kind: 'classes',
    labels: LABELS,
    reads: 'first',
    dense: null,
    classifier,
    ...head,
  } as ModelDescription['head'],
  bosId: null,
  eosIds: [],
});

const pooler = linear('pooler', WIDTH, WIDTH, { bias: true });
const MODELS: Record<string, ModelDescription> = {
  // As BERT, DistilBERT, ModernBERT and a decoder with a class head have them.
  'post-norm, tanh': model('post', { dense: { linear: pooler, activation: 'tanh', norm: null, trained: false } }, null),
  'post-norm, trained dense': model(
    'post',
    { dense: { linear: pooler, activation: 'relu', norm: null, trained: true } },
    null,
  ),
  'pre-norm, windows, norm in the head': model(
    'pre',
    { dense: { linear: pooler, activation: 'gelu', norm: layerNorm('headNorm', EPS), trained: false } },
    layerNorm('final', EPS),
  ),
  'mean of all tokens, pre-norm': model(
    'pre',
    {
      reads: 'mean',
      dense: { linear: pooler, activation: 'gelu', norm: layerNorm('headNorm', EPS), trained: false },
    },
    layerNorm('final', EPS),
  ),
  'mean of all tokens, post-norm': model('post', { reads: 'mean' }, null),
  'last token, classifier alone': model(
    'pre',
    { reads: 'last', classifier: linear('score', WIDTH, LABELS.length) },
    layerNorm('final', EPS),
  ),
};

const LENGTHS = [5, 1, 9];
const CLASSES = [2, 0, 1];

function batchFor({ head }: ModelDescription): TokenBatch {
  const starts = Uint32Array.of(0, 5, 6, 15);
  const ids = Int32Array.from({ length: 15 }, (_, i) => (7 * i + 3) % VOCAB);
  const targets = new Int32Array(15).fill(-1);
  LENGTHS.forEach((length, s) => {
    const row = head.kind === 'classes' && head.reads === 'last' ? starts[s] + length - 1 : starts[s];
    targets[row] = CLASSES[s];
  });
  return { ids, targets, starts };
}

/** Loss and logits of the batch by the plain forward. */
function plain(config: ModelDescription, read: (name: string) => Float32Array, { ids, starts }: TokenBatch) {
  const logits = LENGTHS.map((_, s) => plainForward(config, read, ids.subarray(starts[s], starts[s + 1])));
  const losses = logits.map((row, s) => {
    const sum = row.reduce((all, l) => all + Math.exp(l), 0);
    return Math.log(sum) - row[CLASSES[s]];
  });
  return { logits, loss: losses.reduce((a, b) => a + b) / losses.length };
}

const [RANK, SCALING] = [2, 1.5];
const names = onCpu ? Object.keys(MODELS) : ['post-norm, trained dense', 'mean of all tokens, pre-norm'];

describe.each(names)('%s', (name) => {
  const config = MODELS[name];
  const weights = new Map(
    weightShapes(config).map(({ name: weight, shape }, i) => {
      const values = randomFloats(
        shape.reduce((a, b) => a * b),
        i + 1,
        shape.length > 1 ? 0.6 : 0.3,
      );
      return [weight, /(norm\d|Norm|embedded|final)\.weight$/.test(weight) ? values.map((v) => v + 1) : values];
    }),
  );
  const batch = batchFor(config);
  const modules = allModules(config);

  it('logits are those of the plain forward, gradients those of finite differences, for each of two runs', async () => {
    const device = await testDevice();
    const base = new BaseModel(device, config, (weight) => weights.get(weight)!);
    const runs = ['one', 'two'].map((id) =>
      fixtureRun({ id, name: id, method: 'lora', rank: RANK, alpha: RANK * SCALING, modules: ['all-linear'] }),
    );
    const trainer = await Trainer.create(
      base,
      runs,
      trainSchema.parse({ steps: 2, learningRate: 0.01, warmupSteps: 0 }),
      {
        capacity: { rows: 20, supervised: 4, segments: 2, headChunk: 64, ownHeads: true },
        microBatches: 1,
        recompute: name.startsWith('post'),
      },
    );
    const [baseLogits] = await trainer.measurements.classLogits([null], batch);
    const expected = plain(config, (weight) => weights.get(weight)!, batch);
    expectCloseToMax(
      baseLogits.flatMap((row) => [...row]),
      expected.logits.flatMap((row) => [...row]),
      1e-5,
      'base',
    );

    const values = new Map<string, Map<string, Float32Array>>();
    for (const [r, { id }] of runs.entries()) {
      const adapter = trainer.run(id);
      const own = new Map<string, Float32Array>();
      modules.forEach(({ path, dIn, dOut }, i) => {
        own.set(`${path}.A`, randomFloats(RANK * dIn, 100 * r + i + 50, 0.5));
        own.set(`${path}.B`, randomFloats(RANK * dOut, 100 * r + i + 500, 0.2));
      });
      for (const { path, dIn, dOut, bias } of wholeModules(config)) {
        own.set(`${path}.weight`, randomFloats(dIn * dOut, 100 * r + 900, 0.6));
        if (bias) own.set(`${path}.bias`, randomFloats(dOut, 100 * r + 901, 0.3));
      }
      adapter.load(modules.map(({ path }) => ({ a: own.get(`${path}.A`)!, b: own.get(`${path}.B`)! })));
      adapter.loadWhole(own);
      await adapter.refresh();
      values.set(id, own);
    }
    const adapted = (own: ReadonlyMap<string, Float32Array>) => (weight: string) => {
      const path = weight.replace(/\.weight$/, '');
      const [a, b] = [own.get(`${path}.A`), own.get(`${path}.B`)];
      if (!a || !b || !weight.endsWith('.weight')) return own.get(weight) ?? weights.get(weight)!;
      const dIn = a.length / RANK;
      // In f64, so that differences are not lost in the sum.
      return Float64Array.from(weights.get(weight)!, (w, i) => {
        const [row, column] = [Math.floor(i / dIn), i % dIn];
        let sum = 0;
        for (let k = 0; k < RANK; k++) sum += b[row * RANK + k] * a[k * dIn + column];
        return w + SCALING * sum;
      }) as unknown as Float32Array;
    };
    const logits = await trainer.measurements.classLogits(['one', 'two'], batch);
    const results = await trainer.evaluate(['one', 'two'], [batch], true);
    for (const [r, { id }] of runs.entries()) {
      const own = values.get(id)!;
      const there = plain(config, adapted(own), batch);
      const ours = logits[r].flatMap((row) => [...row]);
      expectCloseToMax(
        ours,
        there.logits.flatMap((row) => [...row]),
        1e-5,
        `logits of ${id}`,
      );
      expectClose([results[r].loss], [there.loss], { rtol: 1e-5 }, `loss of ${id}`);
      const adapter = trainer.run(id);
      const grads = new Map(await adapter.wholeGradients());
      for (const { path, a, b } of await adapter.gradients()) grads.set(`${path}.A`, a).set(`${path}.B`, b);
      expect([...grads.keys()].sort()).toEqual([...own.keys()].sort());
      const largest = Math.max(...[...grads.values()].map((g) => Math.max(...g.map(Math.abs))));
      for (const [tensor, gradient] of grads) {
        // One number of each tensor, where its gradient is the largest.
        const at = gradient.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradient[best]) ? i : best), 0);
        const lossAt = (step: number) => {
          const moved = Float64Array.from(own.get(tensor)!) as unknown as Float32Array;
          moved[at] += step;
          return plain(config, adapted(new Map([...own, [tensor, moved]])), batch).loss;
        };
        const slope = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2;
        expectClose([gradient[at]], [slope], { rtol: 5e-3, atol: 1e-3 * largest }, `${id}: ${tensor}`);
      }
    }
    const before = await trainer.run('two').wholeValues();
    await (await trainer.step(['two'], [batch], 0)).get('two');
    const after = await trainer.run('two').wholeValues();
    for (const [tensor, v] of before) expect(after.get(tensor), tensor).not.toEqual(v);
    trainer.free();
    base.free();
    expect(device.buffers.live().buffers).toBe(0);
    expect(device.error()).toBeNull();
  });
});
