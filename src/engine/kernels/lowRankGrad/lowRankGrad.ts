import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { type Rows, isActive, rowsBinding, rowsSnippets } from '../rows/rows';
import { MAX_CHUNKS, chunkRule, chunksOf } from './chunks';
import chunksWgsl from './lowRankChunks.wgsl?raw';
import { lowRankGradCpu } from './lowRankGrad.cpu';
import putChunk from './putChunk.wgsl?raw';
import shape from './shape.wgsl?raw';
import sumWgsl from './lowRankSum.wgsl?raw';

/** Where a sum goes when no second chunk can be; else putChunk.wgsl. */
const putAlone = /* wgsl */ `// One chunk has all rows: scaled and added to grads, in which dB begins at vec4 firstB and dA at firstA.
@group(0) @binding(5) var<storage, read_write> grads: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;
fn put(isA: bool, chunk: u32, at: u32, value: vec4f) { grads[select(shape.firstB, shape.firstA, isA) + at] += shape.scaling * value; }
`;

const THREADS = 32;
const SUM_THREADS = 64;

/** Shape of a module. */
export interface GradShape {
  dOut: number;
  dIn: number;
  rank: number;
}

/** Bytes of `partial` for a module; one workspace, as large as the largest needs, serves all. */
export const lowRankPartialBytes = ({ dOut, dIn, rank }: GradShape): number => MAX_CHUNKS * (dOut + dIn) * rank * 4;

/** Workgroups that make the pieces of dB or of dA of one chunk: 8 × 4 numbers a thread. */
const groupsFor = (wide: number, rank: number): number => Math.ceil((Math.ceil(wide / 8) * rank) / 4 / THREADS);

export interface LowRankGradParams extends GradShape {
  /** g [rows, dOut] */
  gradOut: Tensor;
  /** A x [rows, rank] */
  z: Tensor;
  /** [rows, dIn] */
  x: Tensor;
  /** Bᵀg [rows, rank] */
  u: Tensor;
  /** Workspace, `lowRankPartialBytes`. */
  partial: Tensor;
  /** dB [dOut, rank]; added to. */
  gradB: Tensor;
  /** dA [rank, dIn]; added to. A part of the same buffer as dB. */
  gradA: Tensor;
  /** alpha / rank. */
  scaling: number;
  /** All rows, or the open ones only. */
  rows: Rows;
}

/** gradB += scaling · Σ_rows g zᵀ and gradA += scaling · Σ_rows u xᵀ, over all rows or the open ones. */
export function lowRankGrad(_device: Device, p: LowRankGradParams): Dispatch[] {
  const { rows } = p;
  const open = isActive(rows);
  const groupsB = groupsFor(p.dOut, p.rank);
  const gradGroups = groupsB + groupsFor(p.dIn, p.rank);
  const sumGroups = Math.ceil(((p.dOut + p.dIn) * p.rank) / 4 / SUM_THREADS);
  const cut = chunksOf(rows.max ?? Infinity) > 1;
  const grads = p.gradA.through(p.gradB);
  const snippets = [...rowsSnippets(rows), chunkRule, shape];
  const values = new ArrayBuffer(32);
  new Uint32Array(values).set([
    p.dOut / 4,
    p.dIn / 4,
    p.rank / 4,
    0,
    groupsB,
    (p.gradA.offset - grads.offset) / 16,
    (p.gradB.offset - grads.offset) / 16,
  ]);
  new Float32Array(values)[3] = p.scaling;
  const macs = open
    ? {}
    : { macs: (counts: Parameters<typeof rows.of>[0]) => rows.of(counts) * (p.dOut + p.dIn) * p.rank };
  const sums: Dispatch = {
    kernel: {
      label: `dA, dB sums${open ? ' of open rows' : ''}`,
      code: compose(sumWgsl, { snippets }),
      constants: { THREADS: SUM_THREADS },
    },
    bindings: [rowsBinding(rows), p.partial, grads],
    values,
    groups: (counts) => [chunksOf(rows.of(counts)) > 1 ? sumGroups : 0, 1, 1],
    cpu: null,
  };
  return [
    {
      kernel: {
        label: `dA, dB${open ? ' of open rows' : ''}`,
        code: compose(chunksWgsl, { snippets: [...snippets, cut ? putChunk : putAlone] }),
        constants: { THREADS },
      },
      bindings: [rowsBinding(rows), p.gradOut, p.z, p.x, p.u, grads, ...(cut ? [p.partial] : [])],
      values,
      groups: (counts) => [chunksOf(rows.of(counts)), gradGroups, 1],
      ...macs,
      cpu: lowRankGradCpu(p),
    },
    ...(cut ? [sums] : []),
  ];
}
