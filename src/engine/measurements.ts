/**
 * What is read off a forward or a backward that nothing is learnt from: losses, logits, gates and their gradients,
 * times.
 */
import { logitCount } from '../shared/model';
import type { KernelTime, TokenBatch } from '../shared/types';
import { readTensor } from './device/device';
import { batchTotals, targetStride } from './model/batch';
import { logitStride } from './model/modules';
import { fitBatches } from './microBatches';
import { NO_ROWS, type Passes, type RunRef } from './passes';

/** Gates of one text: per adapted module and token. */
export interface GateMap {
  active: Uint8Array;
  ratio: Float32Array;
}

/** Of one batch, per adapted module and token, modules bottom up. */
export interface TokenGradients {
  tokens: number;
  /** r_i, and μ_i against the mean loss of all batches that were measured together. */
  ratio: Float32Array;
  mu: Float32Array;
  /** What skipped tokens get, in the place of Δ: ⟨∂L/∂h, b⟩; null where they get nothing. */
  skipped: Float32Array | null;
}

export class Measurements {
  readonly #passes: Passes;

  constructor(passes: Passes) {
    this.#passes = passes;
  }

  /** Loss of every target of `batch`, in order, under every run in `runIds`. Learns nothing. */
  async targetLosses(runIds: readonly RunRef[], batch: TokenBatch): Promise<Float32Array[]> {
    const losses = runIds.map(() => new Float32Array(batchTotals([batch]).supervised));
    await this.#eachPart(runIds, batch, async ({ run, count, before, supervised }) => {
      const all = new Float32Array(await readTensor(this.#passes.base.device, this.#passes.top.loss));
      const stride = this.#passes.capacity.ownHeads ? targetStride(this.#passes.capacity) : supervised;
      for (let i = 0; i < count; i++) losses[run + i].set(all.subarray(i * stride, i * stride + supervised), before);
    });
    return losses;
  }

  /**
   * Logits [sequences][classes] of every sequence of `batch`, in order, under every run in `runIds`, for a head with
   * classes. Learns nothing.
   */
  async classLogits(runIds: readonly RunRef[], batch: TokenBatch): Promise<Float32Array[][]> {
    const { device, config } = this.#passes.base;
    const [stride, classes] = [logitStride(config), logitCount(config)];
    const logits: Float32Array[][] = runIds.map(() => []);
    await this.#eachPart(runIds, batch, async ({ run, count, supervised }) => {
      const all = new Float32Array(await readTensor(device, this.#passes.top.logits));
      for (let i = 0; i < count; i++) {
        const first = i * targetStride(this.#passes.capacity);
        for (let row = first; row < first + supervised; row++)
          logits[run + i].push(all.slice(row * stride, row * stride + classes));
      }
    });
    return logits;
  }

  /**
   * The forward of a batch in the parts that fit, under every run, as many at once as fit; `read` takes what it left
   * behind: of `count` runs from `run` on, `supervised` targets each, behind `before` that were read.
   */
  async #eachPart(
    runIds: readonly RunRef[],
    batch: TokenBatch,
    read: (part: { run: number; count: number; before: number; supervised: number }) => Promise<void>,
  ): Promise<void> {
    const totals = batchTotals([batch]);
    const parts = fitBatches([batch], this.#passes.capacity);
    let before = 0;
    for (const part of parts) {
      const { supervised } = batchTotals([part.batch]);
      for (const [group, ids] of this.#passes.groups(runIds).entries()) {
        const stack = await this.#passes.stack(ids);
        if (part.before === 0) await this.#passes.choose(stack, parts, {});
        const [counts] = this.#passes.stage([part], totals, ids.length, { kind: 'evaluate', after: part.before });
        this.#passes.submit((commands) => {
          stack.begin.encode(commands, NO_ROWS);
          this.#passes.batch.load(commands, 0);
          stack.forward.encode(commands, counts);
          stack.loss.encode(commands, counts);
        });
        await read({ run: group * this.#passes.capacity.segments, count: ids.length, before, supervised });
      }
      before += supervised;
    }
  }

  /**
   * Which modules of a gated run keep which tokens of one sequence; [modules × tokens], modules bottom up.
   * @param patches of a picture, see `TokenBatch`
   */
  async gateMap(runId: string, ids: Int32Array, patches?: Float32Array): Promise<GateMap> {
    const stack = await this.#passes.stack([runId]);
    const { modules } = this.#passes.run(runId);
    const batch: TokenBatch = {
      ids,
      targets: new Int32Array(ids.length).fill(-1),
      starts: Uint32Array.of(0, ids.length),
      ...(patches && { patches }),
    };
    const [counts] = this.#passes.batch.stage([batch], { tokens: ids.length, supervised: 0 }, 1, { kind: 'evaluate' });
    this.#passes.submit((commands) => {
      this.#passes.batch.load(commands, 0);
      stack.forward.encode(commands, counts);
    });
    const [open, ratios] = await Promise.all([
      readTensor(this.#passes.base.device, this.#passes.saved.open),
      readTensor(this.#passes.base.device, this.#passes.saved.ratio),
    ]);
    const [openAll, ratioAll] = [new Uint32Array(open), new Float32Array(ratios)];
    const active = new Uint8Array(modules.length * ids.length);
    const ratio = new Float32Array(active.length);
    modules.forEach((m, i) => {
      const from = this.#passes.saved.index(0, m) * this.#passes.saved.rowStride;
      active.set(openAll.subarray(from, from + ids.length), i * ids.length);
      ratio.set(ratioAll.subarray(from, from + ids.length), i * ids.length);
    });
    return { active, ratio };
  }

  /** r of every token of each batch in every module of a gated run, with the gates as they are: [modules × tokens]. */
  async ratios(runId: string, batches: readonly TokenBatch[]): Promise<Float32Array[]> {
    const stack = await this.#passes.stack([runId]);
    const { modules } = this.#passes.run(runId);
    const out: Float32Array[] = [];
    for (const batch of batches) {
      const tokens = batch.ids.length;
      const ratio = new Float32Array(modules.length * tokens);
      let before = 0;
      for (const part of fitBatches([batch], this.#passes.capacity)) {
        const [counts] = this.#passes.stage([part], batchTotals([batch]), 1, { kind: 'evaluate', after: before });
        this.#passes.submit((commands) => {
          this.#passes.batch.load(commands, 0);
          stack.forward.encode(commands, counts);
        });
        const all = new Float32Array(await readTensor(this.#passes.base.device, this.#passes.saved.ratio));
        modules.forEach((m, i) => {
          const from = this.#passes.saved.index(0, m) * this.#passes.saved.rowStride;
          ratio.set(all.subarray(from, from + counts.rows), i * tokens + before);
        });
        before += counts.rows;
      }
      out.push(ratio);
    }
    return out;
  }

  /**
   * r and μ of every token of `batches` in every module of a run that is measured (`Layout.measures`), without dropout.
   * Learns nothing.
   * @param open the gates to be held, of each batch [modules × tokens]; as τ says where it is left out
   */
  async tokenGradients(
    runId: string,
    batches: readonly TokenBatch[],
    open?: readonly Uint8Array[],
  ): Promise<TokenGradients[]> {
    const run = this.#passes.run(runId);
    const kept = run.method.tokenRecords;
    if (!kept) throw new Error(`run "${runId}" keeps no gate gradients of single tokens`);
    const { device } = this.#passes.base;
    const stack = await this.#passes.stack([runId]);
    const totals = batchTotals(batches);
    const out: TokenGradients[] = [];
    for (const [i, batch] of batches.entries()) {
      const tokens = batch.ids.length;
      const held = new Uint32Array(kept.held.size / 4);
      open?.[i].forEach((s, k) => (held[Math.floor(k / tokens) * kept.heldCapacity + (k % tokens)] = 1 + s));
      device.write(kept.held, held);
      const parts = fitBatches([batch], this.#passes.capacity);
      const counts = this.#passes.stage(parts, totals, 1, {});
      this.#passes.submit((commands) => {
        stack.begin.encode(commands, NO_ROWS);
        this.#passes.accumulate(commands, stack, counts);
      });
      const [pairs, skipped] = await Promise.all(
        [kept.pairs, kept.skipped].map(async (t) => t && new Float32Array(await readTensor(device, t))),
      );
      const part = (all: Float32Array, which: 0 | 1) => {
        const values = new Float32Array(run.modules.length * tokens);
        for (const { index } of run.modules)
          for (let t = 0; t < tokens; t++) values[index * tokens + t] = all[2 * (index * kept.capacity + t) + which];
        return values;
      };
      out.push({ tokens, ratio: part(pairs!, 0), mu: part(pairs!, 1), skipped: skipped && part(skipped, 1) });
    }
    return out;
  }

  /**
   * Time per kernel of one step of `runIds` in one pass, over as much of the batch as fits into it (without the update,
   * so nothing is learnt).
   */
  async profile(runIds: readonly string[], whole: TokenBatch): Promise<KernelTime[]> {
    const [{ batch }] = fitBatches([whole], this.#passes.capacity);
    const stack = await this.#passes.stack(runIds);
    const programs = [stack.forward, stack.lossGradient, stack.backward];
    const profiler = this.#passes.base.device.profiler();
    const [counts] = this.#passes.batch.stage([batch], batchTotals([batch]), runIds.length, { kind: 'evaluate' });
    this.#passes.submit((commands) => {
      stack.begin.encode(commands, NO_ROWS);
      this.#passes.batch.load(commands, 0);
      for (const program of programs) program.encode(commands, counts, profiler);
    });
    return profiler.finish();
  }
}
