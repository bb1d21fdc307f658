/**
 * How a product can be cut. A variant is a way of computing it, with a shader of its own; `cut` says what one
 * workgroup of it covers for a given shape. Which variant a product takes: see `choose`.
 */
import type { Device } from '../../device/device';
import shared from './shared.wgsl?raw';
import splitK from './splitK.wgsl?raw';
import tile from './tile.wgsl?raw';

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
export interface SplitRows {
  /** Behind the snippets of every product and blocks.wgsl. */
  wgsl: string;
  consts: Record<string, number>;
  constants: Record<string, number>;
  rowsPerGroup: number;
  columnsPerGroup: number;
  /** Columns that one value of `rowNormSquared` sums over. */
  columnsPerPart: number;
}

interface Variant {
  /** Whether it is right for this shape. */
  fits(shape: ProductShape): boolean;
  cut(shape: ProductShape): SplitRows;
}

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
  /** Tiles in registers, each thread on its own. */
  tile8: {
    fits: () => true,
    cut: ({ n, active }) => {
      const columns = n > 4 ? 2 : 1;
      const wx = Math.min(4, powerOfTwo(Math.max(1, n / (4 * columns))));
      // Active rows want small groups, so that little is computed in vain.
      const wy = active ? 4 : 64 / wx;
      return {
        wgsl: tile,
        consts: { COLUMNS: columns, ROWS: 8 },
        constants: { WX: wx, WY: wy },
        rowsPerGroup: 8 * wy,
        columnsPerGroup: 4 * columns * wx,
        columnsPerPart: 4 * columns,
      };
    },
  },
  shared: {
    fits: () => true,
    cut: () => ({
      wgsl: shared,
      consts: { ROWS: 8 },
      constants: {},
      rowsPerGroup: 64,
      columnsPerGroup: 64,
      columnsPerPart: 64,
    }),
  },
  splitK: {
    fits: ({ n }) => n <= 64,
    cut: ({ n }) => ({
      wgsl: splitK,
      consts: { ROWS: 8 },
      constants: { WX: n / 4, SPLITS: Math.floor(64 / (n / 4)) },
      rowsPerGroup: 8,
      columnsPerGroup: n,
      columnsPerPart: n,
    }),
  },
  // For decoding: as many rows as there can be, and 16 threads along k, so that what neighbours read lies side by side;
  // more where there are few columns, fewer where k is short.
  vector: {
    fits: () => true,
    cut: (shape) => {
      const rows = rowsOfTile(shape);
      const wx = Math.min(Math.max(4, SHARING / powerOfTwo(shape.k / 4)), powerOfTwo(2 * (shape.n / 4) - 1));
      return {
        wgsl: splitK,
        consts: { ROWS: rows },
        constants: { WX: wx, SPLITS: SHARING / wx },
        rowsPerGroup: rows,
        columnsPerGroup: 4 * wx,
        columnsPerPart: 4 * wx,
      };
    },
  },
} satisfies Record<string, Variant>;

export type VariantName = keyof typeof VARIANTS;

/** What takes the place of a variant that is blocked: right for every shape, and without barriers. */
export const PLAIN = 'tile8' satisfies VariantName;

/** Products that want the same variant: narrow (A x, Bᵀ g), short sums (B z, Aᵀ u), the rest; by the way W lies. */
export const SHAPE_CLASSES = ['narrow nk', 'narrow kn', 'short nk', 'short kn', 'wide nk', 'wide kn'] as const;
export type ShapeClass = (typeof SHAPE_CLASSES)[number];
export const shapeClass = ({ n, k, transposed }: ProductShape): ShapeClass =>
  `${n <= 64 ? 'narrow' : k < 32 ? 'short' : 'wide'} ${transposed ? 'nk' : 'kn'}`;

/** What suits this kind of adapter, without measuring. Software adapters pay dearly for the barriers of the others. */
export function staticChoice(device: Device, shape: ProductShape): VariantName {
  if (isFew(shape)) return 'vector';
  if (shape.active || shape.k < 32 || device.info.software) return 'tile8';
  return shape.n <= 64 ? 'splitK' : 'shared';
}

/**
 * The variant for a shape: the tuned one of its class, where it fits, else the static one. Active products and those of
 * few rows are not tuned. A blocked one gives way to the plain.
 */
export function choose(device: Device, shape: ProductShape): VariantName {
  const tuned = shape.active || isFew(shape) ? undefined : device.tuning[shapeClass(shape)];
  const wanted =
    tuned !== undefined && tuned in VARIANTS && VARIANTS[tuned as VariantName].fits(shape)
      ? (tuned as VariantName)
      : staticChoice(device, shape);
  return device.blocked.has(wanted) ? PLAIN : wanted;
}

export const cutOf = (device: Device, shape: ProductShape): SplitRows => VARIANTS[choose(device, shape)].cut(shape);
