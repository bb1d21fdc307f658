/** Several models that answer in one batch write what each writes alone. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { Generator, generatorSizes } from '../engine/generator';
import { total } from '../engine/model/activations';
import { expectCloseToMax } from '../engine/testing/allclose';
import { randomFloats, testDevice } from '../engine/testing/harness';
import { runSchema, trainSchema } from '../shared/config';
import { openBase } from './testing/fixture';

const sampling = { seed: 5, maxNewTokens: 12, temperature: 0.9, topP: 0.95 };
/** Longer than one prefill, and a single token. */
const prompts = [Int32Array.from({ length: 75 }, (_, i) => 50 + ((31 * i) % 900)), Int32Array.of(300)];

let base: BaseModel;
let runs: AdapterRun[];
beforeAll(async () => {
  base = await openBase(await testDevice(), 'sieve-stories-nano');
  runs = (['lora', 'ts-lora'] as const).map((method, i) => {
    const run = new AdapterRun(
      base,
      runSchema.parse({ id: method, name: method, method, rank: 4 + 3 * i }),
      trainSchema.parse({}),
    );
    run.load(
      run.modules.map((m, j) => ({
        a: randomFloats(run.config.rank * m.dIn, j, 0.2),
        b: randomFloats(run.config.rank * m.dOut, j + 99, 0.2),
      })),
    );
    if (method === 'ts-lora') run.method.setThresholds(new Float32Array(run.modules.length).fill(0.3));
    return run;
  });
  for (const run of runs) await run.refresh();
});
afterAll(() => {
  for (const run of runs) run.free();
  base.free();
});

it('in one batch as alone', async () => {
  const models = [null, ...runs];
  const before = base.device.buffers.live();
  for (const prompt of prompts) {
    const length = prompt.length + sampling.maxNewTokens;
    const generator = await Generator.create(base, models, length);
    const [taken, planned] = [
      base.device.buffers.live().bytes - before.bytes,
      total(generatorSizes(base.config, models, length)),
    ];
    expect(Math.abs(taken / planned - 1), 'plan and allocation').toBeLessThan(0.05);
    const ended: number[] = [];
    const together = await generator.generate(
      prompt,
      sampling,
      () => true,
      (m) => ended.push(m),
    );
    generator.free();
    expect(ended.sort()).toEqual([0, 1, 2]);
    for (const [m, run] of models.entries()) {
      const alone = await Generator.create(base, [run], prompt.length + sampling.maxNewTokens);
      expect((await alone.generate(prompt, sampling, () => true))[0], `model ${m}`).toEqual(together[m]);
      alone.free();
    }
    expect(new Set(together.map(String)).size, 'the models differ').toBe(3);
  }
  expect(base.device.buffers.live()).toEqual(before);
  expect(base.device.error()).toBeNull();
});

it('token by token as all at once', async () => {
  const [text] = prompts;
  const generator = await Generator.create(base, runs, text.length);
  const all = await generator.logits(text);
  // Logits come 16 rows at a time: what is left of these is a single row, for which there are kernels of its own.
  for (const length of [33, 65]) {
    const own = await generator.logits(text.slice(0, length));
    own.forEach((rows, m) =>
      expectCloseToMax(rows[length - 1], all[m][length - 1], 2e-6, `model ${m}, token ${length}`),
    );
  }
  generator.free();
});

it('stops one model and lets the others go on', async () => {
  const generator = await Generator.create(base, [null, ...runs], 100);
  const counts = [0, 0, 0];
  const out = await generator.generate(prompts[1], sampling, (m) => ++counts[m] < (m === 1 ? 3 : 99));
  generator.free();
  expect(out[1]).toHaveLength(3);
  expect(counts[1]).toBe(3);
});
