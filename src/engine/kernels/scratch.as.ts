// Memory that a thread has for itself; the host says where it lies (threads.ts). It begins with the constants.
import { CONSTANTS_BYTES, storeConstants } from './constants.as';

let scratch: usize = 0;
export function setScratch(address: usize): void {
  storeConstants(address);
  scratch = address + CONSTANTS_BYTES;
}
@inline export function scratchAddress(): usize { return scratch; }
/** What threads.ts gives, less the constants. */
export const SCRATCH_BYTES: usize = (1 << 20) - CONSTANTS_BYTES;
