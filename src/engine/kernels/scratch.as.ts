// Memory that a thread has for itself; the host says where it lies (threads.ts).
let scratch: usize = 0;
export function setScratch(address: usize): void { scratch = address; }
@inline export function scratchAddress(): usize { return scratch; }
/** As in threads.ts. */
export const SCRATCH_BYTES: usize = 1 << 20;
