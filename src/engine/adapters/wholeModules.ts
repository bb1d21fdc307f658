/**
 * Modules that are trained whole beside an adapter (PEFT's `modules_to_save`): a head's. Their weights and biases lie
 * behind one another in f32, with outputs rounded up to a multiple of 4; what is beyond the outputs is zero and stays
 * so.
 */
import { AdapterError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type LinearDescription, type ModelDescription, wholeModules } from '../../shared/model';
import { type Tensor, alignBinding } from '../device/buffers';

/** A module of its own: weight [outputs, dIn] and bias [outputs], with their gradients where it learns. */
interface WholeModule {
  weight: Tensor;
  bias: Tensor | null;
}
/** By path. */
export type WholeModules = ReadonlyMap<string, WholeModule>;

/** Outputs as they lie on the device. */
export const paddedOutputs = ({ dOut }: Pick<LinearDescription, 'dOut'>): number => Math.ceil(dOut / 4) * 4;

interface WholePlace {
  linear: LinearDescription;
  /** Byte offsets. */
  weight: number;
  bias: number | null;
}

export interface WholeLayout {
  places: WholePlace[];
  bytes: number;
}

export function wholeLayout(model: Pick<ModelDescription, 'head'>): WholeLayout {
  let bytes = 0;
  const take = (length: number): number => {
    const at = bytes;
    bytes += alignBinding(4 * length);
    return at;
  };
  const places = wholeModules(model).map((linear): WholePlace => {
    const outputs = paddedOutputs(linear);
    const weight = take(outputs * linear.dIn);
    return { linear, weight, bias: linear.bias ? take(outputs) : null };
  });
  return { places, bytes };
}

/** The modules' parts of a tensor that begins with them. */
export const sliceWhole = ({ places }: WholeLayout, flat: Tensor): WholeModules =>
  new Map(
    places.map(({ linear, weight, bias }) => {
      const outputs = paddedOutputs(linear);
      const slice = (what: string, offset: number, length: number) =>
        flat.slice(`${linear.path}.${what}`, offset, 4 * length);
      return [
        linear.path,
        {
          weight: slice('weight', weight, outputs * linear.dIn),
          bias: bias === null ? null : slice('bias', bias, outputs),
        },
      ];
    }),
  );

/** Tensors of the state dict, by name. */
export type WholeValues = ReadonlyMap<string, Float32Array>;

/** Values in that layout. @throws {AdapterError} where one is missing or has another shape */
export function packWhole({ places, bytes }: WholeLayout, values: WholeValues): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(bytes / 4);
  const put = (name: string, length: number, offset: number) => {
    const own = values.get(name);
    if (own?.length !== length) throw new AdapterError(message('engine.adapter.whole', { tensor: name }));
    flat.set(own, offset / 4);
  };
  for (const { linear, weight, bias } of places) {
    put(`${linear.path}.weight`, linear.dOut * linear.dIn, weight);
    if (bias !== null) put(`${linear.path}.bias`, linear.dOut, bias);
  }
  return flat;
}

/** The counterpart of `packWhole`. */
export function unpackWhole({ places }: WholeLayout, flat: Float32Array): Map<string, Float32Array> {
  const at = (offset: number, length: number) => flat.slice(offset / 4, offset / 4 + length);
  return new Map(
    places.flatMap(({ linear: { path, dIn, dOut }, weight, bias }) => [
      [`${path}.weight`, at(weight, dOut * dIn)] as const,
      ...(bias === null ? [] : [[`${path}.bias`, at(bias, dOut)] as const]),
    ]),
  );
}

/** LoRA+ lets biases learn as fast as B, as PEFT does: their factor for every `span` numbers of `rates`. */
export function fillBiasRates(rates: Float32Array, { places }: WholeLayout, ratio: number, span: number): void {
  for (const { linear, bias } of places) {
    if (bias === null) continue;
    const first = bias / 4 / span;
    rates.fill(ratio, first, first + alignBinding(4 * paddedOutputs(linear)) / 4 / span);
  }
}
