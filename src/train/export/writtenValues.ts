/** Merged values as bytes of a file. */
import { bytesAs } from '../../hub/floats';
import { AdapterError } from '../../shared/errors';
import type { ValueType } from '../../shared/exports';
import { message } from '../../shared/message';

/** From here on an f16 is infinite. */
const BEYOND_HALF = 65520;

/** @throws {AdapterError} where f16 has no room for a value of the tensor */
export function writtenValues(type: ValueType, tensor: string, values: Float32Array): Uint8Array {
  if (type === 'F16' && values.some((v) => !(Math.abs(v) < BEYOND_HALF)))
    throw new AdapterError(message('train.export.beyondHalf', { tensor }));
  return bytesAs(type, values);
}
