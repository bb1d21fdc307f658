/** What opening a model takes, told from what a listing says of its file: nothing of it has been downloaded then. */
import type { ModelFile, OpeningMemory } from '../shared/types';

/**
 * Bytes at the peak for each byte of the file, as `npm run accept -- smollm2` sees them on the CPU (in brackets). An
 * .onnx file is in memory itself, its weights are on the device, and ONNX Runtime has its own copies: what it
 * multiplies with it makes f32 from f16, and unpacks from blocks. Of other files stretches are read; the plain forward
 * keeps none.
 */
const ONNX = { fp32: 2.8, fp16: 5, q4: 3.5, q4f16: 5.2 } as const; // 2.7, 4.5 (fused: 5.4), 3.3, 5.1
/**
 * The same of files that are proved in parts: the file, the device's weights, and what ONNX Runtime has at most of
 * SmolLM2-135M-Instruct then (in brackets; of q4f16, which was not measured, twice the file); of larger models the
 * embedding is a smaller share.
 */
const ONNX_IN_PARTS = { fp32: 2.5, fp16: 2.9, q4: 3.3, q4f16: 4 } as const; // 0.44, 0.89, 1.3
/** Files of more bytes are: ONNX Runtime in a tab has 4 GB at most. */
export const MOST_AT_ONCE = 1e9;
const SAFETENSORS = 1.7; // 1.6
const GGUF = 2.5; // 2.3

const factorOf = ({ format, dtype }: Pick<ModelFile, 'format' | 'dtype'>, bytes: number): number => {
  if (format !== 'onnx') return format === 'gguf' ? GGUF : SAFETENSORS;
  const factors = bytes > MOST_AT_ONCE ? ONNX_IN_PARTS : ONNX;
  return Object.hasOwn(factors, dtype ?? '') ? factors[dtype as keyof typeof factors] : factors.fp32;
};

/** @returns null where the host does not say how long the file is */
export function openingMemory(file: Pick<ModelFile, 'format' | 'dtype' | 'bytes'>): OpeningMemory | null {
  if (file.bytes === null) return null;
  return { bytes: factorOf(file, file.bytes) * file.bytes, by: file.format === 'onnx' ? 'onnxruntime' : 'plain' };
}
