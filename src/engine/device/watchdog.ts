/** No dispatch is aimed past 100 ms, so that neither the screen nor the system's watchdog is held up for long. */
import type { Device } from './device';

const SECONDS = 0.1;
/** Multiply-adds a second that a slow adapter of each kind can be trusted with. */
const RATE = { software: 1e9, gpu: 5e10 };

/**
 * Most multiply-adds of one dispatch; a CPU has no watchdog. @param share of a product's rate that the kernel reaches,
 * 0–1
 */
export function macsOfDispatch({ info }: Pick<Device, 'info'>, share = 1): number {
  if (info.kind === 'cpu') return Infinity;
  return SECONDS * share * (info.software ? RATE.software : RATE.gpu);
}
