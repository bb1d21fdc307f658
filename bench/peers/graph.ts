/**
 * The peers' graph from our kernels: frozen d × d linear layers with LoRA and GELU, mean squared loss, Adam without
 * clipping. Only for comparison with other libraries; the app trains no such model.
 */
import {
  ADAMW_HYPER_BYTES,
  type BufferScope,
  type Device,
  type Op,
  Program,
  type RowCount,
  type Tensor,
  adamw,
  compose,
  loraLayers,
  packAdamwHyper,
  perElement,
  perRow,
  product,
  ratesBytes,
  readFloats,
  rowCount,
  rowThreads,
  snippets,
  sumLoss,
} from '../engine';
import type { CpuFunction } from '../../src/engine';
import geluWgsl from './gelu.wgsl?raw';
import geluBackwardWgsl from './geluBackward.wgsl?raw';
import { geluBackwardCpu, geluCpu, mseCpu } from './graph.cpu';
import mseWgsl from './mse.wgsl?raw';
import { B1, B2, D, EPS, L, LR, R, T, problem } from './problem';

/** An element-wise kernel over [rows, D]. */
const elementwise = (
  label: string,
  wgsl: string,
  { rows, tensors, cpu }: { rows: RowCount; tensors: Tensor[]; cpu: CpuFunction },
): Op => ({
  kernel: { label, code: compose(wgsl, { snippets: [snippets.dims] }), constants: { D4: D / 4 } },
  bindings: [rows.dims, ...tensors],
  groups: perElement(rows, D / 4),
  cpu,
});

export class PeersGraph {
  readonly #gpu: Device;
  readonly #scope: BufferScope;
  readonly #total: Tensor;
  readonly #hyper: Tensor;
  readonly #norm: Tensor;
  readonly #program: Program;
  #step = 0;

  private constructor(gpu: Device) {
    const scope = gpu.buffers.scope('peers');
    const { x, y, layers } = problem();
    const lora = loraLayers(gpu, scope, { layers: L, d: D, rank: R, rows: T });
    const wide = (label: string) => scope.alloc(label, 4 * T * D);
    const rows = rowCount(scope, T, T);
    const frozen = layers.map(({ W0 }, l) => scope.upload(`W0.${l}`, W0));
    const target = scope.upload('y', y);
    const hidden = [scope.upload('x', x), ...layers.map((_, l) => wide(`h.${l + 1}`))];
    const before = layers.map((_, l) => wide(`z.${l}`));
    const [gradH, gradZ, losses] = [wide('gradH'), wide('gradZ'), scope.alloc('losses', 4 * T)];
    this.#gpu = gpu;
    this.#scope = scope;
    this.#total = scope.alloc('loss', 16);
    this.#hyper = scope.alloc('hyper', ADAMW_HYPER_BYTES, 'uniform');
    this.#norm = scope.alloc('norm', 16);
    layers.forEach(({ A, B }, l) => {
      const { a, b } = lora.params[l];
      gpu.write(a, A);
      gpu.write(b, B);
    });

    const square = { rows, n: D, k: D };
    const forward = layers.flatMap((_, l): Op[] => [
      ...product(gpu, { ...square, label: 'peers', a: hidden[l], w: frozen[l], out: before[l], transposed: true }),
      ...lora.method.forward(lora.modules[l], {
        rows,
        x: hidden[l],
        y: before[l],
        saved: lora.saved[l],
        scratch: lora.scratch,
        record: false,
        recompute: false,
      }),
      elementwise('gelu', geluWgsl, {
        rows,
        tensors: [before[l], hidden[l + 1]],
        cpu: geluCpu(rows, D, before[l], hidden[l + 1]),
      }),
    ]);
    const loss: Op[] = [
      {
        kernel: {
          label: 'mse',
          code: compose(mseWgsl, { snippets: [snippets.dims, snippets.rowReduce] }),
          constants: { D4: D / 4, WIDTH: rowThreads(gpu) },
        },
        bindings: [rows.dims, hidden[L], target, losses, gradH],
        groups: perRow(rows),
        cpu: mseCpu(rows, D, { h: hidden[L], y: target, loss: losses, grad: gradH }),
      },
      sumLoss(gpu, { rows, loss: losses, total: this.#total }),
    ];
    const backward = layers
      .map((_, l) => l)
      .toReversed()
      .flatMap((l): Op[] => [
        elementwise('geluBackward', geluBackwardWgsl, {
          rows,
          tensors: [before[l], gradH, gradZ],
          cpu: geluBackwardCpu(rows, D, { x: before[l], gradOut: gradH, gradX: gradZ }),
        }),
        // Nothing below the first layer learns: it needs no input gradient.
        ...(l > 0
          ? product(gpu, { ...square, label: 'peers back', a: gradZ, w: frozen[l], out: gradH, transposed: false })
          : []),
        ...Object.values(
          lora.method.backward(lora.modules[l], {
            rows,
            x: hidden[l],
            gradOut: gradZ,
            gradIn: l > 0 ? gradH : null,
            saved: lora.saved[l],
            scratch: lora.scratch,
          }),
        ).flat(),
      ]);
    const { params, grads, m, v } = lora.flat;
    const update = adamw(gpu, {
      params,
      grads,
      m,
      v,
      norm: this.#norm,
      hyper: this.#hyper,
      rates: scope.upload('rates', new Float32Array(ratesBytes(params.size / 4) / 4).fill(1)),
      length: params.size / 4,
    });
    this.#program = new Program(gpu, scope, 'peers step', [
      { clear: grads },
      { clear: this.#total },
      ...forward,
      ...loss,
      ...backward,
      update,
    ]);
  }

  static async create(gpu: Device): Promise<PeersGraph> {
    const graph = new PeersGraph(gpu);
    await graph.#program.compile();
    return graph;
  }

  /** One training step: one submit, nothing read back. */
  #submit(): void {
    this.#gpu.write(
      this.#hyper,
      packAdamwHyper({ beta1: B1, beta2: B2, epsilon: EPS, weightDecay: 0, maxGradientNorm: 0 }, LR),
    );
    // A norm of zero: nothing is clipped.
    const t = ++this.#step;
    this.#gpu.write(this.#norm, Float32Array.of(0, 1 - B1 ** t, 1 - B2 ** t));
    this.#gpu.submit('peers step', (commands) =>
      this.#program.encode(commands, { rows: T, supervised: T, segments: 1 }),
    );
  }

  /** Five steps, waited for at the end. */
  async step5(): Promise<void> {
    for (let i = 0; i < 5; i++) this.#submit();
    await this.#gpu.done();
  }

  /** The losses of the next `steps` steps. */
  async losses(steps: number): Promise<number[]> {
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      this.#submit();
      losses.push((await readFloats(this.#gpu, this.#total))[0]);
    }
    return losses;
  }

  free(): void {
    this.#scope.free();
  }
}
