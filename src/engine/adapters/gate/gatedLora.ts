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
import { argsOffset, compact } from '../../kernels/compact/compact';
import { gate } from '../../kernels/gate/gate';
import { RATIO_BINS, SLOT_BYTES, packGateSlots, readGateSlots, readStatSlots, slotOf } from '../../kernels/gate/slots';
import { gram } from '../../kernels/gram/gram';
import { GRAD_CHUNK, lowRankGroups } from '../../kernels/lowRankGrad/lowRankGrad';
import { matmulTile } from '../../kernels/matmul/matmul';
import { muStats } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import { type LowRank, back, down, gradients, through, up } from '../lora/lora';
import type { AdaptedModule, BackwardIO, ForwardIO, Method, MethodStats, NamedTensor } from '../method';
import { type ThresholdRule, createRule } from './rules';

/** Bytes of the gate's own tensors, by name. */
export const gateSizes = (modules: number, rPad: number) => ({
  slots: modules * SLOT_BYTES,
  stats: modules * SLOT_BYTES,
  histograms: modules * SLOT_BYTES,
  gram: modules * Math.ceil((4 * rPad * rPad) / 256) * 256,
});

export class GatedLora implements Method {
  readonly #low: LowRank;
  readonly #modules: AdaptedModule[];
  readonly #slots: Tensor;
  readonly #stats: Tensor;
  readonly #histograms: Tensor;
  readonly #gram: Tensor;
  readonly #rule: ThresholdRule;

  constructor(low: LowRank, modules: AdaptedModule[], scope: BufferScope, config: GateConfig, train: Pick<TrainConfig, 'steps' | 'warmupSteps'>) {
    const sizes = gateSizes(modules.length, low.rPad);
    this.#low = low;
    this.#modules = modules;
    this.#slots = scope.alloc('gate/slots', sizes.slots);
    this.#stats = scope.alloc('gate/stats', sizes.stats);
    this.#histograms = scope.alloc('gate/histograms', sizes.histograms);
    this.#gram = scope.alloc('gate/gram', sizes.gram);
    this.#rule = createRule(config.rule, low.gpu, scope, {
      modules: modules.length,
      slots: this.#slots, stats: this.#stats, histograms: this.#histograms,
      config, steps: train.steps, warmup: tauWarmupSteps(config, train as TrainConfig),
    });
  }

  #gramOf(m: AdaptedModule): Tensor {
    const stride = this.#gram.size / this.#modules.length;
    return this.#gram.slice('gram', m.index * stride, 4 * this.#low.rPad ** 2);
  }

  /** Rows and dispatch sizes of one active-row product. */
  #rows(io: ForwardIO | BackwardIO, which: Parameters<typeof argsOffset>[0]): Rows {
    return { list: io.space.list, args: { indirect: io.space.args, offset: argsOffset(which) } };
  }

  forward(m: AdaptedModule, io: ForwardIO): Op[] {
    const { gpu, rPad, scaling } = this.#low;
    const { rows, x, y, space } = io;
    const [out, inn] = [matmulTile(gpu, m.dOut, true), matmulTile(gpu, m.dIn, true)];
    const grad = (width: number) => ({ rowsPerGroup: GRAD_CHUNK, colGroups: lowRankGroups(width, rPad) });
    return [
      down(this.#low, m, rows, x, space.z),
      gate(gpu, {
        rows, z: space.z, gram: this.#gramOf(m), y, tau: slotOf(this.#slots, m.index), ratio: space.ratio, open: space.open,
        hist: slotOf(this.#histograms, m.index), dOut: m.dOut, rank: rPad, scaling, record: io.record,
      }),
      compact(gpu, {
        rows, open: space.open, active: space.list, args: space.args, stat: slotOf(this.#stats, m.index),
        groups: {
          delta: { rowsPerGroup: out.rowsPerGroup, colGroups: out.columnGroups },
          dx: { rowsPerGroup: inn.rowsPerGroup, colGroups: inn.columnGroups },
          dB: grad(m.dOut),
          dA: grad(m.dIn),
        },
      }),
      up(this.#low, m, this.#rows(io, 'delta'), space.z, y),
    ];
  }

  backward(m: AdaptedModule, io: BackwardIO): Op[] {
    const { gpu, rPad, scaling } = this.#low;
    const { rows, gradOut, gradIn, space, shared } = io;
    return [
      back(this.#low, m, rows, gradOut, shared.u),
      ...muStats(gpu, { rows, u: shared.u, z: space.z, open: space.open, stat: slotOf(this.#stats, m.index), mu: shared.mu, rank: rPad, scaling }),
      ...gradients(this.#low, m, io, { dB: this.#rows(io, 'dB'), dA: this.#rows(io, 'dA') }),
      ...(gradIn ? [through(this.#low, m, this.#rows(io, 'dx'), shared.u, gradIn)] : []),
    ];
  }

  begin(): Op[] {
    return [{ clear: this.#stats }, { clear: this.#histograms }];
  }

  update(): Op[] {
    return this.#rule.update();
  }

  refresh(): Op[] {
    return this.#modules.map((m) => gram(this.#low.gpu, { b: this.#low.params[m.index].b, out: this.#gramOf(m), dOut: m.dOut, rank: this.#low.rPad }));
  }

  prepareUpdate(step: number, tokens: number): void {
    this.#rule.prepare(step, tokens);
  }

  stats(): Tensor[] {
    return [this.#slots, this.#stats, this.#histograms, this.#rule.rho];
  }

  readStats(bytes: ArrayBuffer): MethodStats {
    const n = this.#modules.length;
    const part = (i: number) => bytes.slice(i * n * SLOT_BYTES, (i + 1) * n * SLOT_BYTES);
    const slots = readGateSlots(part(0));
    const sums = readStatSlots(part(1));
    const rho = new Float32Array(bytes, 3 * n * SLOT_BYTES, 2);
    const gate: GateStats = {
      tau: Float32Array.from(slots, (s) => s.tau),
      tokens: Uint32Array.from(sums, (s) => s.tokens),
      active: Uint32Array.from(sums, (s) => s.active),
      muKept: Float32Array.from(sums, (s) => s.muKept),
      muSkipped: Float32Array.from(sums, (s) => s.muSkipped),
      histogram: new Uint32Array(part(2)).slice(0, n * RATIO_BINS),
      rho: rho[0],
      tauStep: rho[1],
    };
    return { gate, forwardRows: Uint32Array.from(sums, (s) => s.forwardRows), dxRows: Uint32Array.from(sums, (s) => s.dxRows), gradRows: Uint32Array.from(sums, (s) => s.backwardRows) };
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
