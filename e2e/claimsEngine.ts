/**
 * In the page: the engine trains what the twin has written down (python/sieve_ref/claims/engine.py), one seed at a
 * time.
 */
import { BaseModel, openWebGpu, headChunkRows, Trainer } from '../src/engine';
import { downloadModel } from '../src/hub/model';
import { runSchema, trainSchema } from '../src/shared/config';
import { formerRun, formerTrain } from '../src/shared/settings/versions';
import type { GateStats, TokenBatch } from '../src/shared/types';
import type { ClaimsPlan, ClaimsRow, ClaimsSeed, PlanBatch } from './claims';

/** Steps whose kept shares are averaged: the last quarter. */
const TAIL = 0.25;

const toBatch = (b: PlanBatch): TokenBatch => ({
  ids: Int32Array.from(b.ids),
  targets: Int32Array.from(b.targets),
  starts: Uint32Array.from(b.starts),
});
const floats = (text: string) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const skipped = (gates: GateStats[]) => 1 - sum(gates.map((g) => sum(g.active))) / sum(gates.map((g) => sum(g.tokens)));
const round = (x: number, digits: number) => Number(x.toFixed(digits));

/** Trains every run of the plan side by side on one seed's batches, from that seed's A and B. */
export async function repeat(
  plan: Omit<ClaimsPlan, 'seeds'>,
  { seed, start, batches, heldOut }: ClaimsSeed,
): Promise<ClaimsRow[]> {
  const gpu = await openWebGpu();
  const model = await downloadModel({ kind: 'embedded', id: plan.model });
  const base = new BaseModel(gpu, model.config, (name) => model.weights.get(name).data);
  model.weights.release();
  // The twin writes the names of version 1.
  const runs = plan.runs.map((run) => runSchema.parse(formerRun(run)));
  const ids = runs.map((run) => run.id);
  const [learn, judge] = [batches.map(toBatch), heldOut.map(toBatch)];
  const rows = Math.max(...[...learn, ...judge].map((b) => b.ids.length));
  const capacity = { rows, supervised: rows, segments: runs.length, headChunk: headChunkRows(model.config.vocab) };
  const trainer = await Trainer.create(
    base,
    runs,
    trainSchema.parse({ ...(formerTrain(plan.train) as object), seed }),
    {
      capacity,
      microBatches: 1,
      recompute: false,
    },
  );
  try {
    for (const run of trainer.runs) {
      run.load((await run.adapters()).map(({ path }) => ({ a: floats(start[path].a), b: floats(start[path].b) })));
      await run.refresh();
    }
    const losses: number[][] = runs.map(() => []);
    const gates: GateStats[][] = runs.map(() => []);
    for (const [step, batch] of learn.entries()) {
      const results = await trainer.step(ids, [batch], step);
      for (const [i, id] of ids.entries()) {
        const { loss, gate } = await results.get(id)!;
        losses[i].push(round(loss, 6));
        if (gate) gates[i].push(gate);
      }
    }
    const judged = await trainer.evaluate(ids, judge);
    return runs.map(({ id }, i) => {
      const { loss, gate } = judged[i];
      const tail = gates[i].slice(-TAIL * learn.length);
      return {
        by: 'engine',
        run: id,
        seed,
        trainLoss: losses[i],
        heldOut: round(loss, 6),
        ...(gate ? { skipped: { train: round(skipped(tail), 4), heldOut: round(skipped([gate]), 4) } } : {}),
      };
    });
  } finally {
    trainer.free();
    base.free();
  }
}
