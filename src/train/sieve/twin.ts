/**
 * The gated twin of an adapter, on a trainer of its own that measures: the same values behind gates that keep (r, μ) of
 * every token. Thresholds are set from outside; nothing is trained.
 */
import type { AdapterRun } from '../../engine/adapterRun';
import { type ModuleAdapter, scaledUpdate } from '../../engine/adapters/parameters';
import type { Trainer } from '../../engine/trainer';
import { type RunConfig, type TrainConfig, gateSchema, givesConstant } from '../../shared/config';
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import { methodOf, methodWith } from '../../shared/methods';
import type { TokenBatch } from '../../shared/types';
import { createTrainer } from '../layouts';
import type { OpenModel } from '../openModel';
import { pathAttribution } from './path';

export class Twin {
  /** The run as it is with gates; its scale is in its alpha. */
  readonly run: RunConfig;
  readonly trainer: Trainer;
  readonly adapters: readonly ModuleAdapter[];

  private constructor(run: RunConfig, trainer: Trainer, adapters: readonly ModuleAdapter[]) {
    this.run = run;
    this.trainer = trainer;
    this.adapters = adapters;
  }

  /** All its thresholds are 0. @throws {AdapterError} for an adapter that cannot have gates */
  static async open(model: OpenModel, trained: AdapterRun, train: TrainConfig): Promise<Twin> {
    const method = methodWith(methodOf(trained.config).update, true);
    if (method === undefined) throw new AdapterError(message('train.sieve.method', { run: trained.config.name }));
    const { run: exported, adapters } = await trained.exported();
    const run: RunConfig = {
      ...exported,
      method,
      dropout: 0,
      tokenDropout: 0,
      shrink: false,
      // What becomes of skipped tokens is the rule's.
      gate: givesConstant(exported) ? exported.gate : gateSchema.parse({ rule: 'exact', eta: 'auto' }),
    };
    const settings = { ...train, gradientAccumulationSteps: 1, loadBestCheckpoint: false };
    const trainer = await createTrainer(model, { train: settings, runs: [run], data: 0, measures: true });
    try {
      const twin = trainer.run(run.id);
      twin.load(adapters);
      twin.loadWhole(await trained.wholeValues());
      await twin.refresh();
      return new Twin(run, trainer, adapters);
    } catch (error) {
      trainer.free();
      throw error;
    }
  }

  get adapter(): AdapterRun {
    return this.trainer.run(this.run.id);
  }

  setThresholds(tau: Float32Array): void {
    this.adapter.method.setThresholds(tau);
  }

  /**
   * Mean loss of the base and of the twin, or of the twin alone, and the share of its updates that are skipped. A batch
   * at a time, so that it ends soon where it is told to.
   * @throws what `signal` was aborted with
   */
  async evaluate(
    batches: readonly TokenBatch[],
    { base = false, signal }: { base?: boolean; signal?: AbortSignal },
  ): Promise<{ loss: number; base: number | null; skipped: number }> {
    const [sums, runs] = [[0, 0], base ? [this.run.id, null] : [this.run.id]];
    let [supervised, active, tokens] = [0, 0, 0];
    const count = (counts: Uint32Array) => counts.reduce((a, b) => a + b, 0);
    for (const batch of batches) {
      signal?.throwIfAborted();
      const found = await this.trainer.evaluate(runs, [batch]);
      found.forEach(({ loss, supervised: n }, i) => {
        sums[i] += loss * n;
      });
      supervised += found[0].supervised;
      active += count(found[0].gate!.active);
      tokens += count(found[0].gate!.tokens);
    }
    const mean = (sum: number) => (supervised > 0 ? sum / supervised : 0);
    return { loss: mean(sums[0]), base: base ? mean(sums[1]) : null, skipped: tokens > 0 ? 1 - active / tokens : 0 };
  }

  /**
   * What each token update of each module lowers the mean loss of `batches` by: of each batch [modules × tokens], in
   * nats. Of a skipped token that is what its constant does; 0 where it gets none. They add up to the loss of the base
   * minus that of the adapter, but for the error of so few points. The gates are held as `tau` has them at the end of
   * the way.
   * @param each before each batch, first to find the gates and then at each point; what it throws ends it
   */
  async attribution(
    batches: readonly TokenBatch[],
    { points, tau, each }: { points: number; tau: Float32Array; each?: (done: number, all: number) => void },
  ): Promise<Float64Array[]> {
    const counts = batches.map(({ targets }) => targets.reduce((n, t) => n + (t >= 0 ? 1 : 0), 0));
    const total = counts.reduce((a, b) => a + b, 0);
    const { measurements } = this.trainer;
    const at = async (scale: number) => {
      this.adapter.load(this.adapters.map((a) => scaledUpdate(a, scale)));
      await this.adapter.refresh();
    };
    let done = 0;
    const next = () => each?.(done++, (1 + points) * batches.length);
    const open: Uint8Array[] = [];
    this.setThresholds(tau);
    for (const batch of batches) {
      next();
      const [ratio] = await measurements.ratios(this.run.id, [batch]);
      const tokens = batch.ids.length;
      open.push(Uint8Array.from(ratio, (r, k) => Number(r >= tau[Math.floor(k / tokens)])));
    }
    try {
      return await pathAttribution(points, async (scale) => {
        await at(scale);
        const all: Float32Array[] = [];
        for (const [i, batch] of batches.entries()) {
          next();
          const [{ mu, skipped }] = await measurements.tokenGradients(this.run.id, [batch], [open[i]]);
          const share = counts[i] / total;
          all.push(mu.map((value, k) => share * (open[i][k] ? value : (skipped?.[k] ?? 0))));
        }
        return all;
      });
    } finally {
      await at(1);
    }
  }

  free(): void {
    this.trainer.free();
  }
}
