/**
 * Pictures in four classes, from a zip to a class: 200 small ones that are made here, a tiny ViT of random weights, LoRA
 * and TS-LoRA.
 */
import { expect, it } from 'vitest';
import { PreparedPictures } from '../data/pictures/prepared';
import { readPicture } from '../data/pictures/patches';
import { picturesAmong, pictureTable } from '../data/pictures/table';
import { BatchOrder, toBatch } from '../data/batches';
import { openSources } from '../data/parse/source';
import { splitExamples } from '../data/split';
import { BaseModel } from '../engine/base';
import { fullLayout } from '../engine/plan';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { readModel } from '../hub/family';
import { runSchema, trainSchema } from '../shared/config';
import { type ModelDescription, weightShapes } from '../shared/model';
import { Rng } from '../shared/rng';
import type { PictureFormat, TokenSet } from '../shared/types';
import { decodePng as decode, PATTERNS, patternZip } from './testing/patterns';

const half = [2, 2, 2].map((x) => x / 255);
const FORMAT: PictureFormat = { side: 4, patch: 4, resample: 2, scale: half, shift: [-1, -1, -1] };

async function readAll(file: Blob): Promise<TokenSet> {
  const table = pictureTable(picturesAmong(await openSources([{ path: 'patterns.zip', file }])));
  const pictures = new PreparedPictures(FORMAT);
  for (const [i, path] of table.paths.entries())
    pictures.add(i, await readPicture(await table.file(i), path, { format: FORMAT, decode }), {
      name: path,
      label: table.labels[i],
    });
  return pictures.set([...table.paths.keys()], [...new Set(table.labels)].sort());
}

/** A tiny ViT whose weights are drawn as transformers draws them. */
function tinyViT(labels: readonly string[]): { model: ModelDescription; read: (name: string) => Float32Array } {
  const model = readModel({
    model_type: 'vit',
    image_size: FORMAT.side * FORMAT.patch,
    patch_size: FORMAT.patch,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    id2label: Object.fromEntries(labels.entries()),
  });
  const rng = new Rng(11);
  const weights = new Map(
    weightShapes(model).map(({ name, shape }) => {
      const length = shape.reduce((a, b) => a * b);
      const norm = /norm\w*\.weight$/.test(name);
      const draw = () => (norm ? 1 : name.endsWith('bias') ? 0 : rng.normal() * (shape.length > 1 ? 0.15 : 0.02));
      return [name, Float32Array.from({ length }, draw)];
    }),
  );
  return { model, read: (name) => weights.get(name)! };
}

it('200 pictures in 4 classes train a tiny ViT; every patch has its gates', async () => {
  const set = await readAll(new Blob([patternZip(200)]));
  const { classes: labels, of } = set.labels!;
  expect(labels).toEqual(PATTERNS);
  const split = splitExamples(
    {
      copy: Array.from(of, (_, i) => i),
      question: null,
      label: Array.from(of, (c) => labels[c]),
    },
    0.2,
    1,
    false,
  );
  const validation = toBatch(set, split.validation);
  expect(labels.map((_, c) => split.validation.filter((i) => of[i] === c).length)).toEqual([10, 10, 10, 10]);

  const device = await testDevice();
  const { model, read } = tinyViT(labels);
  const base = new BaseModel(device, model, read);
  const train = trainSchema.parse({
    steps: 150,
    batchSize: 20,
    maxSequenceLength: model.context,
    learningRate: 1e-2,
    warmupSteps: 5,
  });
  const runs = (['lora', 'ts-lora'] as const).map((method) =>
    runSchema.parse({
      id: method,
      name: method,
      method,
      rank: 4,
      alpha: 8,
      modules: ['all-linear'],
      ...(method === 'ts-lora' && { gate: { targetSparsity: 0.4 } }),
    }),
  );
  const ids = runs.map(({ id }) => id);
  const trained = async (chosen: typeof runs) => {
    const trainer = await Trainer.create(base, chosen, train, fullLayout(model, chosen.length, train));
    const order = new BatchOrder(split.train.length, train.seed);
    for (let step = 0; step < train.steps; step++) {
      const indices = order.next(train.batchSize).map((i) => split.train[i]);
      const results = await trainer.step(
        chosen.map(({ id }) => id),
        [toBatch(set, indices)],
        step,
      );
      await Promise.all(results.values());
    }
    return trainer;
  };
  const trainer = await trained(runs);
  const logits = await trainer.classLogits([null, ...ids], validation);
  const alone = await trained(runs.slice(0, 1));
  expect(await alone.classLogits(['lora'], validation), 'alone as beside another').toEqual([logits[1]]);
  alone.free();
  const [ofBase, ofLora, ofGated] = logits.map(
    (rows) => rows.filter((row, i) => row.indexOf(Math.max(...row)) === of[split.validation[i]]).length / 40,
  );
  const one = toBatch(set, [split.validation[0]]);
  const { active, ratio } = await trainer.gateMap('ts-lora', one.ids, one.patches);
  const tokens = 1 + FORMAT.side ** 2;
  const modules = trainer.run('ts-lora').modules.length;
  const skipped = active.filter((a) => a === 0).length / active.length;
  console.info(
    `pictures: accuracy of the base ${ofBase}, LoRA ${ofLora}, TS-LoRA ${ofGated}; skipped ${(100 * skipped).toFixed(0)} % of one picture's tokens`,
  );
  expect(ofBase).toBeLessThan(0.6);
  expect(ofLora).toBeGreaterThanOrEqual(0.85);
  expect(ofGated).toBeGreaterThanOrEqual(0.85);
  expect([active.length, ratio.length]).toEqual([modules * tokens, modules * tokens]);
  expect(skipped).toBeGreaterThan(0.1);
  expect(skipped).toBeLessThan(0.9);
  trainer.free();
  base.free();
  expect(device.buffers.live().buffers).toBe(0);
});
