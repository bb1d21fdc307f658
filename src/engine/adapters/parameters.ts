/**
 * What a run trains, in one flat buffer: A and B of every module, and what the method trains besides. Gradients and
 * moments have buffers of the same layout. Tensors are padded to the rank's next multiple of 4; the padding stays zero.
 */
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type Tensor, alignBinding } from '../device/buffers';
import type { AdaptedModule, ModuleParams } from './method';

/** Rows of A, columns of B as they lie on the GPU. */
export const padRank = (rank: number) => Math.ceil(rank / 4) * 4;

/** What a method trains besides A and B, one number for each output, each rank or each input. */
export interface ExtraKind {
  /** Its symbol. */
  symbol: string;
  /** PEFT's name, behind the module's path. */
  peft: string;
  per: 'output' | 'rank' | 'input';
  /** LoRA+ lets it learn as fast as B (PEFT: all vectors do). */
  asB: boolean;
}

/** What a run trains of each module. */
export interface Trained {
  rank: number;
  extra: ExtraKind | null;
  /** Whether there is a vector for the tokens that its gate skips, one number for each output. */
  constant: boolean;
}

/** Numbers of a module's extra parameter. */
export const extraLength = (kind: ExtraKind | null, m: AdaptedModule, rank: number): number =>
  kind === null ? 0 : { output: m.dOut, rank, input: m.dIn }[kind.per];

/** Byte offsets of every module's parameters in the flat buffers. */
export interface FlatLayout {
  a: number[];
  b: number[];
  constant: number[];
  extra: number[];
  bytes: number;
}

export function flatLayout(modules: readonly AdaptedModule[], { rank, extra: kind, constant }: Trained): FlatLayout {
  const rPad = padRank(rank);
  const layout: FlatLayout = { a: [], b: [], constant: [], extra: [], bytes: 0 };
  for (const m of modules) {
    layout.a.push(layout.bytes);
    layout.bytes += alignBinding(4 * rPad * m.dIn);
    layout.b.push(layout.bytes);
    layout.bytes += alignBinding(4 * rPad * m.dOut);
    layout.constant.push(layout.bytes);
    layout.bytes += constant ? alignBinding(4 * m.dOut) : 0;
    layout.extra.push(layout.bytes);
    layout.bytes += alignBinding(4 * extraLength(kind, m, rPad));
  }
  return layout;
}

export interface Slicing {
  modules: readonly AdaptedModule[];
  trained: Trained;
  /** Two flat buffers. */
  params: Tensor;
  grads: Tensor;
}

/** Every module's slices of two flat buffers. */
export function sliceParams({ modules, trained, params, grads }: Slicing): ModuleParams[] {
  const { extra: kind, constant } = trained;
  const rPad = padRank(trained.rank);
  const layout = flatLayout(modules, trained);
  return modules.map((m, i) => {
    const slices = (what: string, offset: number, length: number) =>
      ([params, grads] as const).map((flat, which) =>
        flat.slice(`${m.path}.${which ? 'grad_' : ''}${what}`, offset, 4 * length),
      ) as [Tensor, Tensor];
    const [a, gradA] = slices('A', layout.a[i], rPad * m.dIn);
    const [b, gradB] = slices('B', layout.b[i], rPad * m.dOut);
    const pair = (what: string, offset: number, length: number) => {
      const [value, grad] = slices(what, offset, length);
      return { value, grad };
    };
    return {
      a,
      b,
      gradA,
      gradB,
      ...(constant && { constant: pair('constant', layout.constant[i], m.dOut) }),
      ...(kind && { extra: pair(kind.symbol, layout.extra[i], extraLength(kind, m, rPad)) }),
    };
  });
}

/** The factor of the learning rate of every `span` parameters: `ratio` (LoRA+) for B and vectors, else 1. */
export function learningRates(
  modules: readonly AdaptedModule[],
  trained: Trained,
  ratio: number,
  span: number,
): Float32Array<ArrayBuffer> {
  const layout = flatLayout(modules, trained);
  const rates = new Float32Array(layout.bytes / 4 / span).fill(1);
  modules.forEach((_, i) => {
    const end = trained.extra?.asB ? (layout.a[i + 1] ?? layout.bytes) : layout.extra[i];
    rates.fill(ratio, layout.b[i] / 4 / span, end / 4 / span);
  });
  return rates;
}

/** A module's parameters in PEFT's layout: A [rank, dIn], B [dOut, rank], the others as they are. */
export interface ModuleValues {
  a: Float32Array;
  b: Float32Array;
  /** [dOut] */
  constant?: Float32Array;
  extra?: Float32Array;
}

/** The update times `factor`: B, and what is given in its place; the extra parameter is none of its size. */
export const scaledUpdate = <M extends ModuleValues>(m: M, factor: number): M => ({
  ...m,
  b: m.b.map((v) => v * factor),
  ...(m.constant && { constant: m.constant.map((v) => v * factor) }),
});

/** The same with the module's path and shape. */
export interface ModuleAdapter extends ModuleValues {
  path: string;
  dIn: number;
  dOut: number;
}

/** The modules' values in the flat layout. @throws {AdapterError} where shapes do not fit. */
export function pack(
  modules: readonly AdaptedModule[],
  trained: Trained,
  values: readonly ModuleValues[],
): Float32Array<ArrayBuffer> {
  const { rank, extra: kind, constant: gives } = trained;
  const rPad = padRank(rank);
  const layout = flatLayout(modules, trained);
  const flat = new Float32Array(layout.bytes / 4);
  modules.forEach((m, i) => {
    const { a, b, constant, extra } = values[i];
    if (
      a.length !== rank * m.dIn ||
      b.length !== rank * m.dOut ||
      (constant?.length ?? 0) !== (gives ? m.dOut : 0) ||
      (extra?.length ?? 0) !== extraLength(kind, m, rank)
    ) {
      throw new AdapterError(message('engine.adapter.shapes', { path: m.path, rank }));
    }
    flat.set(a, layout.a[i] / 4);
    for (let row = 0; row < m.dOut; row++)
      flat.set(b.subarray(row * rank, (row + 1) * rank), layout.b[i] / 4 + row * rPad);
    if (constant) flat.set(constant, layout.constant[i] / 4);
    if (extra) flat.set(extra, layout.extra[i] / 4);
  });
  return flat;
}

/** The counterpart of `pack`. */
export function unpack(modules: readonly AdaptedModule[], trained: Trained, flat: Float32Array): ModuleValues[] {
  const { rank, extra: kind, constant } = trained;
  const rPad = padRank(rank);
  const layout = flatLayout(modules, trained);
  const at = (offset: number, length: number) => flat.slice(offset / 4, offset / 4 + length);
  return modules.map((m, i) => {
    const padded = at(layout.b[i], m.dOut * rPad);
    const b = new Float32Array(m.dOut * rank);
    for (let row = 0; row < m.dOut; row++) b.set(padded.subarray(row * rPad, row * rPad + rank), row * rank);
    return {
      a: at(layout.a[i], rank * m.dIn),
      b,
      ...(constant ? { constant: at(layout.constant[i], m.dOut) } : {}),
      ...(kind ? { extra: at(layout.extra[i], extraLength(kind, m, rank)) } : {}),
    };
  });
}
