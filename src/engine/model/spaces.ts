/** What adapted modules keep between forward and backward, for all runs that take turns on one base. */
import type { LlamaConfig } from '../../shared/types';
import type { AdaptedModule, ModuleSpace, SharedSpace } from '../adapters/method';
import { type BufferScope, type Tensor, alignBinding } from '../gpu/buffers';
import { ARGS_BYTES, activeListBytes } from '../kernels/compact/compact';
import { lowRankPartialBytes } from '../kernels/lowRankGrad/lowRankGrad';
import type { Capacity } from './batch';
import { kvWidth, qWidth } from './llama';

/** What the runs ask for together: every layer and kind that any of them adapts, and the largest padded rank. */
export interface SpaceNeeds {
  /** `layer.kind`, each once */
  keys: string[];
  rPad: number;
}

export const moduleKey = (m: { layer: number; kind: string }) => `${m.layer}.${m.kind}`;

export function spaceNeeds(runs: readonly { modules: readonly AdaptedModule[]; rPad: number }[]): SpaceNeeds {
  return { keys: [...new Set(runs.flatMap((r) => r.modules.map(moduleKey)))], rPad: Math.max(4, ...runs.map((r) => r.rPad)) };
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
  const widest = Math.max(c.dModel, c.ffn, qWidth(c), kvWidth(c));
  const n = Math.max(1, keys.length);
  return {
    z: n * s.z,
    ratio: n * s.ratio,
    open: n * s.open,
    list: n * s.list,
    args: n * s.args,
    u: 4 * capacity.rows * rPad,
    mu: 4 * capacity.rows,
    partial: lowRankPartialBytes(capacity.rows, widest, rPad),
  };
}

export class AdapterSpaces {
  /** All modules' r and S, one row of `rowStride` values per key. */
  readonly ratio: Tensor;
  readonly open: Tensor;
  readonly rowStride: number;
  readonly shared: SharedSpace;
  readonly keys: string[];
  readonly #byKey = new Map<string, ModuleSpace>();

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
    needs.keys.forEach((key, i) => {
      const part = (tensor: Tensor, stride: number) => tensor.slice(`${tensor.label} ${key}`, i * stride, stride);
      this.#byKey.set(key, { z: part(z, s.z), ratio: part(this.ratio, s.ratio), open: part(this.open, s.open), list: part(list, s.list), args: part(args, s.args) });
    });
  }

  /** The spaces of a run's modules, in their order. */
  of(modules: readonly AdaptedModule[]): ModuleSpace[] {
    return modules.map((m) => this.#byKey.get(moduleKey(m))!);
  }

  /** The one space that all modules share where no backward follows (`keys` has one entry). */
  only(): ModuleSpace {
    return this.#byKey.get(this.keys[0])!;
  }
}
