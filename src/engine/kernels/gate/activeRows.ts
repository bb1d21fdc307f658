/** Bytes of an active list (see gate.wgsl) for at most `maxRows` rows. */
export const activeListBytes = (maxRows: number): number => 4 * (1 + maxRows);
