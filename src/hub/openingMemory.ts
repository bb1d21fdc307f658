/** What opening a model takes, told from what a listing says of its file: nothing of it has been downloaded then. */
import type { ModelFile, OpeningMemory } from '../shared/types';

/**
 * Bytes at the peak for each byte of the file, as `npm run accept -- smollm2` sees them on the CPU. An .onnx file is in
 * memory itself, its weights are on the device, and ONNX Runtime has its own copies: of f16 values it makes f32 ones, and
 * quantised weights are unpacked as they are multiplied. Of other files stretches are read; the plain forward keeps none.
 */
const ONNX = 4;
const ONNX_OF_HALF = 7;
const PLAIN = 2.5;

/** @returns null where the host does not say how long the file is */
export function openingMemory({
  format,
  dtype,
  bytes,
}: Pick<ModelFile, 'format' | 'dtype' | 'bytes'>): OpeningMemory | null {
  if (bytes === null) return null;
  if (format !== 'onnx') return { bytes: PLAIN * bytes, by: 'plain' };
  return { bytes: (dtype === 'fp16' ? ONNX_OF_HALF : ONNX) * bytes, by: 'onnxruntime' };
}
