/**
 * A micro-batch on the GPU. Sequences lie behind one another without padding, so padding cannot count: `meta` tells
 * each row where its keys start, its position, and where its sequence ends. Runs that share a pass are stacked: each
 * has a segment of the same rows, `stride` rows from the next. Ids, positions and targets are written out for every
 * segment, so that kernels need not know of segments beyond `rowAt`.
 */
import { TrainError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { TokenBatch } from '../../shared/types';
import { type BufferScope, type Tensor, alignBinding } from '../device/buffers';
import type { Commands, Device } from '../device/device';
import { DIMS_BYTES, type Dims, type PassKind, packDims } from '../device/dims';
import type { Counts, RowCount } from '../device/program';

const DIMS_STRIDE = 256;
/** dims: stacked rows, one segment's rows, rows with a target; then the chunks of the head. */
const FIRST_CHUNK = 3;
const NO_ROW = 0xffffffff;

/** What one pass must hold. */
export interface Capacity {
  /** Most tokens of one segment, and most of them with a target. */
  rows: number;
  supervised: number;
  /** Most segments: runs that share a pass. */
  segments: number;
  /** Rows of logits that exist at a time; a larger batch goes through the head in chunks. */
  headChunk: number;
  /** Every run has a head of its own: a chunk is what one run's rows with a target are. */
  ownHeads?: boolean;
  /** Numbers of a row's patch, where the model reads pictures. */
  patchValues?: number;
}

/** Sizes of the whole accumulated batch, known before its first micro-batch. */
export interface BatchTotals {
  tokens: number;
  supervised: number;
}

/** What not every pass has. */
export interface StageOptions {
  /** What the pass is for; 'train' unless given. */
  kind?: PassKind;
  /** What random choices go by: the optimizer step, the evaluation's batch, or the first position. */
  draw?: number;
  /** Tokens of the step before the first of the micro-batches. */
  after?: number;
  decode?: { start: number; context: number };
  dropoutKeys?: readonly number[];
  /** What each micro-batch was cut from; unless given each is whole, and the one of its own number. */
  cuts?: readonly Pick<Required<Dims>, 'of' | 'before' | 'whole'>[];
}

/** Rows from one segment to the next: whole tensors' segments can be bound alone, whatever their width. */
export const segmentStride = (capacity: Pick<Capacity, 'rows'>) => Math.ceil(capacity.rows / 64) * 64;

/** The same for the rows with a target, where each run has a head of its own. */
export const targetStride = ({ supervised }: Pick<Capacity, 'supervised'>) => Math.ceil(supervised / 64) * 64;

/** Rows of the stacked tensors, and of those that hold rows with a target only. */
export const stackedRows = (capacity: Capacity) => capacity.segments * segmentStride(capacity);
export const stackedTargets = (capacity: Capacity) =>
  capacity.segments * (capacity.ownHeads ? targetStride(capacity) : capacity.supervised);

/** Rows of logits at a time for a vocabulary: a few MB of them, in whole bindings. */
export const headChunkRows = (vocab: number) => 64 * Math.min(8, Math.max(1, Math.floor(2 ** 23 / vocab / 64)));

const headChunks = (capacity: Capacity) => Math.ceil(stackedTargets(capacity) / capacity.headChunk);

/** The parts of a micro-batch, in bytes. */
const partSizes = (capacity: Capacity) => {
  const rows = capacity.segments * capacity.rows;
  const targets = stackedTargets(capacity);
  return {
    dims: DIMS_STRIDE * (FIRST_CHUNK + headChunks(capacity)),
    ids: alignBinding(4 * rows),
    meta: alignBinding(16 * rows),
    targetOfRow: alignBinding(4 * rows),
    targetRows: alignBinding(4 * targets),
    targets: alignBinding(4 * targets),
    patches: 4 * stackedRows(capacity) * (capacity.patchValues ?? 0),
  };
};
type Part = keyof ReturnType<typeof partSizes>;

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** @param microBatches that one submit may hold */
export const batchSizes = (capacity: Capacity, microBatches: number) => {
  const bytes = sum(Object.values(partSizes(capacity)));
  return { current: bytes, staged: bytes * microBatches, lossTotal: Math.max(16, 4 * capacity.segments) };
};

export class BatchBuffers {
  readonly capacity: Capacity;
  readonly microBatches: number;
  readonly ids: Tensor;
  readonly meta: Tensor;
  /** [rows with a target]: the row of each, and [rows] its inverse (0xffffffff where there is none). */
  readonly targetRows: Tensor;
  readonly targetOfRow: Tensor;
  readonly targets: Tensor;
  /** [stacked rows, patchValues]; null for texts. */
  readonly patches: Tensor | null;
  /** Σ loss over the micro-batches of a step, f32[segments]. */
  readonly lossTotal: Tensor;
  /** All segments' rows; one segment's; all segments' rows with a target; and those in the head's chunks. */
  readonly rows: RowCount;
  readonly segment: RowCount;
  readonly supervised: RowCount;
  readonly chunks: RowCount[];
  readonly #device: Device;
  readonly #parts: Record<Part, { from: number; bytes: number }>;
  readonly #current: Tensor;
  readonly #staged: Tensor;

  constructor(device: Device, scope: BufferScope, capacity: Capacity, microBatches: number) {
    const sizes = batchSizes(capacity, microBatches);
    this.#device = device;
    this.capacity = capacity;
    this.microBatches = microBatches;
    this.#current = scope.alloc('batch', sizes.current, 'uniform');
    this.#staged = scope.alloc('staged batches', sizes.staged);
    this.lossTotal = scope.alloc('lossTotal', sizes.lossTotal);
    let from = 0;
    this.#parts = Object.fromEntries(
      Object.entries(partSizes(capacity)).map(([name, bytes]) => {
        const part = { from, bytes };
        from += bytes;
        return [name, part];
      }),
    ) as Record<Part, { from: number; bytes: number }>;
    const part = (name: Part) => this.#current.slice(name, this.#parts[name].from, this.#parts[name].bytes);
    this.ids = part('ids');
    this.meta = part('meta');
    this.targetRows = part('targetRows');
    this.targetOfRow = part('targetOfRow');
    this.targets = part('targets');
    this.patches = capacity.patchValues ? part('patches') : null;
    const count = (slot: number, of: (c: Counts) => number): RowCount => ({
      dims: this.#current.slice(`dims[${slot}]`, slot * DIMS_STRIDE, DIMS_BYTES),
      of,
    });
    this.rows = { ...count(0, (c) => c.rows * c.segments), max: capacity.rows * capacity.segments };
    this.segment = { ...count(1, (c) => c.rows), max: capacity.rows };
    this.supervised = { ...count(2, (c) => c.supervised * c.segments), max: stackedTargets(capacity) };
    this.chunks = Array.from({ length: headChunks(capacity) }, (_, i) => ({
      ...count(FIRST_CHUNK + i, (c) => this.#chunkRows(c.supervised, c.segments, i)),
      max: this.#chunkRows(capacity.supervised, capacity.segments, i),
    }));
  }

  /** Rows of a chunk: of all rows with a target, or of one run's where each has a head of its own. */
  #chunkRows(targets: number, segments: number, chunk: number): number {
    const { headChunk, ownHeads } = this.capacity;
    if (ownHeads) return chunk < segments ? targets : 0;
    return Math.min(headChunk, Math.max(0, segments * targets - chunk * headChunk));
  }

  /**
   * Sends micro-batches, each for `segments` runs; `load` then puts one in place. `decode` places the rows in a
   * key/value cache: row i of the only sequence is position `start + i`, segment s's keys begin at row s · `context`,
   * and `ids` holds every segment's own ids behind one another. `dropoutKeys`: one for each micro-batch that learns.
   */
  stage(batches: readonly TokenBatch[], totals: BatchTotals, segments: number, options: StageOptions = {}): Counts[] {
    if (batches.length > this.microBatches || segments > this.capacity.segments)
      throw new Error(
        `${batches.length} micro-batches for ${segments} runs do not fit the ${this.microBatches} for ${this.capacity.segments} that were planned`,
      );
    const bytes = new ArrayBuffer(batches.length * this.#current.size);
    const { kind = 'train', draw = 0, after = 0, dropoutKeys = [], cuts = [], decode } = options;
    let first = after;
    const counts = batches.map((batch, i) => {
      const place = {
        kind,
        draw,
        of: cuts[i]?.of ?? i,
        first,
        dropoutKey: dropoutKeys[i] ?? 0,
        before: cuts[i]?.before ?? 0,
        whole: cuts[i]?.whole ?? batch.targets.length,
      };
      first += batch.targets.length;
      return this.#pack(batch, totals, {
        segments,
        into: new Uint8Array(bytes, i * this.#current.size, this.#current.size),
        place,
        decode,
      });
    });
    this.#device.write(this.#staged, bytes);
    return counts;
  }

  /** Records the copy of the staged micro-batch `i` to where the kernels read it. */
  load(commands: Commands, i: number): void {
    const { size } = this.#current;
    commands.copy(this.#staged.slice(`staged[${i}]`, i * size, size), this.#current);
  }

  #pack(
    batch: TokenBatch,
    totals: BatchTotals,
    {
      segments,
      into,
      place,
      decode,
    }: {
      segments: number;
      into: Uint8Array<ArrayBuffer>;
      place: Pick<Dims, 'kind' | 'draw' | 'of' | 'first' | 'dropoutKey' | 'before' | 'whole'>;
      decode: StageOptions['decode'];
    },
  ): Counts {
    const { capacity } = this;
    const rows = batch.targets.length;
    const wanted: number[] = [];
    for (let i = 0; i < rows; i++) if (batch.targets[i] >= 0) wanted.push(i);
    if (rows > capacity.rows || wanted.length > capacity.supervised) {
      throw new TrainError(
        message('engine.model.batch', {
          rows,
          supervised: wanted.length,
          most: capacity.rows,
          mostSupervised: capacity.supervised,
        }),
      );
    }
    const part = (name: Part) =>
      new Uint32Array(into.buffer, into.byteOffset + this.#parts[name].from, this.#parts[name].bytes / 4);
    const [ids, meta, targetOfRow, targetRows, targets] = (
      ['ids', 'meta', 'targetOfRow', 'targetRows', 'targets'] as const
    ).map(part);
    const stride = segmentStride(capacity);
    const patches = new Float32Array(
      targets.buffer,
      into.byteOffset + this.#parts.patches.from,
      this.#parts.patches.bytes / 4,
    );
    for (let segment = 0; segment < segments; segment++) {
      const [first, firstWanted] = [segment * rows, segment * wanted.length];
      const firstTarget = capacity.ownHeads ? segment * targetStride(capacity) : firstWanted;
      ids.set(batch.ids.length > rows ? batch.ids.subarray(first, first + rows) : batch.ids, first);
      if (batch.patches) patches.set(batch.patches, segment * stride * capacity.patchValues!);
      targetOfRow.fill(NO_ROW, first, first + rows);
      wanted.forEach((row, i) => {
        targetOfRow[first + row] = firstTarget + i;
        targetRows[firstWanted + i] = segment * stride + row;
        targets[firstTarget + i] = batch.targets[row];
      });
      for (let s = 0; s + 1 < batch.starts.length; s++) {
        const [from, to] = [batch.starts[s], batch.starts[s + 1]];
        const base = segment * stride;
        for (let i = from; i < to; i++) {
          meta.set(
            decode ? [segment * decode.context, decode.start + i - from, 0, 0] : [base + from, i - from, base + to, 0],
            4 * (first + i),
          );
        }
      }
    }
    const all = {
      supervised: wanted.length,
      lossScale: totals.supervised > 0 ? 1 / totals.supervised : 0,
      tokens: totals.tokens,
      ...place,
    };
    const alone = (count: number) => ({ ...all, rows: count, segments: 1, stride: count });
    const dims = [
      { ...all, rows, segments, stride },
      alone(rows),
      capacity.ownHeads
        ? { ...all, rows: wanted.length, segments, stride: targetStride(capacity) }
        : alone(wanted.length * segments),
      ...this.chunks.map((_, i) => alone(this.#chunkRows(wanted.length, segments, i))),
    ];
    dims.forEach((d, slot) => into.set(new Uint8Array(packDims(d)), slot * DIMS_STRIDE));
    return { rows, supervised: wanted.length, segments, pairs: attentionPairs(batch) };
  }
}

/**
 * (query, key) pairs of attention over a batch's sequences; a query sees keys less than `window` positions away, those
 * after it only where it is not `causal`.
 */
export function attentionPairs({ starts }: TokenBatch, { window = Infinity, causal = true } = {}): number {
  let pairs = 0;
  for (let s = 0; s + 1 < starts.length; s++) {
    const length = starts[s + 1] - starts[s];
    const beyond = Math.max(0, length - window);
    const upToOwn = (length * (length + 1) - beyond * (beyond + 1)) / 2;
    pairs += causal ? upToOwn : 2 * upToOwn - length;
  }
  return pairs;
}

/** Tokens and targets of all micro-batches of a step together. */
export function batchTotals(batches: readonly TokenBatch[]): BatchTotals {
  let tokens = 0;
  let supervised = 0;
  for (const b of batches) {
    tokens += b.targets.length;
    for (const t of b.targets) if (t >= 0) supervised++;
  }
  return { tokens, supervised };
}
