/**
 * DoRA (Liu et al. 2024, arXiv 2402.09353; PEFT's `use_dora`): W' = m ⊙ (W0 + s B A)/n, n = the row norms of W0 + s B
 * A, held constant in the backward. With c = m/n − 1 and y = W0 x,
 *
 *   Δ = c ⊙ y + s B̂ z,  B̂ = (1 + c) ⊙ B:
 *
 * LoRA with B̂ in B's place, and a part along the frozen output. So LoRA's products do the work with B̂, which is made
 * once a step; the gradient of B̂ becomes those of B and m at the step's end: dB = (1 + c) ⊙ dB̂ and dm = (Σ S g ⊙ y +
 * ⟨B, dB̂⟩)/n, since s Σ S g ⊙ (B z) = ⟨B, dB̂⟩ row by row. Through W0 goes g ⊙ (1 + S c).
 */
import { isGated, shrinksUpdates } from '../../../shared/config';
import { type Tensor, alignBinding } from '../../device/buffers';
import { DIMS_BYTES, packDims } from '../../device/dims';
import type { Op, RowCount } from '../../device/program';
import type { DeltaSize } from '../../kernels/gate/gate';
import { addScaled, columnDots, doraFinish, doraScale, frozenGradient, rowTerms } from '../../kernels/dora/dora';
import { matmul } from '../../kernels/matmul/matmul';
import type { Weight } from '../../kernels/matmul/weight';
import type { MuTerms } from '../../kernels/muStats/muStats';
import { rowNorms } from '../../kernels/rowNorms/rowNorms';
import type { Rows } from '../../kernels/rows/rows';
import type { UpdateContext } from '../adapterMethod';
import { Lora } from '../lora/lora';
import type { LowRank } from '../lowRank';
import type { AdaptedModule, BackwardIO, ForwardIO, FrozenGradientIO } from '../method';
import type { ShrunkUpdate, Update } from '../update';
import { ShrunkDora } from './shrunk';

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const vectorBytes = (m: Pick<AdaptedModule, 'dOut'>) => alignBinding(4 * m.dOut);

/** Bytes of what DoRA derives from W0, A and B, by name. */
export function doraSizes(modules: readonly AdaptedModule[], rPad: number) {
  const vectors = sum(modules.map(vectorBytes));
  return {
    'dora/squares': vectors,
    'dora/norm': vectors,
    'dora/change': vectors,
    'dora/scaledB': sum(modules.map((m) => alignBinding(4 * m.dOut * rPad))),
    'dora/product': 4 * rPad * Math.max(...modules.map((m) => m.dOut)),
    'dora/gram': 4 * rPad * rPad,
  };
}

/** A module's derived tensors. */
interface Derived {
  /** ‖W0‖², n and c by outputs. */
  rowNormSquared: Tensor;
  norm: Tensor;
  change: Tensor;
  /** B̂ [dOut, rPad] */
  scaledB: Tensor;
}

export class Dora implements Update {
  readonly usesBaseOutput = true;
  readonly shrunk: ShrunkUpdate | null;
  readonly #low: LowRank;
  /** LoRA with B̂. */
  readonly #lora: Lora;
  readonly #modules: readonly AdaptedModule[];
  readonly #frozen: (m: AdaptedModule) => Weight;
  readonly #derived: Derived[];
  readonly #product: Tensor;
  readonly #gram: Tensor;
  /** As many rows as A has. */
  readonly #rankRows: RowCount;
  readonly #gated: boolean;

  constructor({ run, low, modules, scope, frozen }: UpdateContext) {
    const { rPad } = low;
    const all = Object.fromEntries(
      Object.entries(doraSizes(modules, rPad)).map(([name, bytes]) => [name, scope.alloc(name, bytes)]),
    );
    const slices = (
      name: string,
      bytes: (m: AdaptedModule) => number,
      length: (m: AdaptedModule) => number,
    ): Tensor[] => {
      let at = 0;
      return modules.map((m) => {
        const slice = all[name].slice(name, at, 4 * length(m));
        at += bytes(m);
        return slice;
      });
    };
    const vectors = (name: string) => slices(name, vectorBytes, (m) => m.dOut);
    const [rowNormSquared, norm, change] = [vectors('dora/squares'), vectors('dora/norm'), vectors('dora/change')];
    const scaledB = slices(
      'dora/scaledB',
      (m) => alignBinding(4 * m.dOut * rPad),
      (m) => m.dOut * rPad,
    );
    this.#low = low;
    this.#modules = modules;
    this.#frozen = frozen;
    this.#gated = isGated(run);
    this.#product = all['dora/product'];
    this.#gram = all['dora/gram'];
    this.#derived = modules.map((_, i) => ({
      rowNormSquared: rowNormSquared[i],
      norm: norm[i],
      change: change[i],
      scaledB: scaledB[i],
    }));
    this.#lora = new Lora({ ...low, params: low.params.map((p, i) => ({ ...p, b: scaledB[i] })) });
    this.shrunk = shrinksUpdates(run)
      ? new ShrunkDora({
          low,
          lora: this.#lora,
          changeOf: (m) => change[m.index],
          lowRankPart: (m, io) => this.#lowRankPart(m, io),
        })
      : null;
    const dims = scope.alloc('dora/rank rows', DIMS_BYTES, 'uniform');
    low.device.write(dims, packDims({ rows: rPad, supervised: 0, lossScale: 1, tokens: 0, segments: 1, stride: rPad }));
    this.#rankRows = { dims, of: () => rPad, max: rPad };
  }

  /** ‖W0‖² by rows; m starts at ‖W0‖. */
  init(): Op[] {
    const { device, params } = this.#low;
    return this.#modules.map((m) =>
      rowNorms(device, {
        w: this.#frozen(m),
        rowNormSquared: this.#derived[m.index].rowNormSquared,
        norms: params[m.index].extra!.value,
        rows: m.dOut,
        k: m.dIn,
      }),
    );
  }

  /** n, c and B̂ of every module. */
  refresh(): Op[] {
    const { device, rPad, scaling, params } = this.#low;
    const rows = this.#rankRows;
    return this.#modules.flatMap((m) => {
      const { a, b, extra } = params[m.index];
      const times = (label: string, w: Tensor | Weight, out: Tensor, n: number) =>
        matmul(device, { label, rows, a, w, out, n, k: m.dIn, transposed: true });
      return [
        ...times('A W0ᵀ', this.#frozen(m), this.#product, m.dOut),
        ...times('A Aᵀ', a, this.#gram, rPad),
        doraScale(device, {
          ...this.#derived[m.index],
          dOut: m.dOut,
          rank: rPad,
          scaling,
          product: this.#product,
          gram: this.#gram,
          b,
          m: extra!.value,
        }),
      ];
    });
  }

  prepare(m: AdaptedModule, io: ForwardIO): Op[] {
    return this.#lora.prepare(m, io);
  }

  /** Needs all of s B̂ z: the part along y is as wide as the output, so a gate saves nothing here. */
  size(m: AdaptedModule, { rows, saved, scratch }: ForwardIO): { ops: Op[]; size: DeltaSize } {
    const { change } = this.#derived[m.index];
    const [delta, rowNormSquared] = [scratch.delta!, scratch.rowTerm!];
    return {
      ops: [
        ...this.#lowRankPart(m, { rows, saved, scratch }),
        rowTerms(this.#low.device, {
          rows,
          change,
          base: saved.base!,
          other: delta,
          out: rowNormSquared,
          width: m.dOut,
          dot: false,
        }),
      ],
      size: { rowNormSquared },
    };
  }

  /** scratch.delta = s B̂ z of all rows. */
  #lowRankPart(m: AdaptedModule, { rows, saved, scratch }: Pick<ForwardIO, 'rows' | 'saved' | 'scratch'>): Op[] {
    const { device, rPad, scaling } = this.#low;
    return matmul(device, {
      label: 'B̂ z',
      rows,
      a: saved.z,
      w: this.#derived[m.index].scaledB,
      out: scratch.delta!,
      n: m.dOut,
      k: rPad,
      transposed: true,
      scale: scaling,
    });
  }

  add(m: AdaptedModule, io: ForwardIO, rows: Rows): Op[] {
    return [
      ...this.#lora.add(m, io, rows),
      addScaled(this.#low.device, {
        rows,
        change: this.#derived[m.index].change,
        base: io.saved.base!,
        y: io.y,
        width: m.dOut,
      }),
    ];
  }

  frozenGradient(m: AdaptedModule, { rows, gradOut, out }: FrozenGradientIO, open: Tensor | null): Op[] {
    return [
      frozenGradient(this.#low.device, {
        rows,
        change: this.#derived[m.index].change,
        gradOut,
        open,
        out,
        width: m.dOut,
      }),
    ];
  }

  back(m: AdaptedModule, io: BackwardIO): Op[] {
    const { rows, gradOut, saved, scratch } = io;
    return [
      ...this.#lora.back(m, io),
      ...(this.#gated
        ? [
            rowTerms(this.#low.device, {
              rows,
              change: this.#derived[m.index].change,
              base: saved.base!,
              other: gradOut,
              out: scratch.rowTerm!,
              width: m.dOut,
              dot: true,
            }),
          ]
        : []),
    ];
  }

  /** μ = s u·z + ⟨g, c ⊙ y⟩. */
  mu(m: AdaptedModule, io: BackwardIO): MuTerms {
    return { ...this.#lora.mu(m, io), extra: io.scratch.rowTerm! };
  }

  /** Of A and B̂; and Σ S g ⊙ y where m's gradient will be. */
  gradients(m: AdaptedModule, io: BackwardIO, rows: Rows): Op[] {
    return [
      ...this.#lora.gradients(m, io, rows),
      columnDots(this.#low.device, {
        rows,
        gradOut: io.gradOut,
        base: io.saved.base!,
        sums: this.#low.params[m.index].extra!.grad,
        width: m.dOut,
      }),
    ];
  }

  through(m: AdaptedModule, io: BackwardIO, gradIn: Tensor, rows: Rows): Op[] {
    return this.#lora.through(m, io, gradIn, rows);
  }

  finish(): Op[] {
    const { device, rPad, params } = this.#low;
    return this.#modules.map((m) => {
      const { b, gradB, extra } = params[m.index];
      const { norm, change } = this.#derived[m.index];
      return doraFinish(device, { dOut: m.dOut, rank: rPad, b, norm, change, gradB, gradM: extra!.grad });
    });
  }

  afterStep(): Op[] {
    return [];
  }
  prepareStep(): void {}
  state(): [] {
    return [];
  }
}
