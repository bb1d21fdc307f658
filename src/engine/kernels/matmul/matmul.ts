import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { isActive, rowsBinding, rowsSnippets } from '../rows/rows';
import blocks from './blocks.wgsl?raw';
import {
  epilogueAccumulate,
  epilogueBias,
  epilogueNoRowNorm,
  epilogueResidual,
  epilogueRowNorm,
  epilogueScale,
  epilogueStore,
} from './epilogues';
import { PANEL, matmulCpu } from './matmul.cpu';
import product from './product.wgsl?raw';
import type { MatmulOptions } from './options';
import { type SplitPart, groupsOf, rowsOf, split } from './split';
import { type SplitRows, PLAIN, type ProductShape, choose, cutOf } from './variants';
import { type Weight, blockSize, loadSnippet } from './weight';

export type { MatmulOptions } from './options';

/** What a product over active rows rounds their number up to: the rows of a workgroup, whatever the shape. */
export const activeTileRows = (device: Device): number =>
  device.info.kind === 'cpu' ? 1 : cutOf(device, { n: 4, k: 4, transposed: true, active: true }).rowsPerGroup;

/** How many partial sums of squares a row gets; `maxRows` and `active` as the product's own rows have them. */
export const squareParts = (device: Device, shape: ProductShape): number =>
  Math.ceil(shape.n / (device.info.kind === 'cpu' ? PANEL : cutOf(device, shape).columnsPerPart));

/**
 * out = (out, residual or nothing) + y with y = scale · a · wᵀ (`transposed`) or scale · a · w, and the `bias` if there
 * is one. Several dispatches when it is long.
 */
export function matmul(device: Device, options: MatmulOptions): Dispatch[] {
  const { label, rows, a, out, n, k, transposed, residual, rowNormSquared, bias } = options;
  const sizes = {
    n,
    k,
    aStride: options.aStride ?? k,
    aColumn: options.aColumn ?? 0,
    outStride: options.outStride ?? n,
    outColumn: options.outColumn ?? 0,
  };
  for (const [name, size] of Object.entries(sizes)) {
    if (size % 4 !== 0) throw new Error(`matmul ${label}: ${name} is ${size}, which must be a multiple of 4`);
  }
  if (residual && options.accumulate) throw new Error(`matmul ${label}: residual and accumulate exclude each other`);
  const w: Weight = 'tensor' in options.w ? options.w : { tensor: options.w, type: 'f32' };
  const [row, of] = [transposed ? k : n, blockSize(w.type)];
  if (row % of !== 0) throw new Error(`matmul ${label}: a row of ${row} has no whole number of blocks of ${of}`);
  const shape = { n, k, transposed, active: isActive(rows), maxRows: rows.max };
  const cut = cutOf(device, shape);
  const columnGroups = Math.ceil(n / cut.columnsPerGroup);
  const variant = choose(device, shape);
  const variants = [...(variant === PLAIN ? [] : [variant]), ...loadSnippet(device, w).variants];
  const kernel = {
    label: `matmul/${label}`,
    code: codeOf(device, options, w, cut),
    constants: cut.constants,
    variants,
  };
  const cpu = matmulCpu(options, w);
  const bindings = [
    rowsBinding(rows),
    a,
    w.tensor,
    out,
    ...(residual ? [residual] : []),
    ...(rowNormSquared ? [rowNormSquared] : []),
    ...(bias ? [bias] : []),
  ];
  const values = (part: Pick<SplitPart, 'firstRows' | 'firstColumns'>) =>
    shapeValues({ ...sizes, ...part, scale: options.scale ?? 1, parts: Math.ceil(n / cut.columnsPerPart) });

  const { rowsPerGroup, columnsPerGroup } = cut;
  const rowGroups = rows.max === undefined ? 1 : Math.ceil(rows.max / rowsPerGroup);
  const parts =
    rows.max === undefined
      ? [{ firstRows: 0, rowGroups: Infinity, firstColumns: 0, columnGroups }]
      : split(device, rowsPerGroup * columnsPerGroup * k, rowGroups, columnGroups);
  return parts.map((part, i) => ({
    kernel,
    bindings,
    values: values(part),
    cpu: i === 0 ? cpu : null,
    groups: groupsOf(part, rowsPerGroup, rows.of),
    // Of active rows only the device knows how many there are.
    macs: isActive(rows)
      ? undefined
      : (counts) =>
          rowsOf(part, rowsPerGroup, rows.of(counts)) *
          Math.min(n - part.firstColumns * columnsPerGroup, part.columnGroups * columnsPerGroup) *
          k,
  }));
}

/**
 * The shader: rows, storage of the weight, epilogue and the variant's own part. Bindings after `out` are numbered here.
 */
function codeOf(
  device: Device,
  { rows, transposed, accumulate, residual, rowNormSquared, bias }: MatmulOptions,
  w: Weight,
  cut: SplitRows,
): string {
  const load = loadSnippet(device, w);
  const before = residual ? epilogueResidual : accumulate ? epilogueAccumulate : epilogueStore;
  const squares = 4 + (residual ? 1 : 0);
  const afterSquares = squares + (rowNormSquared ? 1 : 0);
  return compose(cut.wgsl, {
    enables: load.enables,
    consts: {
      TRANSPOSED: transposed,
      ...cut.consts,
      RESIDUAL: 4,
      SQUARES: squares,
      ...(bias ? { BIAS: afterSquares } : {}),
      SHAPE: afterSquares + (bias ? 1 : 0),
    },
    snippets: [
      ...rowsSnippets(rows),
      load.wgsl,
      product,
      bias ? epilogueBias : epilogueScale,
      before,
      rowNormSquared ? epilogueRowNorm : epilogueNoRowNorm,
      blocks,
    ],
  });
}

interface ShapeValues {
  n: number;
  k: number;
  scale: number;
  parts: number;
  firstRows: number;
  firstColumns: number;
  aStride: number;
  aColumn: number;
  outStride: number;
  outColumn: number;
}

/** The shader's `Shape`; sizes in floats become vec4. */
function shapeValues(v: ShapeValues): ArrayBuffer {
  const bytes = new ArrayBuffer(48);
  new Uint32Array(bytes).set([
    v.n / 4,
    v.k / 4,
    0,
    v.parts,
    v.firstRows,
    v.firstColumns,
    v.aStride / 4,
    v.aColumn / 4,
    v.outStride / 4,
    v.outColumn / 4,
  ]);
  new Float32Array(bytes)[2] = v.scale;
  return bytes;
}
