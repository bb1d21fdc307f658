/**
 * The token gate (TS-PEFT, arXiv 2511.16147) over any update. Where ‖Δ‖ is known before Δ is made, what Δ costs is paid
 * for active tokens only: their rows are compacted into a list on the GPU, and kernels run over that.
 */
import {
  type GateConfig,
  type TrainConfig,
  hasThresholds,
  learnsThreshold,
  tauWarmupSteps,
} from '../../../shared/config';
import { AdapterError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import { ruleOf } from '../../../shared/rules';
import type { GateStats } from '../../../shared/types';
import type { BufferScope, Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Op } from '../../device/program';
import { readTensor } from '../../device/device';
import { addConstant, constantGradient } from '../../kernels/constant/constant';
import { gate } from '../../kernels/gate/gate';
import {
  RATIO_BINS,
  SLOT_BYTES,
  STAT_BYTES,
  packGateSlots,
  readGateSlots,
  readStatSlots,
  slotOf,
  statOf,
} from '../../kernels/gate/slots';
import { inOneCall } from '../../kernels/lowRank/inOneCall';
import { activeTileRows } from '../../kernels/matmul/matmul';
import { muStats } from '../../kernels/muStats/muStats';
import type { ActiveRows } from '../../kernels/rows/rows';
import { type Followed, noteCount } from '../../kernels/select/select';
import { STEER_HYPER_BYTES, packSteerHyper, steer } from '../../kernels/steer/steer';
import type {
  AdaptedModule,
  BackwardIO,
  ForwardIO,
  FrozenGradientIO,
  Method,
  MethodStats,
  ModuleBackward,
  StateTensor,
  Place,
  Trainable,
} from '../method';
import type { Shrunk, ShrunkUpdate, Update } from '../update';
import { MeasuredRule, measuredSizes } from './measured';
import { type ThresholdRule, type GateGradients, type RuleContext, type RuleExtent, lambdaOf } from './rule';
import { createRule, gradientSource, ruleSizes } from './rules';

/** Tokens of the largest batch that gate gradients come from. */
const gradientCapacity = (config: GateConfig, { rows, microBatches, split }: Place) =>
  rows * (gradientSource(config) === 'dev' ? split : microBatches);

/** Bytes of the gate's own tensors, by name. */
export const gateSizes = (config: GateConfig, modules: number, place: Place): Record<string, number> => ({
  slots: modules * SLOT_BYTES,
  stats: modules * STAT_BYTES,
  ...(gradientSource(config) === 'dev' ? { gradientStats: modules * STAT_BYTES } : {}),
  ...(place.followed ? { counts: 4 * modules * place.microBatches } : {}),
  ...ownSizes(config, place, { modules, capacity: gradientCapacity(config, place), cut: place.split > 1 }),
});

const ownSizes = (config: GateConfig, { measures }: Place, extent: RuleExtent) =>
  measures ? measuredSizes(extent, ruleOf(config).constant === true) : ruleSizes(config, extent);

/** Names of those that are part of a run's state; a rule has some of them. */
export const GATE_STATE = ['slots', 'average'];

const activeRows = ({ rows, saved: { list } }: ForwardIO | BackwardIO): ActiveRows => ({ ...rows, list });

export interface GateOptions {
  device: Device;
  update: Update;
  modules: readonly AdaptedModule[];
  /** Owns the gate's tensors. */
  scope: BufferScope;
  config: GateConfig;
  train: Pick<TrainConfig, 'steps' | 'warmupSteps' | 'seed'>;
  place: Place;
  /** The method that the random gate follows. */
  follows: Method | null;
  /** What skipped tokens get, by module, where they get something. */
  constants?: readonly Trainable[] | null;
}

export class Gated implements Method {
  readonly needsRowNorms = true;
  readonly #device: Device;
  readonly #update: Update;
  /** There where the gate is soft. */
  readonly #shrunk: ShrunkUpdate | null;
  readonly #config: GateConfig;
  readonly #modules: readonly AdaptedModule[];
  readonly #warmup: number;
  readonly #slots: Tensor;
  readonly #stats: Tensor;
  /** Statistics of the batch that gate gradients come from, where that is another one. */
  readonly #gradientStats: Tensor | null;
  /** u32 [batches, modules]: kept tokens, for a run that follows. */
  readonly #counts: Tensor | null;
  /** f32[4]: ρ_t, step size, λ. */
  readonly #shown: Tensor;
  readonly #steer: Tensor | null;
  readonly #rule: ThresholdRule;
  readonly #constants: readonly Trainable[] | null;

  constructor({ device, update, modules, scope, config, train, place, follows, constants }: GateOptions) {
    const sizes = gateSizes(config, modules.length, place);
    this.#device = device;
    this.#update = update;
    this.#shrunk = update.shrunk ?? null;
    this.#config = config;
    this.#modules = modules;
    this.#constants = constants ?? null;
    this.#warmup = tauWarmupSteps(config, train as TrainConfig);
    this.#slots = scope.upload('gate/slots', new Uint8Array(packGateSlots(modules.map(() => ({})))), 'uniform');
    this.#stats = scope.alloc('gate/stats', sizes.stats);
    this.#gradientStats = sizes.gradientStats ? scope.alloc('gate/gradientStats', sizes.gradientStats) : null;
    this.#counts = sizes.counts ? scope.alloc('gate/counts', sizes.counts) : null;
    this.#shown = scope.alloc('gate/shown', 16);
    this.#steer =
      learnsThreshold(config) && config.targetSparsity !== null
        ? scope.alloc('gate/steer', STEER_HYPER_BYTES, 'uniform')
        : null;
    const context: RuleContext = {
      device,
      scope,
      config,
      modules: modules.length,
      slots: this.#slots,
      stats: this.#gradientStats ?? this.#stats,
      passStats: this.#stats,
      shown: this.#shown,
      kind: gradientSource(config) === 'train' ? 'train' : 'probe',
      seed: train.seed,
      steps: train.steps,
      // GateGradients from the dev split come every few steps, so τ moves as many times less often.
      updates: (train.steps - this.#warmup) / (gradientSource(config) === 'dev' ? config.gradientInterval : 1),
      capacity: gradientCapacity(config, place),
      cut: place.split > 1,
      constants: this.#constants,
      followed: (m) => (follows instanceof Gated ? follows.followed(m) : null),
    };
    this.#rule = place.measures ? new MeasuredRule(context) : createRule(context);
  }

  /** Where this gate notes how many tokens a module kept; null when it does not adapt that module. */
  followed({ path }: AdaptedModule): Followed | null {
    const module = this.#modules.find((m) => m.path === path);
    return this.#counts && module
      ? { counts: this.#counts, modules: this.#modules.length, module: module.index }
      : null;
  }

  get wholeBatch(): Tensor | null {
    return this.#rule.wholeBatch ?? null;
  }

  get tokenRecords() {
    return this.#rule.tokens ?? null;
  }

  get usesBaseOutput(): boolean {
    return this.#update.usesBaseOutput;
  }

  init(): Op[] {
    return this.#update.init();
  }

  /** By what the soft gate shrinks a module's rows. */
  #shrinking(m: AdaptedModule, { saved: { ratio } }: Pick<ForwardIO, 'saved'>): Shrunk {
    return { ratio, slot: slotOf(this.#slots, m.index), lambdaBar: this.#config.sparsityPenalty };
  }

  forward(m: AdaptedModule, io: ForwardIO): Op[] {
    const { rows, rowNormSquared, saved } = io;
    const record = io.record && !io.choosing;
    const add = this.#shrunk
      ? this.#shrunk.add(m, io, activeRows(io), this.#shrinking(m, io))
      : this.#update.add(m, io, activeRows(io));
    const instead = this.#addConstant(m, io);
    if (io.recompute) return [...add, ...instead];
    if (!rowNormSquared) throw new Error("the gate needs the squares of the module's output");
    const { ops, size } = this.#update.size(m, io);
    const followed = record ? this.followed(m) : null;
    const { ratio, open, list } = saved;
    const own = {
      rowNormSquared,
      slot: slotOf(this.#slots, m.index),
      stat: statOf(this.#stats, m.index),
      ratio,
      open,
      list,
      record,
    };
    const mark = this.#rule.mark?.(m, io);
    const all = [
      ...this.#update.prepare(m, io),
      ...ops,
      ...gate(this.#device, { rows, size, ...own, tileRows: activeTileRows(this.#device), mark }),
      ...add,
    ];
    return [
      ...inOneCall(all, 'adapter forward', mark || this.#shrunk ? null : this.#update.forwardInOne?.(m, io, own)),
      ...instead,
      ...(followed ? [noteCount({ rows, list, ...followed })] : []),
    ];
  }

  #addConstant(m: AdaptedModule, { rows, y, saved: { open } }: ForwardIO): Op[] {
    const constant = this.#constants?.[m.index].value;
    return constant ? [addConstant(this.#device, { rows, open, constant, y, width: m.dOut })] : [];
  }

  #constantGradient(m: AdaptedModule, { rows, gradOut, saved: { open } }: BackwardIO): Op[] {
    const grad = this.#constants?.[m.index].grad;
    return grad ? [constantGradient(this.#device, { rows, open, gradOut, grad, width: m.dOut })] : [];
  }

  frozenGradient(m: AdaptedModule, io: FrozenGradientIO): Op[] {
    if (this.#shrunk) return this.#shrunk.frozenGradient(m, io, this.#shrinking(m, io));
    return this.#update.frozenGradient(m, io, io.saved.open);
  }

  backward(m: AdaptedModule, io: BackwardIO): ModuleBackward {
    const { rows, gradIn, saved, scratch } = io;
    const terms = this.#update.mu(m, io);
    const sums = { open: saved.open, stat: statOf(this.#stats, m.index), mu: scratch.mu };
    const all = [
      ...this.#update.back(m, io),
      muStats(this.#device, { rows, terms, ...sums }),
      ...(this.#shrunk?.back(m, io, activeRows(io), this.#shrinking(m, io)) ?? []),
      ...(gradIn ? this.#update.through(m, io, gradIn, activeRows(io)) : []),
    ];
    const form = this.#shrunk ? null : this.#update.backwardInOne?.(m, io, { z: terms.z, ...sums });
    return {
      through: [...inOneCall(all, 'adapter backward', form), ...(this.#rule.keep?.(m, io) ?? [])],
      gradients: [...(this.#shrunk ?? this.#update).gradients(m, io, activeRows(io)), ...this.#constantGradient(m, io)],
    };
  }

  probe(step: number): 'dev' | 'step' | null {
    const source = gradientSource(this.#config);
    if (source === 'probe') return 'step';
    const due = step >= this.#warmup && (step - this.#warmup) % this.#config.gradientInterval === 0;
    return source === 'dev' && due ? 'dev' : null;
  }

  beginProbe(): Op[] {
    return [{ clear: this.#stats }, ...(gradientSource(this.#config) === 'train' ? [] : (this.#rule.clear?.() ?? []))];
  }

  endProbe(): Op[] {
    return this.#gradientStats ? [{ copy: this.#stats, to: this.#gradientStats }] : [];
  }

  begin(): Op[] {
    return [
      { clear: this.#stats },
      ...(this.#shrunk?.begin() ?? []),
      ...(this.#counts ? [{ clear: this.#counts }] : []),
      ...(gradientSource(this.#config) === 'train' ? (this.#rule.clear?.() ?? []) : []),
    ];
  }

  finish(): Op[] {
    return [...(this.#shrunk?.finish() ?? []), ...this.#update.finish()];
  }

  update(): Op[] {
    const { targetSparsity, targetPer } = this.#config;
    return [
      ...this.#update.afterStep(),
      ...(this.#rule.update?.() ?? []),
      ...(this.#steer && targetSparsity !== null
        ? [
            steer(this.#device, {
              hyper: this.#steer,
              slots: this.#slots,
              stats: this.#stats,
              modules: this.#modules.length,
              perModule: targetPer === 'module',
            }),
          ]
        : []),
    ];
  }

  refresh(): Op[] {
    return this.#update.refresh();
  }

  prepareUpdate(step: number, tokens: number, devTokens: number | null): void {
    this.#update.prepareStep(step);
    const moves = step >= this.#warmup;
    const from = this.#gradientStats ? devTokens : tokens;
    const gradients: GateGradients | null = moves && from !== null ? { tokens: from } : null;
    this.#rule.prepare?.(gradients, step);
    if (gradients) this.#device.write(this.#shown, Float32Array.of(lambdaOf(this.#config, gradients)), 8);
    if (this.#steer) this.#device.write(this.#steer, packSteerHyper(this.#config.targetSparsity ?? 0, moves));
  }

  stats(): Tensor[] {
    return [this.#slots, this.#stats, this.#shown];
  }

  readStats(bytes: ArrayBuffer): MethodStats {
    const slotBytes = this.#slots.size;
    const statBytes = this.#stats.size;
    const slots = readGateSlots(bytes.slice(0, slotBytes));
    const sums = readStatSlots(bytes.slice(slotBytes, slotBytes + statBytes));
    const [rho, tauLearningRate, lambda] = new Float32Array(bytes, slotBytes + statBytes, 3);
    const histogram = new Uint32Array(sums.length * RATIO_BINS);
    sums.forEach((s, i) => histogram.set(s.histogram, i * RATIO_BINS));
    const counts = (of: (s: (typeof sums)[number]) => number) => Uint32Array.from(sums, of);
    const gate: GateStats = {
      tau: Float32Array.from(slots, (s) => s.tau),
      tokens: counts((s) => s.tokens),
      active: counts((s) => s.active),
      muActive: Float32Array.from(sums, (s) => s.muActive),
      muSkipped: Float32Array.from(sums, (s) => s.muSkipped),
      measured: counts((s) => s.measured),
      activeHelpful: counts((s) => s.activeHelpful),
      skippedHelpful: counts((s) => s.skippedHelpful),
      histogram,
      rho,
      tauLearningRate,
      moduleTauLearningRates: this.#config.rhoPer === 'module' ? Float32Array.from(slots, (s) => s.step) : null,
      lambda,
      shift: this.#steer ? Float32Array.from(slots, (s) => s.shift) : null,
      activeOutsideTraining: ruleOf(this.#config).activeOutsideTraining === true,
    };
    return {
      gate,
      forwardRows: counts((s) => s.forwardRows),
      dxRows: counts((s) => s.dxRows),
      gradRows: counts((s) => s.gradRows),
    };
  }

  state(): StateTensor[] {
    return [
      { name: 'gate', tensor: this.#slots },
      { name: 'shown', tensor: this.#shown },
      ...(this.#rule.state?.() ?? []),
      ...this.#update.state(),
    ];
  }

  resetTau(module: number): void {
    if (!learnsThreshold(this.#config)) throw new AdapterError(message('engine.adapter.noThreshold'));
    // τ and its moments; how many updates there were stays.
    const slot = slotOf(this.#slots, module);
    this.#device.write(slot, new Float32Array(3));
    this.#rule.forget?.(module);
  }

  setThresholds(tau: Float32Array): void {
    // The rest of a slot is the rule's: it stays.
    tau.forEach((t, index) => this.#device.write(slotOf(this.#slots, index), Float32Array.of(t)));
  }

  async thresholds(): Promise<Float32Array | null> {
    if (!hasThresholds(this.#config)) return null;
    return Float32Array.from(readGateSlots(await readTensor(this.#device, this.#slots)), (s) => s.tau);
  }
}
