/**
 * Sieve afterwards: gates for an adapter that is finished. Nothing is trained: each module gets a threshold under which
 * its updates are skipped, chosen from r and gate gradients of a calibration set, and what that does is measured on
 * validation data.
 */
import type { AdapterRun } from '../../engine/adapterRun';
import { adapterMethodOf } from '../../engine/adapters/methods';
import type { ModuleAdapter } from '../../engine/adapters/parameters';
import type { Trainer } from '../../engine/trainer';
import { PATH_POINTS } from '../../shared/attribution';
import { type TrainConfig, isGated } from '../../shared/config';
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { SieveInfo, SievePoint, SieveWay } from '../../shared/sieve';
import type { TokenBatch } from '../../shared/types';
import type { OpenModel } from '../openModel';
import { type Ranked, between, cheapest, evenly, groupsOf, rank, thresholdOf } from './choose';
import { Twin } from './twin';

/** Of the joint search: modules move in eighths of them, each group once. */
const GROUPS = 8;
/** How far along a joint step is looked. */
const STEPS = [1, 0.5, 0.25];
/** Share of the validation batches that a preview looks at. */
const PREVIEW = 3;

/** What an adapter is sieved with. */
export interface SieveData {
  /** Thresholds are chosen by these. */
  calibration: readonly TokenBatch[];
  /** Whether they are of the dev split; else of what it was trained on. */
  dev: boolean;
  validation: readonly TokenBatch[];
}

export class Sieve {
  readonly #twin: Twin;
  readonly #data: SieveData;
  readonly #seed: number;
  readonly #ranked: Ranked[];
  readonly #tokens: number;
  /** Loss of the adapter with every token active, and of the base. */
  readonly #ends: { dense: number; base: number };
  readonly #signal: AbortSignal | undefined;
  #paths: Float64Array[] | null = null;
  /** Choices of the joint search, which takes long, by share. */
  readonly #joint = new Map<number, Promise<number[]>>();

  private constructor(made: {
    twin: Twin;
    data: SieveData;
    seed: number;
    ranked: Ranked[];
    tokens: number;
    ends: { dense: number; base: number };
    signal: AbortSignal | undefined;
  }) {
    this.#twin = made.twin;
    this.#data = made.data;
    this.#seed = made.seed;
    this.#ranked = made.ranked;
    this.#tokens = made.tokens;
    this.#ends = made.ends;
    this.#signal = made.signal;
  }

  /**
   * @param on `signal`: ends it, then and in all that it does later, within a batch
   * @throws {AdapterError} for an adapter that cannot have gates, or has them; what `signal` was aborted with
   */
  static async open(
    trained: AdapterRun,
    on: { model: OpenModel; train: TrainConfig; data: SieveData; signal?: AbortSignal },
  ): Promise<Sieve> {
    const { model, train, data, signal } = on;
    if (isGated(trained.config)) throw new AdapterError(message('train.sieve.method', { run: trained.config.name }));
    const twin = await Twin.open(model, trained, train);
    try {
      const seen: Float32Array[] = [];
      for (const batch of data.calibration) {
        signal?.throwIfAborted();
        seen.push(...(await twin.trainer.measurements.ratios(twin.run.id, [batch])));
      }
      const { modules } = twin.adapter;
      const tokens = seen.reduce((sum, r) => sum + r.length, 0) / modules.length;
      const { loss: dense, base } = await twin.evaluate(data.validation, { base: true, signal });
      const ranked = rank(joined(seen, modules.length), modules.length);
      return new Sieve({ twin, data, seed: train.seed, ranked, tokens, ends: { base: base!, dense }, signal });
    } catch (error) {
      twin.free();
      throw error;
    }
  }

  get trainer(): Trainer {
    return this.#twin.trainer;
  }

  get info(): SieveInfo {
    const count = (batches: readonly TokenBatch[]) => batches.reduce((sum, b) => sum + b.starts.length - 1, 0);
    return {
      ...this.#ends,
      examples: count(this.#data.validation),
      calibration: count(this.#data.calibration),
      dev: this.#data.dev,
      ways: adapterMethodOf(this.#twin.run).usesBaseOutput ? ['ratio', 'joint'] : ['ratio', 'path', 'joint'],
    };
  }

  /** Thresholds, one per module, that skip `share` of all calibration tokens. */
  async thresholds(way: SieveWay, share: number): Promise<Float32Array> {
    const counts = await this.#counts(way, share);
    return Float32Array.from(this.#ranked, (r, m) => thresholdOf(r, counts[m]));
  }

  /** What skipping `share` does to the validation loss; a preview looks at a third of the batches. */
  async at(way: SieveWay, share: number, preview = false): Promise<SievePoint> {
    const { validation } = this.#data;
    const batches = preview ? validation.slice(0, Math.ceil(validation.length / PREVIEW)) : validation;
    this.#twin.setThresholds(await this.thresholds(way, share));
    const { loss, skipped } = await this.#twin.evaluate(batches, { signal: this.#signal });
    return { share, skipped, loss, preview };
  }

  /** The adapter with its gates, for export. */
  async gated(way: SieveWay, share: number): Promise<{ run: AdapterRun; adapters: readonly ModuleAdapter[] }> {
    this.#twin.setThresholds(await this.thresholds(way, share));
    return { run: this.#twin.adapter, adapters: this.#twin.adapters };
  }

  async #counts(way: SieveWay, share: number): Promise<number[]> {
    switch (way) {
      case 'ratio':
        return evenly(this.#ranked, share);
      case 'path':
        return cheapest(this.#ranked, await this.#worths(), Math.round(share * this.#tokens * this.#ranked.length));
      case 'joint': {
        const known = this.#joint.get(share) ?? this.#search(share);
        this.#joint.set(share, known);
        return known;
      }
    }
  }

  /**
   * By module: what each calibration token's update lowers the loss by, with all others along the path to the adapter.
   */
  async #worths(): Promise<Float64Array[]> {
    if (!this.#paths) {
      const tau = new Float32Array(this.#ranked.length);
      const worths = await this.#twin.attribution(this.#data.calibration, {
        points: PATH_POINTS.few,
        tau,
        each: () => this.#signal?.throwIfAborted(),
      });
      this.#paths = byModule(worths, this.#ranked.length);
    }
    return this.#paths;
  }

  /**
   * From the even choice, on the calibration set: groups of modules move by the gate gradients that the present gates
   * give, and go as far along their joint step as the loss falls. Never worse there than where it began.
   */
  async #search(share: number): Promise<number[]> {
    const { calibration } = this.#data;
    const lossOf = async (counts: readonly number[]) => {
      this.#twin.setThresholds(Float32Array.from(this.#ranked, (r, m) => thresholdOf(r, counts[m])));
      return (await this.#twin.evaluate(calibration, { signal: this.#signal })).loss;
    };
    let counts = evenly(this.#ranked, share);
    let loss = await lossOf(counts);
    for (const group of groupsOf(this.#ranked.length, GROUPS, this.#seed)) {
      this.#twin.setThresholds(Float32Array.from(this.#ranked, (r, m) => thresholdOf(r, counts[m])));
      const seen = await this.trainer.measurements.tokenGradients(this.#twin.run.id, calibration);
      const mu = byModule(
        seen.map((s) => s.mu),
        this.#ranked.length,
      );
      const chosen = cheapest(
        group.map((m) => this.#ranked[m]),
        group.map((m) => mu[m].map((x) => -x)),
        group.reduce((sum, m) => sum + counts[m], 0),
      );
      const target = counts.map((k, m) => (group.includes(m) ? chosen[group.indexOf(m)] : k));
      for (const t of STEPS) {
        const next = between(counts, target, t);
        const found = await lossOf(next);
        if (!(found < loss)) continue;
        [counts, loss] = [next, found];
        break;
      }
    }
    return counts;
  }

  free(): void {
    this.#twin.free();
  }
}

/** [modules × tokens] of several batches, behind one another: [modules × all tokens]. */
function joined(parts: readonly Float32Array[], modules: number): Float32Array {
  const tokens = parts.map((p) => p.length / modules);
  const all = tokens.reduce((a, b) => a + b, 0);
  const out = new Float32Array(modules * all);
  let at = 0;
  parts.forEach((part, i) => {
    for (let m = 0; m < modules; m++) out.set(part.subarray(m * tokens[i], (m + 1) * tokens[i]), m * all + at);
    at += tokens[i];
  });
  return out;
}

/** The same by module. */
function byModule(parts: readonly ArrayLike<number>[], modules: number): Float64Array[] {
  const tokens = parts.map((p) => p.length / modules);
  return Array.from({ length: modules }, (_, m) => {
    const out = new Float64Array(tokens.reduce((a, b) => a + b, 0));
    let at = 0;
    parts.forEach((part, i) => {
      for (let t = 0; t < tokens[i]; t++) out[at++] = part[m * tokens[i] + t];
    });
    return out;
  });
}
