/**
 * The token gate (TS-PEFT, arXiv 2511.16147) over any update. Where ‖Δ‖ is known before Δ is made, what Δ costs is paid
 * for active tokens only: their rows are compacted into a list on the GPU and dispatched indirectly.
 */
import type { GateConfig, TrainConfig } from '../../../shared/config';
import { tauWarmupSteps } from '../../../shared/config';
import type { GateStats } from '../../../shared/types';
import type { BufferScope, Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Op } from '../../gpu/program';
import { readTensor } from '../../gpu/readback';
import { argsOffset } from '../../kernels/gate/activeRows';
import { gate } from '../../kernels/gate/gate';
import { RATIO_BINS, SLOT_BYTES, STAT_BYTES, packGateSlots, readGateSlots, readStatSlots, slotOf, statOf } from '../../kernels/gate/slots';
import { muStats } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import type { AdaptedModule, BackwardIO, ForwardIO, Method, MethodStats, NamedTensor } from '../method';
import type { Update } from '../update';
import { type ThresholdRule, createRule } from './rules';

/** Bytes of the gate's own tensors, by name. */
export const gateSizes = (modules: number) => ({
  slots: modules * SLOT_BYTES,
  stats: modules * STAT_BYTES,
});

export class Gated implements Method {
  readonly needsSquares = true;
  readonly #gpu: Gpu;
  readonly #update: Update;
  readonly #slots: Tensor;
  readonly #stats: Tensor;
  readonly #rule: ThresholdRule;

  constructor(gpu: Gpu, update: Update, modules: readonly AdaptedModule[], scope: BufferScope, config: GateConfig, train: Pick<TrainConfig, 'steps' | 'warmupSteps'>) {
    const sizes = gateSizes(modules.length);
    this.#gpu = gpu;
    this.#update = update;
    this.#slots = scope.alloc('gate/slots', sizes.slots, GPUBufferUsage.UNIFORM);
    this.#stats = scope.alloc('gate/stats', sizes.stats);
    this.#rule = createRule(config.rule, gpu, scope, {
      modules: modules.length,
      slots: this.#slots, stats: this.#stats,
      config, steps: train.steps, warmup: tauWarmupSteps(config, train as TrainConfig),
    });
  }

  /** Dispatch sizes of one active-row product. */
  #args(io: ForwardIO | BackwardIO, which: Parameters<typeof argsOffset>[0]) {
    return { indirect: io.space.args, offset: argsOffset(which) };
  }

  #rows(io: ForwardIO | BackwardIO, which: Parameters<typeof argsOffset>[0]): Rows {
    return { list: io.space.list, args: this.#args(io, which) };
  }

  forward(m: AdaptedModule, io: ForwardIO): Op[] {
    const { rows, squares, space, record } = io;
    const add = this.#update.add(m, io, this.#rows(io, 'delta'));
    if (io.again) return add;
    if (!squares) throw new Error('the gate needs the squares of the module\'s output');
    const { ops, size } = this.#update.size(m, io);
    return [
      ...this.#update.prepare(m, io),
      ...ops,
      ...gate(this.#gpu, {
        rows, size, squares, slot: slotOf(this.#slots, m.index), stat: statOf(this.#stats, m.index),
        ratio: space.ratio, open: space.open, list: space.list, args: space.args, record, groups: this.#update.groups(m),
      }),
      ...add,
    ];
  }

  backward(m: AdaptedModule, io: BackwardIO): Op[] {
    const { rows, gradIn, space, shared } = io;
    return [
      ...this.#update.back(m, io),
      muStats(this.#gpu, { rows, terms: this.#update.mu(m, io), open: space.open, stat: statOf(this.#stats, m.index), mu: shared.mu }),
      ...this.#update.gradients(m, io, { rows: this.#rows(io, 'grads'), sums: this.#args(io, 'sums') }),
      ...(gradIn ? this.#update.through(m, io, gradIn, this.#rows(io, 'dx')) : []),
    ];
  }

  begin(): Op[] {
    return [{ clear: this.#stats }];
  }

  update(): Op[] {
    return this.#rule.update();
  }

  refresh(): Op[] {
    return this.#update.refresh();
  }

  prepareUpdate(step: number, tokens: number): void {
    this.#rule.prepare(step, tokens);
  }

  stats(): Tensor[] {
    return [this.#slots, this.#stats, this.#rule.rho];
  }

  readStats(bytes: ArrayBuffer): MethodStats {
    const slotBytes = this.#slots.size;
    const statBytes = this.#stats.size;
    const slots = readGateSlots(bytes.slice(0, slotBytes));
    const sums = readStatSlots(bytes.slice(slotBytes, slotBytes + statBytes));
    const rho = new Float32Array(bytes, slotBytes + statBytes, 2);
    const histogram = new Uint32Array(sums.length * RATIO_BINS);
    sums.forEach((s, i) => histogram.set(s.histogram, i * RATIO_BINS));
    const gate: GateStats = {
      tau: Float32Array.from(slots, (s) => s.tau),
      tokens: Uint32Array.from(sums, (s) => s.tokens),
      active: Uint32Array.from(sums, (s) => s.active),
      muKept: Float32Array.from(sums, (s) => s.muKept),
      muSkipped: Float32Array.from(sums, (s) => s.muSkipped),
      histogram,
      rho: rho[0],
      tauStep: rho[1],
    };
    return { gate, forwardRows: Uint32Array.from(sums, (s) => s.forwardRows), dxRows: Uint32Array.from(sums, (s) => s.dxRows), gradRows: Uint32Array.from(sums, (s) => s.gradRows) };
  }

  state(): NamedTensor[] {
    return [{ name: 'gate', tensor: this.#slots }, { name: 'rho', tensor: this.#rule.rho }, ...this.#update.state()];
  }

  setThresholds(tau: Float32Array): void {
    const slots = packGateSlots(Array.from(tau, (t) => ({ tau: t, m: 0, v: 0, updates: 0 })));
    this.#gpu.device.queue.writeBuffer(this.#slots.buffer, this.#slots.offset, slots);
  }

  async thresholds(): Promise<Float32Array> {
    return Float32Array.from(readGateSlots(await readTensor(this.#gpu, this.#slots)), (s) => s.tau);
  }
}
