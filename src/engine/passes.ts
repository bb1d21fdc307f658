/**
 * What a batch goes through on its way up and down, and the memory of it: the activations and gradients of a layout,
 * and the programs of every group of runs that shares a pass. Steps (`Trainer`) and what is measured without learning
 * (`Measurements`) send their batches through the same ones.
 */
import type { AdapterRun } from './adapterRun';
import type { MethodStats } from './adapters/method';
import type { BaseModel } from './base';
import type { BufferScope, Tensor } from './device/buffers';
import { type Commands, type Read, type Readback, readTensor } from './device/device';
import { type Counts, type Op, Program } from './device/program';
import {
  type GradActivations,
  type LayerActivations,
  type TopActivations,
  allocate,
  gradSizes,
  inputSizes,
  layerSizes,
  topSizes,
} from './model/activations';
import { backward } from './model/backward';
import { BatchBuffers, type BatchTotals, type Capacity, type StageOptions } from './model/batch';
import { forward } from './model/forward';
import { headLoss } from './model/nn/head';
import type { Pass } from './model/nn/pass';
import { AdapterActivations, activationNeeds } from './model/adapterActivations';
import { type BatchPart, isCut } from './microBatches';
import type { Layout } from './layout';

/** A run by its id; null is the base. */
export type RunRef = string | null;

const equalBytes = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((x, i) => x === b[i]);

/** For programs whose sizes do not depend on the batch. */
export const NO_ROWS: Counts = { rows: 0, supervised: 0, segments: 0 };

/** Runs that share a pass, with its compiled programs. */
export interface Stack {
  runs: (AdapterRun | null)[];
  pass: Pass;
  begin: Program;
  forward: Program;
  /** Loss without, and with its gradient. */
  loss: Program;
  lossGradient: Program;
  backward: Program;
  /** Completes the gradients of all micro-batches. */
  finish: Program;
  update: Program;
  /** Fills `wholeBatch` of the methods that have one; null where none has. */
  choose: Program | null;
  /** Around a probe. */
  beginProbe: Program;
  endProbe: Program;
  /** What comes back once a step: losses, then of every run its gradient norm and its method's statistics. */
  parts: Tensor[];
}

export interface RunReadback {
  lossSum: number;
  gradNorm: number;
  stats: MethodStats | null;
}

export class Passes {
  readonly base: BaseModel;
  readonly layout: Layout;
  readonly batch: BatchBuffers;
  readonly saved: AdapterActivations;
  readonly top: TopActivations;
  readonly #scope: BufferScope;
  readonly #layers: LayerActivations[];
  readonly #grads: GradActivations;
  readonly #runs = new Map<string, AdapterRun>();
  readonly #stacks = new Map<string, Promise<Stack>>();
  readonly #readback: Readback;

  /** @throws when the memory does not suffice; nothing stays allocated then, the runs do. */
  constructor(base: BaseModel, runs: readonly AdapterRun[], layout: Layout) {
    const { device, config } = base;
    const { capacity } = layout;
    const sharing = layout.recompute ? 'layers' : 'none';
    this.base = base;
    this.layout = layout;
    this.#scope = device.buffers.scope('train');
    try {
      this.batch = new BatchBuffers(device, this.#scope, capacity, layout.microBatches);
      this.saved = new AdapterActivations(this.#scope, config, {
        capacity,
        needs: activationNeeds(runs, sharing),
        sharing,
      });
      const sizes = layerSizes(config, capacity);
      const scratch = layout.recompute ? allocate(this.#scope, 'layer.', sizes) : null;
      this.#layers = config.layers.map((_, l) => ({
        ...allocate(this.#scope, `layers.${l}.`, inputSizes(config, capacity)),
        ...(scratch ?? allocate(this.#scope, `layers.${l}.`, sizes)),
      }));
      this.top = allocate(this.#scope, '', topSizes(config, capacity));
      this.#grads = allocate(this.#scope, 'grad.', gradSizes(config, capacity));
    } catch (error) {
      this.#scope.free();
      throw error;
    }
    for (const run of runs) this.#runs.set(run.config.id, run);
    // One size for whatever comes back, so that every stack shares the same few buffers.
    this.#readback = device.readback(
      'step',
      this.#parts(runs).reduce((sum, t) => sum + t.size, 0),
    );
  }

  get capacity(): Capacity {
    return this.layout.capacity;
  }

  get runs(): AdapterRun[] {
    return [...this.#runs.values()];
  }

  run(runId: string): AdapterRun {
    const found = this.#runs.get(runId);
    if (!found) throw new Error(`no run "${runId}"`);
    return found;
  }

  /** Runs in groups that share a pass. */
  groups<T>(ids: readonly T[]): T[][] {
    const { segments } = this.layout.capacity;
    return Array.from({ length: Math.ceil(ids.length / segments) }, (_, i) =>
      ids.slice(i * segments, (i + 1) * segments),
    );
  }

  /** Runs that share a pass, compiled; once for each list of them. */
  stack(ids: readonly RunRef[]): Promise<Stack> {
    const key = ids.map((id) => id ?? '').join();
    let stack = this.#stacks.get(key);
    if (!stack) this.#stacks.set(key, (stack = this.#compile(ids.map((id) => (id === null ? null : this.run(id))))));
    return stack;
  }

  async #compile(runs: (AdapterRun | null)[]): Promise<Stack> {
    const { device } = this.base;
    const program = (label: string, ops: Op[]) => new Program(device, this.#scope, label, ops).compile();
    const pass = this.pass(runs);
    const adapted = runs.filter((run) => run !== null);
    const chooses = adapted.some((run) => run.method.wholeBatch);
    const [begin, forwards, choose, loss, lossGradient, backwards, finish, update, beginProbe, endProbe] =
      await Promise.all([
        program('begin', [{ clear: this.batch.lossTotal }, ...adapted.flatMap((run) => run.begin())]),
        program('forward', forward(pass)),
        chooses ? program('choose', forward({ ...pass, choosing: true })) : null,
        program('loss', headLoss(pass, false)),
        program('loss and gradient', adapted.length > 0 ? headLoss(pass, true) : []),
        program('backward', adapted.length > 0 ? backward(pass) : []),
        program(
          'finish',
          adapted.flatMap((run) => run.finish()),
        ),
        program(
          'update',
          runs.flatMap((run, segment) => run?.update(this.batch.lossTotal, segment) ?? []),
        ),
        program('begin probe', [{ clear: this.batch.lossTotal }, ...adapted.flatMap((run) => run.method.beginProbe())]),
        program(
          'end probe',
          adapted.flatMap((run) => run.method.endProbe()),
        ),
      ]);
    return {
      runs,
      pass,
      begin,
      forward: forwards,
      choose,
      loss,
      lossGradient,
      backward: backwards,
      finish,
      update,
      beginProbe,
      endProbe,
      parts: this.#parts(adapted),
    };
  }

  #parts(runs: readonly AdapterRun[]): Tensor[] {
    return [this.batch.lossTotal, ...runs.flatMap((run) => [run.norm, ...run.method.stats()])];
  }

  /** The layers as these runs see them; null is the base. */
  pass(runs: (AdapterRun | null)[]): Pass {
    const { device, config, weights, ropeTables } = this.base;
    const kept = this.saved.of(runs);
    return {
      device,
      config,
      weights,
      ropeTables,
      batch: this.batch,
      layers: this.#layers,
      top: this.top,
      grads: this.#grads,
      segments: runs.map(
        (run, segment) =>
          run && {
            method: run.method,
            modules: run.modules,
            saved: kept[segment]!,
            scratch: this.saved.scratch[segment],
            whole: run.whole,
          },
      ),
      cache: null,
      frozenGradient: this.saved.frozenGradient,
      record: true,
      recompute: this.layout.recompute,
    };
  }

  submit(record: (commands: Commands) => void): void {
    this.base.device.submit('train', record);
  }

  stage(parts: readonly BatchPart[], totals: BatchTotals, segments: number, options: StageOptions): Counts[] {
    const batches = parts.map((p) => p.batch);
    return this.batch.stage(batches, totals, segments, { ...options, cuts: parts });
  }

  /**
   * Lets gates that choose among the tokens of a whole batch see all of its parts. A module's r follows from what the
   * modules below it chose, so every round makes at least one more of them right, and what a round leaves as it was is
   * right.
   */
  async choose(stack: Stack, parts: readonly BatchPart[], options: StageOptions): Promise<void> {
    const { choose, runs } = stack;
    if (!choose || !parts.some(isCut)) return;
    const seen = runs.flatMap((run) => run?.method.wholeBatch ?? []);
    const rounds = 1 + Math.max(...runs.map((run) => run?.modules.length ?? 0));
    let before: Uint8Array[] = [];
    for (let round = 0; round < rounds; round++) {
      const counts = this.stage(parts, { tokens: 0, supervised: 0 }, runs.length, { ...options, kind: 'probe' });
      this.submit((commands) =>
        counts.forEach((count, i) => {
          this.batch.load(commands, i);
          choose.encode(commands, count);
        }),
      );
      const now = await Promise.all(seen.map(async (t) => new Uint8Array(await readTensor(this.base.device, t))));
      if (before.length > 0 && now.every((bytes, i) => equalBytes(bytes, before[i]))) return;
      before = now;
    }
  }

  /** Forward, loss and backward of every staged micro-batch; gradients and statistics add up. */
  accumulate(commands: Commands, stack: Stack, counts: readonly Counts[]): void {
    counts.forEach((count, i) => {
      this.batch.load(commands, i);
      for (const program of [stack.forward, stack.lossGradient, stack.backward]) program.encode(commands, count);
    });
    stack.finish.encode(commands, NO_ROWS);
  }

  /** Asks for `stack.parts`, behind what was sent before it. */
  copy(commands: Commands, stack: Stack): () => Promise<Read> {
    return this.#readback.copy(commands, stack.parts);
  }

  /** What `stack.parts` say of every stacked run. */
  unpack(stack: Stack, bytes: ArrayBuffer): RunReadback[] {
    const losses = new Float32Array(bytes, 0, stack.runs.length);
    let at = this.batch.lossTotal.size;
    return stack.runs.map((run, i) => {
      if (!run) return { lossSum: losses[i], gradNorm: 0, stats: null };
      const [gradNorm] = new Float32Array(bytes, at, 1);
      const statBytes = run.method.stats().reduce((sum, t) => sum + t.size, 0);
      const stats = run.method.readStats(bytes.slice(at + run.norm.size, at + run.norm.size + statBytes));
      at += run.norm.size + statBytes;
      return { lossSum: losses[i], gradNorm, stats };
    });
  }

  /** The runs go with it. */
  free(): void {
    for (const run of this.#runs.values()) run.free();
    this.#readback.free();
    this.#stacks.clear();
    this.#runs.clear();
    this.#scope.free();
  }
}
