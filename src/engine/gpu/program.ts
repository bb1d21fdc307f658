/**
 * A program is a fixed list of dispatches: pipelines and bind groups are made once, and a step only says how
 * many rows there are. Kernels' host functions return `Dispatch` values; `Program` runs them in order.
 */
import type { BufferScope, Tensor } from './buffers';
import type { Gpu } from './device';
import type { Kernel } from './pipelines';
import type { Profiler } from './profiler';

/** How much there is to do in one pass through a program. */
export interface Counts {
  /** Tokens in the micro-batch: rows of one segment. */
  rows: number;
  /** Rows of one segment that have a target. */
  supervised: number;
  /** Runs that are stacked in the pass. */
  segments: number;
  /** (query, key) pairs of causal attention in one segment; only the accounts need them. */
  pairs?: number;
}

/**
 * A number of rows, known to the host when it dispatches and to the shader through a uniform whose first u32
 * it is (see `Dims` in dims.wgsl).
 */
export interface RowCount {
  dims: Tensor;
  of(counts: Counts): number;
  /** Most rows there can be, where that is known: long products are split by it. */
  max?: number;
}

export type Groups = [x: number, y: number, z: number];

export interface Dispatch {
  kernel: Kernel;
  /** Bindings 0, 1, 2, … of group 0. */
  bindings: Tensor[];
  /** Sizes that differ between calls of one pipeline, as a uniform bound after `bindings`; a multiple of 16 bytes. */
  values?: ArrayBuffer;
  /** Workgroups from the counts, or read from a buffer on the GPU (three u32 at `offset` bytes). */
  groups: ((counts: Counts) => Groups) | { indirect: Tensor; offset: number };
  /** Multiply-adds this dispatch does, where it multiplies and the host knows how much; for the accounts. Not given where only the GPU knows. */
  macs?: (counts: Counts) => number;
}

/** Anything a program can contain: a dispatch, zeroing a tensor, or copying one to another of the same size. */
export type Op = Dispatch | { clear: Tensor } | { copy: Tensor; to: Tensor };

export class Program {
  readonly #gpu: Gpu;
  readonly #scope: BufferScope;
  readonly label: string;
  readonly ops: Op[];
  #compiled: Promise<this> | null = null;
  #ready: ({ pipeline: GPUComputePipeline; group: GPUBindGroup } | null)[] | null = null;

  /** @param scope owns the sizes that the dispatches bind: the program runs as long as it is not freed */
  constructor(gpu: Gpu, scope: BufferScope, label: string, ops: Op[]) {
    this.#gpu = gpu;
    this.#scope = scope;
    this.label = label;
    this.ops = ops;
  }

  /** Compiles all pipelines in parallel and makes the bind groups, once however often it is called. To be awaited before `encode`. */
  compile(): Promise<this> {
    return this.#compiled ??= this.#compile();
  }

  async #compile(): Promise<this> {
    const { device, pipelines } = this.#gpu;
    this.#ready = await Promise.all(this.ops.map(async (op) => {
      if (!('kernel' in op)) return null;
      const pipeline = await pipelines.get(op.kernel);
      const group = device.createBindGroup({
        label: op.kernel.label,
        layout: pipeline.getBindGroupLayout(0),
        entries: [
          ...op.bindings.map((t, binding) => ({ binding, resource: t.binding })),
          ...(op.values ? [{ binding: op.bindings.length, resource: this.#scope.uniform(op.values).binding }] : []),
        ],
      });
      return { pipeline, group };
    }));
    return this;
  }

  /** Records every dispatch into `encoder`. Dispatches with nothing to do are left out. */
  encode(encoder: GPUCommandEncoder, counts: Counts, profiler: Profiler | null = null): void {
    const ready = this.#ready;
    if (!ready) throw new Error(`program "${this.label}" is not compiled`);
    let pass: GPUComputePassEncoder | null = null;
    const endPass = () => {
      pass?.end();
      pass = null;
    };
    this.ops.forEach((op, i) => {
      if ('clear' in op) {
        endPass();
        encoder.clearBuffer(op.clear.buffer, op.clear.offset, op.clear.size);
        return;
      }
      if ('copy' in op) {
        endPass();
        encoder.copyBufferToBuffer(op.copy.buffer, op.copy.offset, op.to.buffer, op.to.offset, op.copy.size);
        return;
      }
      const groups = typeof op.groups === 'function' ? op.groups(counts) : null;
      if (groups?.includes(0)) return;
      pass ??= profiler ? profiler.pass(encoder, op.kernel.label, op.macs?.(counts) ?? null) : encoder.beginComputePass({ label: this.label });
      const { pipeline, group } = ready[i]!;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      if (groups) pass.dispatchWorkgroups(...groups);
      else {
        const { indirect, offset } = op.groups as { indirect: Tensor; offset: number };
        pass.dispatchWorkgroupsIndirect(indirect.buffer, indirect.offset + offset);
      }
      if (profiler) endPass();
    });
    endPass();
  }
}

/** Multiply-adds of the products in `ops` whose sizes the host knows. */
export function macsOf(ops: readonly Op[], counts: Counts): number {
  return ops.reduce((sum, op) => sum + ('kernel' in op ? (op.macs?.(counts) ?? 0) : 0), 0);
}
