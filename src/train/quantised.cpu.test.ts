/** A base in blocks, end to end: what it computes, learns and takes, beside ONNX Runtime and the same values in f32. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import type { Layout } from '../engine/layout';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { readModel } from '../hub/family';
import { OnnxParser } from '../hub/onnx/parser';
import { multiplyExactly } from '../hub/onnx/quantised';
import { quantiseOnnx } from '../hub/testing/quantiseOnnx';
import { type OnnxWeights, resolveWeights } from '../hub/weights';
import { runSchema, trainSchema } from '../shared/config';
import { batchOf } from './testing/fixture';

const FOLDER = 'public/models/sieve-stories-nano';

let weights: OnnxWeights;

beforeAll(() => {
  const graph = new OnnxParser().finish(quantiseOnnx(readFileSync(`${FOLDER}/onnx/model.onnx`)));
  multiplyExactly(graph);
  weights = resolveWeights(graph, readModel(JSON.parse(readFileSync(`${FOLDER}/config.json`, 'utf8'))));
});

const inBlocks = async () => new BaseModel(await testDevice(), weights.model, weights.stored);
const inFloats = async () => new BaseModel(await testDevice(), weights.model, (name) => weights.get(name).data);

it('a quantised head is its own, and blocks take a fifth of the memory of f32', async () => {
  expect(weights.model.head).toMatchObject({ tied: false });
  const [blocks, floats] = [await inBlocks(), await inFloats()];
  // The embedding is no product, and stays in f16: 4096 × 64 values of two bytes.
  const embedding = 2 * 4096 * 64;
  expect((blocks.bytes - embedding) / (floats.bytes - embedding)).toBeLessThan(0.22);
  blocks.free();
  floats.free();
});

it('learns what the same values in f32 learn', async () => {
  const layout: Layout = {
    capacity: { rows: 24, supervised: 20, segments: 2, headChunk: 64 },
    microBatches: 1,
    recompute: false,
  };
  const runs = ['lora', 'ts-dora'].map((method) =>
    runSchema.parse({ id: method, name: method, method, rank: 4, alpha: 8 }),
  );
  const train = trainSchema.parse({ steps: 5, warmupSteps: 1, learningRate: 1e-2 });
  const losses = async (base: BaseModel) => {
    const trainer = await Trainer.create(base, runs, train, layout);
    const all: number[] = [];
    for (let step = 0; step < 5; step++) {
      const results = await trainer.step(
        runs.map((r) => r.id),
        [batchOf([7, 13, 1], weights.model.vocab, step % 2)],
        step,
      );
      for (const { id } of runs) all.push((await results.get(id)!).loss);
    }
    trainer.free();
    base.free();
    return all;
  };
  const [blocks, floats] = [await losses(await inBlocks()), await losses(await inFloats())];
  for (const [i, loss] of floats.entries()) expect(Math.abs(blocks[i] - loss)).toBeLessThan(1e-5 * loss);
  expect(new Set(blocks.map((x) => x.toFixed(3))).size).toBeGreaterThan(5);
});
