/** What adapted modules keep between forward and backward, for every run that shares the pass. */
import { MODULE_KINDS } from '../../shared/config';
import type { LlamaConfig } from '../../shared/types';
import type { AdaptedModule, ModuleSpace, SharedSpace } from '../adapters/method';
import { type BufferScope, type Tensor, alignBinding } from '../gpu/buffers';
import { ARGS_BYTES, activeListBytes } from '../kernels/gate/activeRows';
import { lowRankPartialBytes } from '../kernels/lowRankGrad/lowRankGrad';
import type { Capacity } from './batch';
import { moduleName, moduleShape } from './llama';

/** What the runs ask for together: every layer and kind that any of them adapts, and the largest padded rank. */
export interface SpaceNeeds {
  /** `layer.kind`, each once */
  keys: string[];
  rPad: number;
}

export function spaceNeeds(runs: readonly { modules: readonly AdaptedModule[]; rPad: number }[]): SpaceNeeds {
  return { keys: [...new Set(runs.flatMap((r) => r.modules.map(moduleName)))], rPad: Math.max(4, ...runs.map((r) => r.rPad)) };
}

const strides = ({ rows }: Capacity, rPad: number) => ({
  z: alignBinding(4 * rows * rPad),
  ratio: alignBinding(4 * rows),
  open: alignBinding(4 * rows),
  list: alignBinding(activeListBytes(rows)),
  args: alignBinding(ARGS_BYTES),
});

export function spaceSizes(c: LlamaConfig, capacity: Capacity, { keys, rPad }: SpaceNeeds) {
  const s = strides(capacity, rPad);
  const n = capacity.segments * Math.max(1, keys.length);
  return {
    z: n * s.z,
    ratio: n * s.ratio,
    open: n * s.open,
    list: n * s.list,
    args: n * s.args,
    u: 4 * capacity.rows * rPad,
    mu: 4 * capacity.rows,
    partial: Math.max(...MODULE_KINDS.map((kind) => lowRankPartialBytes({ ...moduleShape(c, kind), rank: rPad }))),
  };
}

export class AdapterSpaces {
  /** r and S of all modules, one row of `rowStride` values per segment and key. */
  readonly ratio: Tensor;
  readonly open: Tensor;
  readonly rowStride: number;
  readonly shared: SharedSpace;
  readonly keys: string[];
  readonly #spaces: ModuleSpace[];

  constructor(scope: BufferScope, c: LlamaConfig, capacity: Capacity, needs: SpaceNeeds) {
    const sizes = spaceSizes(c, capacity, needs);
    const s = strides(capacity, needs.rPad);
    const z = scope.alloc('z', sizes.z);
    const list = scope.alloc('list', sizes.list);
    const args = scope.alloc('args', sizes.args, GPUBufferUsage.INDIRECT);
    this.keys = needs.keys;
    this.ratio = scope.alloc('ratio', sizes.ratio);
    this.open = scope.alloc('open', sizes.open);
    this.rowStride = s.ratio / 4;
    this.shared = { u: scope.alloc('u', sizes.u), mu: scope.alloc('mu', sizes.mu), partial: scope.alloc('partial', sizes.partial) };
    this.#spaces = Array.from({ length: capacity.segments * needs.keys.length }, (_, i) => {
      const part = (tensor: Tensor, stride: number) => tensor.slice(`${tensor.label}[${i}]`, i * stride, stride);
      return { z: part(z, s.z), ratio: part(this.ratio, s.ratio), open: part(this.open, s.open), list: part(list, s.list), args: part(args, s.args) };
    });
  }

  /** Place of a module's rows in `ratio` and `open`, in rows of `rowStride`. */
  index(segment: number, key: string): number {
    return segment * this.keys.length + this.keys.indexOf(key);
  }

  /** The spaces of the modules of the run in `segment`, in their order. */
  of(segment: number, modules: readonly AdaptedModule[]): ModuleSpace[] {
    return modules.map((m) => this.#spaces[this.index(segment, moduleName(m))]);
  }

  /** The one space that all modules of a segment share where no backward follows (`keys` has one entry). */
  only(segment: number): ModuleSpace {
    return this.#spaces[segment];
  }
}
