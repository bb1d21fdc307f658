/**
 * How a product can be cut. A variant is a way of computing it, with a shader of its own; `cut` says what one
 * workgroup of it covers for a given shape. Which variant a product takes: see `choose`.
 */
import { type Device, hasQuads } from '../../device/device';
import blocks from './blocks.wgsl?raw';
import own from './own.wgsl?raw';
import quad from './quad.wgsl?raw';
import shared from './shared.wgsl?raw';
import splitK from './splitK.wgsl?raw';
import tile from './tile.wgsl?raw';
import weightsOwn from './weightsOwn.wgsl?raw';
import weightsQuad from './weightsQuad.wgsl?raw';

/** What a product looks like, as far as the choice of a variant goes. */
export interface ProductShape {
  n: number;
  k: number;
  /** W is [n, k]. */
  transposed: boolean;
  /** Over the active rows of a gated module: only the GPU knows how many there are, and all have one kind of tile. */
  active?: boolean;
  /** The most rows there can be, where known. */
  maxRows?: number;
}

/** A shader with its sizes, and what one workgroup covers. */
export interface Cut {
  /** Behind the snippets of every product; the last one has `main`. */
  wgsl: string[];
  enables: string[];
  consts: Record<string, number>;
  constants: Record<string, number>;
  rowsPerGroup: number;
  columnsPerGroup: number;
  /** Columns that one value of `squares` sums over. */
  columnsPerPart: number;
}

interface Variant {
  /** Whether it is right for this shape on this adapter. */
  fits(device: Device, shape: ProductShape): boolean;
  cut(device: Device, shape: ProductShape): Cut;
}

/** Vec4 of columns a thread, at most `most`: the size with the least work, edges counted in; 3 stands for reading `a`. */
function columnsFor(n: number, most: number): number {
  const cost = (columns: number) => Math.ceil(n / 4 / columns) * (columns + 3);
  return [8, 4, 2, 1].filter((columns) => columns <= most).reduce((best, columns) => (cost(columns) < cost(best) ? columns : best));
}

/** Register tiles of `rows` rows by at most `most` vec4 of columns, each thread on its own. */
const tiles = (rows: number, most: number, threads: number): Variant => ({
  fits: () => true,
  cut: (device, { n, active }) => {
    const columns = columnsFor(n, most);
    const wx = [8, 4, 2, 1].find((x) => 16 * x <= threads && x <= Math.max(1, n / (4 * columns)))!;
    // Active rows want small groups, so that little is dispatched in vain; software adapters want few threads.
    const wy = active ? 32 / rows : device.info.software ? 64 / rows : threads / wx;
    return {
      wgsl: [blocks, weightsOwn, tile, own], enables: [],
      consts: { COLUMNS: columns, ROWS: rows }, constants: { WX: wx, WY: wy },
      rowsPerGroup: rows * wy, columnsPerGroup: 4 * columns * wx, columnsPerPart: 4 * columns,
    };
  },
});

/** Larger tiles, the four lanes of a quad sharing their weights. */
const quads = (rows: number): Variant => ({
  fits: hasQuads,
  cut: (_, { n, k }) => {
    // Over a short sum the stores are the cost: half the width is as fast and compiles in half the time.
    const columns = columnsFor(n, rows > 4 && k < 32 ? 4 : 8);
    return {
      wgsl: [blocks, weightsQuad, tile, quad], enables: ['subgroups'],
      consts: { COLUMNS: columns, ROWS: rows }, constants: {},
      rowsPerGroup: 4 * rows, columnsPerGroup: 4 * columns, columnsPerPart: 4 * columns,
    };
  },
});

/** Rows up to which a product is one of decoding: by capacity, so that a row's bits do not depend on its neighbours. */
const FEW_ROWS = 8;
const isFew = ({ active, maxRows }: ProductShape) => !active && maxRows !== undefined && maxRows <= FEW_ROWS;
/** The smallest tile that holds them. */
const rowsOfTile = ({ maxRows = FEW_ROWS }: ProductShape) => [1, 2, 4].find((rows) => maxRows <= rows) ?? FEW_ROWS;

/** Threads of a workgroup that share sums over k: a multiple of what any GPU runs in step. */
const SHARING = 64;
/** The largest power of two that is at most `x` ≥ 1. */
const powerOfTwo = (x: number) => 2 ** Math.floor(Math.log2(x));

/** All variants. */
export const VARIANTS = {
  tile8: tiles(8, 2, 64),
  tile16: tiles(16, 4, 64),
  quad4: quads(4),
  quad8: quads(8),
  quad16: quads(16),
  shared: {
    fits: () => true,
    cut: () => ({
      wgsl: [blocks, weightsOwn, shared], enables: [], consts: { ROWS: 8 }, constants: {},
      rowsPerGroup: 64, columnsPerGroup: 64, columnsPerPart: 64,
    }),
  },
  splitK: {
    fits: (_, { n }) => n <= 64,
    cut: (_, { n }) => ({
      wgsl: [blocks, weightsOwn, splitK], enables: [], consts: { ROWS: 8 }, constants: { WX: n / 4, SPLITS: Math.floor(64 / (n / 4)) },
      rowsPerGroup: 8, columnsPerGroup: n, columnsPerPart: n,
    }),
  },
  // For decoding: as many rows as there can be, and 16 threads along k, so that what neighbours read lies side by side;
  // more where there are few columns, fewer where k is short.
  vector: {
    fits: () => true,
    cut: (_, shape) => {
      const rows = rowsOfTile(shape);
      const wx = Math.min(Math.max(4, SHARING / powerOfTwo(shape.k / 4)), powerOfTwo(2 * (shape.n / 4) - 1));
      return {
        wgsl: [blocks, weightsOwn, splitK], enables: [], consts: { ROWS: rows }, constants: { WX: wx, SPLITS: SHARING / wx },
        rowsPerGroup: rows, columnsPerGroup: 4 * wx, columnsPerPart: 4 * wx,
      };
    },
  },
  // The same for software adapters: every thread has columns of its own, without barriers.
  tileFew: {
    fits: () => true,
    cut: (_, shape) => {
      const rows = rowsOfTile(shape);
      return {
        wgsl: [blocks, weightsOwn, tile, own], enables: [], consts: { COLUMNS: 1, ROWS: rows }, constants: { WX: 16, WY: 1 },
        rowsPerGroup: rows, columnsPerGroup: 64, columnsPerPart: 4,
      };
    },
  },
} satisfies Record<string, Variant>;

export type VariantName = keyof typeof VARIANTS;

/** Products that want the same variant: narrow (A x, Bᵀ g), short sums (B z, Aᵀ u), the rest; by the way W lies. */
export const SHAPE_CLASSES = ['narrow nk', 'narrow kn', 'short nk', 'short kn', 'wide nk', 'wide kn'] as const;
export type ShapeClass = (typeof SHAPE_CLASSES)[number];
export const shapeClass = ({ n, k, transposed }: ProductShape): ShapeClass => `${n <= 64 ? 'narrow' : k < 32 ? 'short' : 'wide'} ${transposed ? 'nk' : 'kn'}`;

/** What suits this kind of adapter, without measuring. */
export function staticChoice(device: Device, shape: ProductShape): VariantName {
  if (shape.active) return 'tile8';
  if (isFew(shape)) return device.info.software ? 'tileFew' : 'vector';
  if (device.info.software) return hasQuads(device) ? 'quad8' : shape.n < 32 ? 'tile8' : 'tile16';
  if (shape.k < 32) return 'tile8';
  return shape.n <= 64 ? 'splitK' : 'shared';
}

/**
 * The variant for a shape: the tuned one of its class, where it fits, else the static one. The tuner leaves active products
 * and those of few rows be.
 */
export function choose(device: Device, shape: ProductShape): VariantName {
  const standard = staticChoice(device, shape);
  if (shape.active) return standard;
  const tuned = device.tuning[isFew(shape) ? 'few' : shapeClass(shape)];
  return tuned !== undefined && tuned in VARIANTS && VARIANTS[tuned as VariantName].fits(device, shape) ? (tuned as VariantName) : standard;
}

export const cutOf = (device: Device, shape: ProductShape): Cut => VARIANTS[choose(device, shape)].cut(device, shape);
