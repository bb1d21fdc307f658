/**
 * A program is a fixed list of dispatches: what they need is made once, and a step only says how many rows there are.
 * Kernels' host functions return `Dispatch` values; `Program` runs them in order.
 */
import type { BufferScope } from './buffers';
import type { Counts } from './counts';
import type { Commands, Device, Prepared, Profiler } from './device';
import type { Op } from './dispatch';

export type { Counts, Groups, RowCount } from './counts';
export type { Dispatch, Op } from './dispatch';

export class Program {
  readonly #device: Device;
  readonly #scope: BufferScope;
  readonly label: string;
  readonly ops: Op[];
  #compiled: Promise<this> | null = null;
  #prepared: Prepared | null = null;

  /** @param scope owns the sizes that the dispatches bind: the program runs as long as it is not freed */
  constructor(device: Device, scope: BufferScope, label: string, ops: Op[]) {
    this.#device = device;
    this.#scope = scope;
    this.label = label;
    this.ops = ops;
  }

  /** Compiles everything in parallel, once however often it is called. To be awaited before `encode`. */
  compile(): Promise<this> {
    return (this.#compiled ??= this.#compile());
  }

  async #compile(): Promise<this> {
    this.#prepared = await this.#device.prepare(this.#scope, this.label, this.ops);
    return this;
  }

  /** Records every dispatch. Dispatches with nothing to do are left out. */
  encode(commands: Commands, counts: Counts, profiler: Profiler | null = null): void {
    if (!this.#prepared) throw new Error(`program "${this.label}" is not compiled`);
    this.#prepared(commands, counts, profiler);
  }
}

/** Multiply-adds of the products in `ops` whose sizes the host knows. */
export function macsOf(ops: readonly Op[], counts: Counts): number {
  return ops.reduce((sum, op) => sum + ('kernel' in op ? (op.macs?.(counts) ?? 0) : 0), 0);
}
