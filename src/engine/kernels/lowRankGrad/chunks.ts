/**
 * How the rows of a low-rank gradient are cut: chunks of equal length, each summed by its own workgroups. Of open rows
 * only the GPU knows how many there are, so it works out its own chunks; the host dispatches for all rows. WGSL twin:
 * chunks.wgsl.
 */

/** Rows from which on there is a second chunk, for the parallel work. */
const CHUNK_ROWS = 32;
/** Most chunks there are; beyond, they get longer, so that the partial sums stay few. */
export const MAX_CHUNKS = 16;

/** Chunks of so many rows. */
export const chunksOf = (rows: number): number => Math.min(Math.ceil(rows / CHUNK_ROWS), MAX_CHUNKS);
