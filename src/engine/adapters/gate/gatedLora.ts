/**
 * TS-LoRA: LoRA behind a gate per token and module (TS-PEFT, arXiv 2511.16147). The gate is known from
 * z = A x and the Gram matrix BᵀB before B is touched, so B z, dB, dA and the adapter's part of dx run for
 * active tokens only: their rows are compacted into a list on the GPU and dispatched indirectly.
 */
import type { GateConfig, TrainConfig } from '../../../shared/config';
import { tauWarmupSteps } from '../../../shared/config';
import type { GateStats } from '../../../shared/types';
import type { BufferScope, Tensor } from '../../gpu/buffers';
import type { Op } from '../../gpu/program';
import { readTensor } from '../../gpu/readback';
import { argsOffset } from '../../kernels/gate/activeRows';
import { gate } from '../../kernels/gate/gate';
import { RATIO_BINS, SLOT_BYTES, STAT_BYTES, packGateSlots, readGateSlots, readStatSlots, slotOf, statOf } from '../../kernels/gate/slots';
import { gram, gramStride, gramTable, gramTableBytes } from '../../kernels/gram/gram';
import { lowRankGroups } from '../../kernels/lowRankGrad/lowRankGrad';
import { matmulTile } from '../../kernels/matmul/matmul';
import { muStats } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import { type LowRank, back, down, gradients, through, up } from '../lora/lora';
import type { AdaptedModule, BackwardIO, ForwardIO, Method, MethodStats, NamedTensor } from '../method';
import { type ThresholdRule, createRule } from './rules';

/** Bytes of the gate's own tensors, by name. */
export const gateSizes = (modules: number, rPad: number) => ({
  slots: modules * SLOT_BYTES,
  stats: modules * STAT_BYTES,
  gram: modules * gramStride(rPad),
  gramTable: gramTableBytes(modules),
});

export class GatedLora implements Method {
  readonly needsSquares = true;
  readonly #low: LowRank;
  readonly #modules: AdaptedModule[];
  readonly #slots: Tensor;
  readonly #stats: Tensor;
  readonly #gram: Tensor;
  readonly #gramTable: Tensor;
  readonly #rule: ThresholdRule;

  constructor(low: LowRank, modules: AdaptedModule[], scope: BufferScope, config: GateConfig, train: Pick<TrainConfig, 'steps' | 'warmupSteps'>) {
    const sizes = gateSizes(modules.length, low.rPad);
    this.#low = low;
    this.#modules = modules;
    this.#slots = scope.alloc('gate/slots', sizes.slots, GPUBufferUsage.UNIFORM);
    this.#stats = scope.alloc('gate/stats', sizes.stats);
    this.#gram = scope.alloc('gate/gram', sizes.gram);
    this.#gramTable = gramTable(scope, modules.map((m) => ({ offset: low.params[m.index].b.offset - low.flat.offset, dOut: m.dOut })));
    this.#rule = createRule(config.rule, low.gpu, scope, {
      modules: modules.length,
      slots: this.#slots, stats: this.#stats,
      config, steps: train.steps, warmup: tauWarmupSteps(config, train as TrainConfig),
    });
  }

  #gramOf(m: AdaptedModule): Tensor {
    return this.#gram.slice('gram', m.index * gramStride(this.#low.rPad), 4 * this.#low.rPad ** 2);
  }

  /** Dispatch sizes of one active-row product. */
  #args(io: ForwardIO | BackwardIO, which: Parameters<typeof argsOffset>[0]) {
    return { indirect: io.space.args, offset: argsOffset(which) };
  }

  #rows(io: ForwardIO | BackwardIO, which: Parameters<typeof argsOffset>[0]): Rows {
    return { list: io.space.list, args: this.#args(io, which), max: io.rows.max };
  }

  forward(m: AdaptedModule, io: ForwardIO): Op[] {
    const { gpu, rPad, scaling } = this.#low;
    const { rows, x, y, squares, space, record } = io;
    if (io.again) return up(this.#low, m, this.#rows(io, 'delta'), space.z, y);
    if (!squares) throw new Error('the gate needs the squares of the module\'s output');
    return [
      ...down(this.#low, m, rows, x, space.z),
      ...gate(gpu, {
        rows, z: space.z, gram: this.#gramOf(m), squares, slot: slotOf(this.#slots, m.index), stat: statOf(this.#stats, m.index),
        ratio: space.ratio, open: space.open, list: space.list, args: space.args, rank: rPad, scaling, record,
        groups: { delta: matmulTile(gpu, m.dOut), dx: matmulTile(gpu, m.dIn), grads: lowRankGroups(gpu, { ...m, rank: rPad }) },
      }),
      ...up(this.#low, m, this.#rows(io, 'delta'), space.z, y),
    ];
  }

  backward(m: AdaptedModule, io: BackwardIO): Op[] {
    const { gpu, rPad, scaling } = this.#low;
    const { rows, gradOut, gradIn, space, shared } = io;
    return [
      ...back(this.#low, m, rows, gradOut, shared.u),
      muStats(gpu, { rows, u: shared.u, z: space.z, open: space.open, stat: statOf(this.#stats, m.index), mu: shared.mu, rank: rPad, scaling }),
      ...gradients(this.#low, m, io, { rows: this.#rows(io, 'grads'), sums: this.#args(io, 'sums') }),
      ...(gradIn ? through(this.#low, m, this.#rows(io, 'dx'), shared.u, gradIn) : []),
    ];
  }

  begin(): Op[] {
    return [{ clear: this.#stats }];
  }

  update(): Op[] {
    return this.#rule.update();
  }

  refresh(): Op[] {
    return [gram(this.#low.gpu, { table: this.#gramTable, modules: this.#modules.length, params: this.#low.flat, out: this.#gram, rank: this.#low.rPad })];
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
    return [{ name: 'gate', tensor: this.#slots }, { name: 'rho', tensor: this.#rule.rho }];
  }

  setThresholds(tau: Float32Array): void {
    const slots = packGateSlots(Array.from(tau, (t) => ({ tau: t, m: 0, v: 0, updates: 0 })));
    this.#low.gpu.device.queue.writeBuffer(this.#slots.buffer, this.#slots.offset, slots);
  }

  async thresholds(): Promise<Float32Array> {
    return Float32Array.from(readGateSlots(await readTensor(this.#low.gpu, this.#slots)), (s) => s.tau);
  }
}
