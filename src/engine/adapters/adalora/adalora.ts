/**
 * AdaLoRA (Zhang et al. 2023, arXiv 2303.10512) as in PEFT: Δ = s B diag(E) A x in the form of a singular value
 * decomposition, with a term that keeps A and B near orthogonal, and a budget of triplets (a row of A, a column of B, a
 * value of E) that shrinks over the run: those of least sensitivity, over all modules, get E = 0.
 *
 * LoRA's products do the work with B̂ = B diag(E), which is made once a step; its gradient becomes those of B and E at
 * the step's end. Sensitivities come after the optimizer: the new parameters times the step's clipped gradients, as
 * PEFT's training loop has them. The term is not part of the loss that is shown.
 */
import { type RunConfig, rankOf } from '../../../shared/config';
import { type Tensor, alignBinding } from '../../device/buffers';
import { DIMS_BYTES, packDims } from '../../device/dims';
import type { Op, RowCount } from '../../device/program';
import {
  ADALORA_HYPER_BYTES,
  type Triple,
  adaloraFinish,
  allocate,
  importance,
  orthogonality,
  packAdaloraHyper,
  scaleB,
  scores,
} from '../../kernels/adalora/adalora';
import type { DeltaSize } from '../../kernels/gate/gate';
import { gram, gramStride, gramTable, gramTableBytes } from '../../kernels/gram/gram';
import { matmul } from '../../kernels/matmul/matmul';
import type { MuTerms } from '../../kernels/muStats/muStats';
import type { Rows } from '../../kernels/rows/rows';
import type { UpdateContext } from '../adapterMethod';
import { Lora } from '../lora/lora';
import type { LowRank } from '../lowRank';
import type { AdaptedModule, BackwardIO, ForwardIO, StateTensor } from '../method';
import { type ExtraKind, flatLayout, padRank } from '../parameters';
import type { Update } from '../update';
import { type AdaloraSchedule, adaloraSchedule, adaloraStep } from './schedule';

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** E. */
export const SINGULAR_VALUES: ExtraKind = { symbol: 'E', peft: 'lora_E', per: 'rank', asB: false };

/** Bytes of AdaLoRA's own tensors, by name. */
export function adaloraSizes(modules: readonly AdaptedModule[], run: RunConfig) {
  const rank = rankOf(run);
  const rPad = padRank(rank);
  const { bytes } = flatLayout(modules, { rank, extra: SINGULAR_VALUES, constant: false });
  return {
    'adalora/ipt': bytes,
    'adalora/unc': bytes,
    'adalora/scaledB': sum(modules.map((m) => alignBinding(4 * m.dOut * rPad))),
    'adalora/scores': 4 * modules.length * rank,
    'adalora/kept': 4 * modules.length * rank,
    'adalora/starts': 4 * modules.length,
    'adalora/gramTable': gramTableBytes(modules.length),
    'adalora/gramB': modules.length * gramStride(rPad),
    'adalora/gramA': 4 * rPad ** 2,
    'adalora/slope': 4 * rPad ** 2,
  };
}

/** Names of those that a run needs to go on. */
export const ADALORA_STATE = ['adalora/ipt', 'adalora/unc', 'adalora/kept'] as const;

type OwnTensors = Record<keyof ReturnType<typeof adaloraSizes>, Tensor>;

export class AdaLora implements Update {
  readonly usesBaseOutput = false;
  readonly #low: LowRank;
  /** LoRA with B̂. */
  readonly #lora: Lora;
  readonly #modules: readonly AdaptedModule[];
  readonly #config: RunConfig['adalora'];
  readonly #clip: number;
  readonly #schedule: AdaloraSchedule;
  readonly #rank: number;
  readonly #target: number;
  readonly #own: OwnTensors;
  readonly #scaledB: Tensor[];
  readonly #ipt: Triple[];
  readonly #unc: Triple[];
  readonly #hyper: Tensor;
  /** Rows of A, and of each B. */
  readonly #rowsOf: (count: number) => RowCount;

  /** @throws {ConfigError} when the run leaves no steps to prune in */
  constructor({ run, train, low, modules, scope }: UpdateContext) {
    const { device, rPad } = low;
    const sizes = adaloraSizes(modules, run);
    const layout = flatLayout(modules, { rank: rankOf(run), extra: SINGULAR_VALUES, constant: false });
    this.#low = low;
    this.#modules = modules;
    this.#config = run.adalora;
    this.#clip = train.maxGradientNorm;
    this.#schedule = adaloraSchedule(run, train);
    this.#rank = rankOf(run);
    this.#target = run.rank * modules.length;
    const tables = {
      'adalora/starts': scope.upload(
        'adalora/starts',
        Uint32Array.from(layout.extra, (at) => at / 4),
      ),
      'adalora/gramTable': gramTable(
        scope,
        modules.map((m) => ({ offset: layout.b[m.index], dOut: m.dOut })),
      ),
    };
    const plain = (Object.keys(sizes) as (keyof typeof sizes)[]).filter((name) => !Object.hasOwn(tables, name));
    this.#own = {
      ...Object.fromEntries(plain.map((name) => [name, scope.alloc(name, sizes[name])])),
      ...tables,
    } as OwnTensors;
    let at = 0;
    this.#scaledB = modules.map((m) => {
      const slice = this.#own['adalora/scaledB'].slice('scaledB', at, 4 * m.dOut * rPad);
      at += alignBinding(slice.size);
      return slice;
    });
    const triples = (flat: Tensor) =>
      modules.map(
        (m, i): Triple => ({
          a: flat.slice('A', layout.a[i], 4 * rPad * m.dIn),
          b: flat.slice('B', layout.b[i], 4 * m.dOut * rPad),
          e: flat.slice('E', layout.extra[i], 4 * rPad),
        }),
      );
    this.#ipt = triples(this.#own['adalora/ipt']);
    this.#unc = triples(this.#own['adalora/unc']);
    this.#lora = new Lora({ ...low, params: low.params.map((p, i) => ({ ...p, b: this.#scaledB[i] })) });
    this.#hyper = scope.alloc('adalora/hyper', ADALORA_HYPER_BYTES, 'uniform');
    const counts = new Map(
      [...new Set([rPad, ...modules.map((m) => m.dOut)])].map((count) => {
        const dims = scope.alloc(`adalora/${count} rows`, DIMS_BYTES, 'uniform');
        device.write(
          dims,
          packDims({ rows: count, supervised: 0, lossScale: 1, tokens: 0, segments: 1, stride: count }),
        );
        return [count, { dims, of: () => count, max: count }] as const;
      }),
    );
    this.#rowsOf = (count) => counts.get(count)!;
  }

  init(): Op[] {
    return [];
  }
  frozenGradient(): Op[] {
    return [];
  }

  prepare(m: AdaptedModule, io: ForwardIO): Op[] {
    return this.#lora.prepare(m, io);
  }

  size(m: AdaptedModule, io: ForwardIO): { ops: Op[]; size: DeltaSize } {
    return this.#lora.size(m, io);
  }

  add(m: AdaptedModule, io: ForwardIO, rows: Rows): Op[] {
    return this.#lora.add(m, io, rows);
  }

  back(m: AdaptedModule, io: BackwardIO): Op[] {
    return this.#lora.back(m, io);
  }

  mu(m: AdaptedModule, io: BackwardIO): MuTerms {
    return this.#lora.mu(m, io);
  }

  /** Of A and B̂. */
  gradients(m: AdaptedModule, io: BackwardIO, rows: Rows): Op[] {
    return this.#lora.gradients(m, io, rows);
  }

  through(m: AdaptedModule, io: BackwardIO, gradIn: Tensor, rows: Rows): Op[] {
    return this.#lora.through(m, io, gradIn, rows);
  }

  /** Gradients of B and E, and of orthRegWeight · mean over all A and B of ‖A Aᵀ − I‖_F, ‖BᵀB − I‖_F. */
  finish(): Op[] {
    const { device, rPad, params, flat } = this.#low;
    const own = this.#own;
    const slope = own['adalora/slope'];
    const weight = this.#config.orthRegWeight / (2 * this.#modules.length);
    const steep = (cov: Tensor) => orthogonality(device, { cov, slope, rPad, rank: this.#rank, weight });
    return [
      gram(device, {
        table: own['adalora/gramTable'],
        modules: this.#modules.length,
        params: flat,
        out: own['adalora/gramB'],
        rank: rPad,
      }),
      ...this.#modules.flatMap((m) => {
        const { a, b, gradA, gradB, extra } = params[m.index];
        const gramB = own['adalora/gramB'].slice('BᵀB', m.index * gramStride(rPad), 4 * rPad ** 2);
        return [
          adaloraFinish(device, { b, e: extra!.value, gradB, gradE: extra!.grad, dOut: m.dOut, rank: rPad }),
          ...matmul(device, {
            label: 'A Aᵀ',
            rows: this.#rowsOf(rPad),
            a,
            w: a,
            out: own['adalora/gramA'],
            n: rPad,
            k: m.dIn,
            transposed: true,
          }),
          steep(own['adalora/gramA']),
          ...matmul(device, {
            label: 'slope A',
            rows: this.#rowsOf(rPad),
            a: slope,
            w: a,
            out: gradA,
            n: m.dIn,
            k: rPad,
            transposed: false,
            accumulate: true,
          }),
          steep(gramB),
          ...matmul(device, {
            label: 'B slope',
            rows: this.#rowsOf(m.dOut),
            a: b,
            w: slope,
            out: gradB,
            n: rPad,
            k: rPad,
            transposed: false,
            accumulate: true,
          }),
        ];
      }),
    ];
  }

  /** After the optimizer: sensitivities, and what the budget leaves. */
  afterStep(): Op[] {
    const {
      device,
      rPad,
      flat,
      optimizer: { grads, norm },
    } = this.#low;
    const own = this.#own;
    return [
      importance(device, {
        hyper: this.#hyper,
        norm,
        params: flat,
        grads,
        ipt: own['adalora/ipt'],
        unc: own['adalora/unc'],
        length: flat.size / 4,
      }),
      ...this.#modules.map((m) =>
        scores(device, {
          ipt: this.#ipt[m.index],
          unc: this.#unc[m.index],
          scores: own['adalora/scores'],
          first: m.index * this.#rank,
          dIn: m.dIn,
          dOut: m.dOut,
          rPad,
          rank: this.#rank,
        }),
      ),
      allocate(device, {
        hyper: this.#hyper,
        scores: own['adalora/scores'],
        starts: own['adalora/starts'],
        kept: own['adalora/kept'],
        params: flat,
        modules: this.#modules.length,
        rank: this.#rank,
      }),
    ];
  }

  prepareStep(step: number): void {
    const { beta1, beta2, deltaT } = this.#config;
    const hyper = packAdaloraHyper({
      beta1,
      beta2,
      clip: this.#clip,
      ...adaloraStep(this.#schedule, step, {
        deltaT,
        initial: this.#rank * this.#modules.length,
        target: this.#target,
      }),
    });
    this.#low.device.write(this.#hyper, hyper);
  }

  /** B̂ of every module. */
  refresh(): Op[] {
    const { device, rPad, params } = this.#low;
    return this.#modules.map((m) =>
      scaleB(device, {
        b: params[m.index].b,
        e: params[m.index].extra!.value,
        scaledB: this.#scaledB[m.index],
        dOut: m.dOut,
        rank: rPad,
      }),
    );
  }

  state(): StateTensor[] {
    return ADALORA_STATE.map((name) => ({ name, tensor: this.#own[name] }));
  }
}
