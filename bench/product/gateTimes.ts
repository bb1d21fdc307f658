/**
 * node .ci/engine.mjs bench/product/gateTimes.ts [rounds]: what a step takes under every gate that has kernels of its
 * own, on the CPU engine with one thread: the 4m model, 4 × 64 tokens, half of the tokens skipped. CPU time of the
 * process, the methods in turns, each at its fastest; and of each method the kernels that LoRA or DoRA behind the usual
 * gate has not, or has faster.
 */
import '../../src/train/testing/node';
import { BaseModel, Trainer, openCpuDevice } from '../../src/engine';
import { downloadModel } from '../../src/hub/model';
import { runSchema, trainSchema } from '../../src/shared/config';
import { ratioQuantile } from '../../src/shared/ratio';
import { Rng } from '../../src/shared/rng';
import { type KernelTime, RATIO_BINS, type TokenBatch } from '../../src/shared/types';

const SEQUENCES = 4;
const LENGTH = 64;
const ROUNDS = 25;
/** Each beside what it is compared with. A late gate that starts at once holds its share by itself. */
const METHODS: Record<string, { run: object; beside: string | null }> = {
  lora: { run: { method: 'lora' }, beside: null },
  'ts-lora': { run: { method: 'ts-lora', gate: { tauWarmup: 1e6 } }, beside: 'lora' },
  soft: { run: { method: 'ts-lora', gate: { rule: 'soft', tauWarmup: 1e6 } }, beside: 'ts-lora' },
  late: { run: { method: 'ts-lora', gate: { rule: 'late', gateStart: 0.9 } }, beside: 'ts-lora' },
  gatera: { run: { method: 'gatera' }, beside: 'lora' },
  'ts-dora': { run: { method: 'ts-dora', gate: { tauWarmup: 1e6 } }, beside: 'lora' },
  'soft, DoRA': { run: { method: 'ts-dora', gate: { rule: 'soft', tauWarmup: 1e6 } }, beside: 'ts-dora' },
  'late, DoRA': { run: { method: 'ts-dora', gate: { rule: 'late', gateStart: 0.9 } }, beside: 'ts-dora' },
};

function batchOf(vocab: number): TokenBatch {
  const rng = new Rng(1);
  const ids = Int32Array.from({ length: SEQUENCES * LENGTH }, () => rng.below(vocab));
  const starts = Uint32Array.from({ length: SEQUENCES + 1 }, (_, i) => i * LENGTH);
  return { ids, targets: ids.map((_, i) => ((i + 1) % LENGTH ? ids[i + 1] : -1)), starts };
}

/** A trainer whose modules skip half of the batch's tokens, where it has thresholds. */
async function prepared(base: BaseModel, given: object, batch: TokenBatch) {
  const run = runSchema.parse({ id: 'run', name: 'run', ...given });
  const rows = batch.ids.length;
  const train = trainSchema.parse({ steps: 10_000, warmupSteps: 0, learningRate: 1e-4 });
  const trainer = await Trainer.create(base, [run], train, {
    capacity: { rows, supervised: rows, segments: 1, headChunk: rows },
    microBatches: 1,
    recompute: false,
  });
  const own = trainer.run('run');
  own.load((await own.adapters()).map((m) => ({ ...m, b: m.b.map((_, i) => 0.01 * Math.sin(i + 1)) })));
  await own.refresh();
  let steps = 0;
  const step = async () => (await (await trainer.step(['run'], [batch], steps++)).get('run'))!;
  const { gate } = await step();
  if (gate)
    own.method.setThresholds(
      Float32Array.from(own.modules, (_, m) =>
        ratioQuantile(gate.histogram.subarray(m * RATIO_BINS, (m + 1) * RATIO_BINS), 0.5),
      ),
    );
  return { trainer, step, fastest: Infinity, skipped: 0, kernels: new Map<string, number>() };
}

/** Kernels' times of a pass, by label: two of one label are one. */
const byLabel = (times: readonly KernelTime[]): Map<string, number> => {
  const sums = new Map<string, number>();
  for (const { kernel, ms } of times) sums.set(kernel, (sums.get(kernel) ?? 0) + ms);
  return sums;
};

export async function main([rounds = `${ROUNDS}`]: string[]): Promise<number> {
  const model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-4m' });
  const base = new BaseModel(await openCpuDevice({ threads: 1 }), model.config, (name) => model.weights.get(name).data);
  const batch = batchOf(model.config.vocab);
  const all = new Map<string, Awaited<ReturnType<typeof prepared>>>();
  for (const [name, { run }] of Object.entries(METHODS)) all.set(name, await prepared(base, run, batch));
  for (let round = 0; round < Number(rounds); round++) {
    for (const method of all.values()) {
      const used = process.cpuUsage();
      const { gate } = await method.step();
      const { user, system } = process.cpuUsage(used);
      method.fastest = Math.min(method.fastest, (user + system) / 1000);
      const sum = (values: Uint32Array) => values.reduce((a, b) => a + b, 0);
      method.skipped = gate ? 1 - sum(gate.active) / sum(gate.tokens) : 0;
      for (const [label, ms] of byLabel(await method.trainer.measurements.profile(['run'], batch)))
        method.kernels.set(label, Math.min(method.kernels.get(label) ?? Infinity, ms));
    }
  }
  for (const [name, { fastest, skipped, kernels, trainer }] of all) {
    const { beside } = METHODS[name];
    const other = beside === null ? null : all.get(beside)!;
    console.log(
      `${name}: ${fastest.toFixed(1)} ms a step, ${Math.round(100 * skipped)} % skipped${other ? `, ${(fastest / other.fastest).toFixed(3)} of ${beside}` : ''}`,
    );
    const more = [...kernels]
      .map(([label, ms]) => ({ label, ms, by: ms - (other?.kernels.get(label) ?? 0) }))
      .filter(({ by }) => other && by > 0.003 * fastest)
      .sort((p, q) => q.by - p.by);
    for (const { label, ms, by } of more)
      console.log(`  ${label}: ${ms.toFixed(2)} ms, ${by.toFixed(2)} more: ${((100 * by) / fastest).toFixed(1)} %`);
    trainer.free();
  }
  base.free();
  base.device.destroy();
  return 0;
}
