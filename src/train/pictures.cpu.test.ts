/**
 * Pictures in four classes, from a zip to a class: 200 small ones that are made here, a tiny ViT of random weights, LoRA
 * and TS-LoRA. Decoding is a browser's; here the files are PNGs without compression.
 */
import { zipSync } from 'fflate';
import { crc32, deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pictureBatch, type PictureSet } from '../data/pictures/batch';
import { readPicture } from '../data/pictures/patches';
import type { Pixels } from '../data/pictures/resample';
import { picturesAmong, pictureTable } from '../data/pictures/table';
import { BatchOrder } from '../data/batches';
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
import type { PictureFormat } from '../shared/types';

const SIZE = 20;
const CLASSES = ['bars', 'checks', 'dots', 'stripes'];
const half = [2, 2, 2].map((x) => x / 255);
const FORMAT: PictureFormat = { side: 4, patch: 4, resample: 2, scale: half, shift: [-1, -1, -1] };

/** A pattern of the class with colours, a phase and noise of its own: [SIZE, SIZE, 3]. */
function draw(label: string, rng: Rng): Uint8Array {
  const [phase, period] = [rng.below(6), 5 + rng.below(3)];
  const colours = [0, 1].map((on) => [0, 1, 2].map(() => on * 110 + rng.below(110)));
  const on = (n: number) => (n + phase) % period < period / 2;
  const inside = (x: number, y: number) =>
    ({ bars: on(x), stripes: on(y), checks: on(x) !== on(y), dots: on(x) && on(y) })[label]!;
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
    return colours[Number(inside(x, y))][i % 3] + rng.below(30);
  });
}

function png(values: Uint8Array): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = Buffer.alloc(12 + data.length);
    bytes.writeUInt32BE(data.length, 0);
    bytes.write(type, 4, 'latin1');
    bytes.set(data, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
    return bytes;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIZE, 0);
  head.writeUInt32BE(SIZE, 4);
  head.set([8, 2], 8);
  const lines = Buffer.concat(
    Array.from({ length: SIZE }, (_, y) => [Buffer.of(0), values.subarray(y * SIZE * 3, (y + 1) * SIZE * 3)]).flat(),
  );
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const stored = deflateSync(lines, { level: 0 });
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', stored), chunk('IEND', Buffer.alloc(0))]);
}

/** Of a PNG as it is made above: one stored block behind 41 bytes of heads, then 7 of zlib's. */
const decode = (file: Uint8Array): Promise<Pixels> => {
  const line = 1 + 3 * SIZE;
  return Promise.resolve({
    width: SIZE,
    height: SIZE,
    values: Uint8Array.from(
      { length: SIZE * SIZE * 3 },
      (_, i) => file[48 + Math.floor(i / (line - 1)) * line + 1 + (i % (line - 1))],
    ),
  });
};

function zipOfPictures(count: number): Blob {
  const rng = new Rng(3);
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < count; i++) {
    const label = CLASSES[i % CLASSES.length];
    files[`patterns/${label}/${String(i).padStart(3, '0')}.png`] = png(draw(label, rng));
  }
  return new Blob([zipSync(files, { level: 0 }) as Uint8Array<ArrayBuffer>]);
}

async function readAll(file: Blob): Promise<{ set: PictureSet; labels: string[] }> {
  const table = pictureTable(picturesAmong(await openSources([{ path: 'patterns.zip', file }])));
  const labels = [...new Set(table.labels)].sort();
  const patches = await Promise.all(
    table.paths.map(async (path, i) => readPicture(await table.file(i), path, { format: FORMAT, decode })),
  );
  return {
    labels,
    set: { format: FORMAT, patches, classes: Uint32Array.from(table.labels, (label) => labels.indexOf(label)) },
  };
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
  const { set, labels } = await readAll(zipOfPictures(200));
  expect(labels).toEqual(CLASSES);
  const split = splitExamples(
    {
      copy: Array.from(set.classes, (_, i) => i),
      question: null,
      label: Array.from(set.classes, (c) => labels[c]),
    },
    0.2,
    1,
    false,
  );
  const validation = pictureBatch(set, split.validation);
  expect(labels.map((_, c) => split.validation.filter((i) => set.classes[i] === c).length)).toEqual([10, 10, 10, 10]);

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
        [pictureBatch(set, indices)],
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
    (rows) => rows.filter((row, i) => row.indexOf(Math.max(...row)) === set.classes[split.validation[i]]).length / 40,
  );
  const one = pictureBatch(set, [split.validation[0]]);
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
