/** What a run is put back from: its tensors as bytes, by name, and what else it remembers. */
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import type { Tensor } from './device/buffers';
import { type Device, readTensor } from './device/device';

/** Tensors' raw bytes, by name. */
export type Bytes = Record<string, ArrayBuffer>;

/** Of the count of steps that the optimizer has taken. */
export const STEPS_TAKEN_BYTES = 16;

/**
 * A state of earlier versions as one of today: they took every step up to `step` for taken, also those that were
 * skipped.
 */
export const withStepsTaken = (tensors: Bytes, step: number): Bytes => ({
  taken: Uint32Array.of(step, 0, 0, 0).buffer,
  ...tensors,
});

/** All that a run needs to go on bit-identically. */
export interface RunState {
  tensors: Bytes;
  best: BestAdapter | null;
  /** See `AdapterRun.scale`; absent where it was not looked for. */
  scale?: number;
}

/** Which adapter was best on the dev split: after how many steps, with what loss. */
export interface BestAdapter {
  step: number;
  loss: number;
}

/** What these tensors hold. */
export async function readState(device: Device, tensors: Record<string, Tensor>): Promise<Bytes> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries(tensors).map(async ([name, tensor]) => [name, await readTensor(device, tensor)] as const),
    ),
  );
}

/**
 * Puts them back to what they held.
 * @param run its name, for people; @throws {AdapterError} where one is missing or has another size
 */
export function writeState(device: Device, tensors: Record<string, Tensor>, bytes: Bytes, run: string): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const own = Object.hasOwn(bytes, name) ? bytes[name] : undefined;
    if (own?.byteLength !== tensor.size) throw new AdapterError(message('engine.adapter.state', { run, tensor: name }));
    device.write(tensor, own);
  }
}
