/**
 * A micro-batch on the GPU. Sequences lie behind one another without padding, so padding cannot count: `meta`
 * tells each row where its keys start, its position, and where its sequence ends.
 */
import { TrainError } from '../../shared/errors';
import type { TokenBatch } from '../../shared/types';
import type { BufferScope, Tensor } from '../gpu/buffers';
import type { Gpu } from '../gpu/device';
import type { Counts, RowCount } from '../gpu/program';

/** Rows of logits that exist at a time; a larger batch goes through the head in chunks. */
export const HEAD_CHUNK = 128;
const DIMS_STRIDE = 256;
const NO_ROW = 0xffffffff;

/** Most rows and most supervised rows of one pass. */
export interface Capacity {
  rows: number;
  supervised: number;
}

/** Sizes of the whole accumulated batch, known before its first micro-batch. */
export interface BatchTotals {
  tokens: number;
  supervised: number;
}

export const headChunks = (capacity: Capacity) => Math.ceil(capacity.supervised / HEAD_CHUNK);

export const batchSizes = ({ rows, supervised }: Capacity) => ({
  dims: DIMS_STRIDE * (2 + Math.ceil(supervised / HEAD_CHUNK)),
  ids: 4 * rows,
  meta: 16 * rows,
  targetRows: 4 * supervised,
  targetOfRow: 4 * rows,
  targets: 4 * supervised,
  lossTotal: 16,
});

export class BatchBuffers {
  readonly capacity: Capacity;
  readonly ids: Tensor;
  readonly meta: Tensor;
  /** [supervised]: the row of each target, and [rows] its inverse (0xffffffff where there is none). */
  readonly targetRows: Tensor;
  readonly targetOfRow: Tensor;
  readonly targets: Tensor;
  /** Σ loss over the micro-batches of a step, f32[1]. */
  readonly lossTotal: Tensor;
  readonly rows: RowCount;
  readonly supervised: RowCount;
  readonly chunks: RowCount[];
  readonly #dims: Tensor;
  readonly #gpu: Gpu;

  constructor(gpu: Gpu, scope: BufferScope, capacity: Capacity) {
    const sizes = batchSizes(capacity);
    this.#gpu = gpu;
    this.capacity = capacity;
    this.#dims = scope.alloc('dims', sizes.dims, GPUBufferUsage.UNIFORM);
    this.ids = scope.alloc('ids', sizes.ids);
    this.meta = scope.alloc('meta', sizes.meta);
    this.targetRows = scope.alloc('targetRows', sizes.targetRows);
    this.targetOfRow = scope.alloc('targetOfRow', sizes.targetOfRow);
    this.targets = scope.alloc('targets', sizes.targets);
    this.lossTotal = scope.alloc('lossTotal', sizes.lossTotal);
    const dims = (slot: number) => this.#dims.slice(`dims[${slot}]`, slot * DIMS_STRIDE, 16);
    this.rows = { dims: dims(0), of: (c) => c.rows };
    this.supervised = { dims: dims(1), of: (c) => c.supervised };
    this.chunks = Array.from({ length: headChunks(capacity) }, (_, i) => ({
      dims: dims(2 + i),
      of: (c: Counts) => chunkRows(c.supervised, i),
    }));
  }

  /**
   * Writes a micro-batch. `cache` places it in a key/value cache: row i of the only sequence is position
   * `start + i`, its keys begin at row `keyStart` of the cache.
   */
  write(batch: TokenBatch, totals: BatchTotals, cache?: { keyStart: number; start: number }): Counts {
    const rows = batch.ids.length;
    const wanted: number[] = [];
    const targetOfRow = new Uint32Array(rows).fill(NO_ROW);
    for (let i = 0; i < rows; i++) {
      if (batch.targets[i] < 0) continue;
      targetOfRow[i] = wanted.length;
      wanted.push(i);
    }
    const { capacity } = this;
    if (rows > capacity.rows || wanted.length > capacity.supervised) {
      throw new TrainError(`A batch of ${rows} tokens (${wanted.length} with a target) does not fit the ${capacity.rows} (${capacity.supervised}) that were planned.`, 'Choose a shorter context or a smaller batch.');
    }
    const meta = new Uint32Array(4 * rows);
    for (let s = 0; s + 1 < batch.starts.length; s++) {
      const [from, to] = [batch.starts[s], batch.starts[s + 1]];
      for (let i = from; i < to; i++) {
        meta.set(cache ? [cache.keyStart, cache.start + i - from, 0, 0] : [from, i - from, to, 0], 4 * i);
      }
    }
    const dims = new ArrayBuffer(this.#dims.size);
    const lossScale = totals.supervised > 0 ? 1 / totals.supervised : 0;
    [rows, wanted.length, ...this.chunks.map((_, i) => chunkRows(wanted.length, i))].forEach((count, slot) => {
      new Uint32Array(dims, slot * DIMS_STRIDE, 4).set([count, wanted.length, 0, totals.tokens]);
      new Float32Array(dims, slot * DIMS_STRIDE, 4)[2] = lossScale;
    });
    const { queue } = this.#gpu.device;
    const put = (tensor: Tensor, data: ArrayBufferLike) => queue.writeBuffer(tensor.buffer, tensor.offset, data as ArrayBuffer);
    put(this.#dims, dims);
    put(this.ids, Uint32Array.from(batch.ids).buffer);
    put(this.meta, meta.buffer);
    put(this.targetOfRow, targetOfRow.buffer);
    if (wanted.length > 0) {
      put(this.targetRows, Uint32Array.from(wanted).buffer);
      put(this.targets, Uint32Array.from(wanted, (i) => batch.targets[i]).buffer);
    }
    return { rows, supervised: wanted.length };
  }
}

const chunkRows = (supervised: number, chunk: number) => Math.min(HEAD_CHUNK, Math.max(0, supervised - chunk * HEAD_CHUNK));

/** Tokens and targets of all micro-batches of a step together. */
export function batchTotals(batches: readonly TokenBatch[]): BatchTotals {
  let tokens = 0;
  let supervised = 0;
  for (const b of batches) {
    tokens += b.ids.length;
    for (const t of b.targets) if (t >= 0) supervised++;
  }
  return { tokens, supervised };
}
