/** What adapted modules keep between forward and backward, for every run that shares the pass. */
import { type RunConfig, isGated, rankOf, shrinksUpdates } from '../../shared/config';
import { type ModelDescription, allModules } from '../../shared/model';
import type { AdaptedModule, SavedActivations, Scratch } from '../adapters/method';
import { adapterMethodOf } from '../adapters/methods';
import { padRank } from '../adapters/parameters';
import { type BufferScope, type Tensor, alignBinding } from '../device/buffers';
import { activeListBytes } from '../kernels/gate/activeRows';
import { lowRankPartialBytes } from '../kernels/lowRankGrad/lowRankGrad';
import { type Capacity, stackedRows } from './batch';

/**
 * Which modules share what they keep: none in training; where layers are recomputed, a kind's modules share what is
 * made again with the layer; all where no backward follows.
 */
export type Sharing = 'none' | 'layers' | 'all';

/** What the runs ask for together. */
export interface ActivationNeeds {
  /** The path of every module that any of them adapts, each once; and the largest padded rank. */
  keys: string[];
  rPad: number;
  /** Whether any of them has dropout. */
  dropout: boolean;
  /** Whether any of them has a soft threshold. */
  shrinks: boolean;
  /**
   * Kept outputs of the frozen modules, by key, for at most so many runs of a pass (null: of any module); whether any
   * of these runs is gated.
   */
  bases: { keys: { key: string; dOut: number | null }[]; runs: number; gated: boolean };
}

const keyOf = (m: AdaptedModule, sharing: Sharing) => (sharing === 'all' ? 'all' : m.path);
/** What is recomputed with its layer needs no place of its own in every layer. */
const baseKeyOf = (m: AdaptedModule, sharing: Sharing) => (sharing === 'layers' ? m.kind : keyOf(m, sharing));

export function activationNeeds(
  runs: readonly { modules: readonly AdaptedModule[]; config: RunConfig }[],
  sharing: Sharing,
): ActivationNeeds {
  const through = runs.filter((r) => adapterMethodOf(r.config).usesBaseOutput);
  const bases = new Map<string, number | null>();
  for (const m of through.flatMap((r) => r.modules)) {
    const key = baseKeyOf(m, sharing);
    bases.set(key, sharing === 'all' ? null : Math.max(m.dOut, bases.get(key) ?? 0));
  }
  return {
    keys: [...new Set(runs.flatMap((r) => r.modules.map((m) => keyOf(m, sharing))))],
    rPad: Math.max(4, ...runs.map((r) => padRank(rankOf(r.config)))),
    dropout: runs.some((r) => r.config.dropout > 0 || r.config.tokenDropout > 0),
    shrinks: runs.some((r) => shrinksUpdates(r.config)),
    bases: {
      keys: [...bases].map(([key, dOut]) => ({ key, dOut })),
      runs: through.length,
      gated: through.some((r) => isGated(r.config)),
    },
  };
}

/** The widest input, and the widest output, of a module. */
const widest = (model: ModelDescription, side: 'dIn' | 'dOut') => Math.max(...allModules(model).map((m) => m[side]));

const baseBytes = (model: ModelDescription, { rows }: Capacity, dOut: number | null) =>
  alignBinding(4 * rows * (dOut ?? widest(model, 'dOut')));

const strides = ({ rows }: Capacity, rPad: number) => ({
  z: alignBinding(4 * rows * rPad),
  ratio: alignBinding(4 * rows),
  open: alignBinding(4 * rows),
  list: alignBinding(activeListBytes(rows)),
});

export function activationSizes(
  model: ModelDescription,
  capacity: Capacity,
  { keys, rPad, dropout, shrinks, bases }: ActivationNeeds,
) {
  const s = strides(capacity, rPad);
  const n = capacity.segments * Math.max(1, keys.length);
  return {
    z: n * s.z,
    ratio: n * s.ratio,
    open: n * s.open,
    list: n * s.list,
    u: capacity.segments * s.z,
    mu: 4 * capacity.rows,
    partial: Math.max(...allModules(model).map(({ dIn, dOut }) => lowRankPartialBytes({ dIn, dOut, rank: rPad }))),
    dropped: dropout ? 4 * capacity.rows * widest(model, 'dIn') : 0,
    base:
      Math.min(capacity.segments, bases.runs) *
      bases.keys.reduce((sum, { dOut }) => sum + baseBytes(model, capacity, dOut), 0),
    frozenGradient: bases.runs > 0 ? 4 * stackedRows(capacity) * widest(model, 'dOut') : 0,
    delta: bases.gated ? (shrinks ? capacity.segments : 1) * baseBytes(model, capacity, null) : 0,
    rowTerm: bases.gated ? 4 * capacity.rows : 0,
    along: shrinks ? 4 * capacity.rows : 0,
  };
}

export class AdapterActivations {
  /** r and S of all modules, one row of `rowStride` values per segment and key. */
  readonly ratio: Tensor;
  readonly open: Tensor;
  readonly rowStride: number;
  /** Of each segment: u is its own, and `delta` where a run has a soft threshold; the rest is one for all. */
  readonly scratch: Scratch[];
  readonly keys: string[];
  /** [stacked rows, dOut]: what W0ᵀ is given where some run goes through the base. */
  readonly frozenGradient: Tensor | undefined;
  readonly #sharing: Sharing;
  readonly #saved: SavedActivations[];
  readonly #bases: Map<string, Tensor>[];

  constructor(
    scope: BufferScope,
    model: ModelDescription,
    { capacity, needs, sharing }: { capacity: Capacity; needs: ActivationNeeds; sharing: Sharing },
  ) {
    const sizes = activationSizes(model, capacity, needs);
    const s = strides(capacity, needs.rPad);
    const optional = (name: keyof typeof sizes) => (sizes[name] > 0 ? scope.alloc(name, sizes[name]) : undefined);
    const z = scope.alloc('z', sizes.z);
    const list = scope.alloc('list', sizes.list);
    this.#sharing = sharing;
    this.keys = needs.keys;
    this.ratio = scope.alloc('ratio', sizes.ratio);
    this.open = scope.alloc('open', sizes.open);
    this.rowStride = s.ratio / 4;
    const u = scope.alloc('u', sizes.u);
    const shared = {
      mu: scope.alloc('mu', sizes.mu),
      partial: scope.alloc('partial', sizes.partial),
      dropped: optional('dropped'),
      rowTerm: optional('rowTerm'),
      along: optional('along'),
    };
    const delta = optional('delta');
    const deltaOf = (segment: number) => {
      if (!delta || !needs.shrinks) return delta;
      const bytes = baseBytes(model, capacity, null);
      return delta.slice(`delta[${segment}]`, segment * bytes, bytes);
    };
    this.scratch = Array.from({ length: capacity.segments }, (_, i) => ({
      ...shared,
      u: u.slice(`u[${i}]`, i * s.z, s.z),
      delta: deltaOf(i),
    }));
    this.frozenGradient = sharing === 'all' ? undefined : optional('frozenGradient');
    const base = optional('base');
    let at = 0;
    this.#bases = base
      ? Array.from(
          { length: Math.min(capacity.segments, needs.bases.runs) },
          () =>
            new Map(
              needs.bases.keys.map(({ key, dOut }) => {
                const bytes = baseBytes(model, capacity, dOut);
                at += bytes;
                return [key, base.slice(`base ${key}`, at - bytes, bytes)];
              }),
            ),
        )
      : [];
    this.#saved = Array.from({ length: capacity.segments * needs.keys.length }, (_, i) => {
      const part = (tensor: Tensor, stride: number) => tensor.slice(`${tensor.label}[${i}]`, i * stride, stride);
      return {
        z: part(z, s.z),
        ratio: part(this.ratio, s.ratio),
        open: part(this.open, s.open),
        list: part(list, s.list),
      };
    });
  }

  /** Place of a module's rows in `ratio` and `open`, in rows of `rowStride`. */
  index(segment: number, m: AdaptedModule): number {
    return segment * this.keys.length + this.keys.indexOf(keyOf(m, this.#sharing));
  }

  /** What the runs of a pass keep, segment by segment, in the order of their modules; null is the base. */
  of(
    runs: readonly ({ modules: readonly AdaptedModule[]; config: RunConfig } | null)[],
  ): (SavedActivations[] | null)[] {
    let through = 0;
    return runs.map((run, segment) => {
      if (!run) return null;
      const bases = adapterMethodOf(run.config).usesBaseOutput ? this.#bases[through++] : undefined;
      return run.modules.map((m) => ({
        ...this.#saved[this.index(segment, m)],
        base: bases?.get(baseKeyOf(m, this.#sharing)),
      }));
    });
  }
}
