/** What the gate leaves for the dispatches over open rows: their list, and how many workgroups each needs. */

/** The dispatches over open rows, in the order of their arguments: B z, the adapter's dx, dA with dB, their sums. */
const INDIRECT = { delta: 0, dx: 1, grads: 2, sums: 3 } as const;
/** Byte offset of one dispatch's arguments in `args`. */
export const argsOffset = (which: keyof typeof INDIRECT): number => 16 * INDIRECT[which];
/** Bytes of `args`; allocate it with usage 'indirect'. */
export const ARGS_BYTES = 64;
/** Bytes of an active list for at most `maxRows` rows. */
export const activeListBytes = (maxRows: number): number => 4 * (1 + maxRows);
