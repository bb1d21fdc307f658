/**
 * Llamas of unusual shape (python/sieve_ref/variants.py): logits, loss and adapter gradients against PyTorch and PEFT.
 */
import { describe, expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { expectClose, expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { runSchema, trainSchema } from '../shared/config';
import { type ReadStored, rowsOf } from '../shared/quantised';
import { type Fixture, fixtureBatch, loadFixture, sequence } from './testing/fixture';
import { type LlamaSizes, llamaOf } from './testing/tinyLlama';

describe('Llamas of unusual shape', () => {
  for (const [name, bindingBytes] of [
    ['tiny-untied'],
    ['tiny-mha'],
    ['tiny-o'],
    ['tiny-untied', 2000],
    ['tiny-o', 2000],
  ] as [string, number?][]) {
    it(`${name}${bindingBytes ? ', tables split over bindings' : ''}`, async () => {
      const f = (await loadFixture(name)) as Fixture & { config: LlamaSizes; kinds: string[] };
      const device = await testDevice();
      const model = llamaOf(f.config);
      const read: ReadStored = (weight, rows) => {
        const whole = f.floats(`weight.${weight}`);
        return rows ? rowsOf(whole, rows, model.width) : whole;
      };
      const base = new BaseModel(device, model, read, bindingBytes);
      expect(base.weights.embedding.length > 1).toBe(bindingBytes !== undefined);
      const run = runSchema.parse({
        id: 'lora',
        name: 'LoRA',
        method: 'lora',
        rank: f.rank,
        alpha: f.alpha,
        modules: f.kinds,
      });
      const trainer = await Trainer.create(base, [run], trainSchema.parse({}), {
        capacity: { rows: 60, supervised: 57, segments: 1, headChunk: 64 },
        microBatches: 1,
        recompute: false,
      });
      trainer
        .run('lora')
        .load(f.modules.map((m) => ({ a: f.floats(`initA.${m.name}`), b: f.floats(`initB.${m.name}`) })));
      const batch = fixtureBatch(f, 'batch0');
      const generator = await Generator.create(base, [trainer.run('lora')], 60);
      const rows: number[] = [];
      for (let s = 0; s + 1 < batch.starts.length; s++)
        for (const row of (await generator.logits(sequence(batch, s).ids))[0]) rows.push(...row);
      generator.free();
      expectCloseToMax(rows, f.floats('logits'), 1e-5, 'logits');
      const [{ loss }] = await trainer.evaluate(['lora'], [batch], true);
      expectClose([loss], [f.loss], { rtol: 1e-5 }, 'loss');
      for (const g of await trainer.run('lora').gradients()) {
        expectCloseToMax(g.a, f.floats(`gradA.${g.path}`), 2e-5, `gradA ${g.path}`);
        expectCloseToMax(g.b, f.floats(`gradB.${g.path}`), 2e-5, `gradB ${g.path}`);
      }
      trainer.free();
      base.free();
      expect(device.buffers.live().buffers).toBe(0);
      expect(device.error()).toBeNull();
    });
  }
});
