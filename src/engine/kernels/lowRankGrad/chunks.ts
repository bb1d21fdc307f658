/**
 * How the rows of a low-rank gradient are cut: chunks of equal length, each summed by its own workgroups. Of open rows
 * only the GPU knows how many there are, so it works out its own chunks; the host dispatches for all rows.
 */

/** Rows from which on there is a second chunk, for the parallel work. */
const CHUNK_ROWS = 32;
/** Most chunks there are; beyond, they get longer, so that the partial sums stay few. */
export const MAX_CHUNKS = 16;

/** Chunks of so many rows. */
export const chunksOf = (rows: number): number => Math.min(Math.ceil(rows / CHUNK_ROWS), MAX_CHUNKS);

/** The same for shaders. */
export const chunkRule = /* wgsl */ `// Into how many chunks the rows of a low-rank gradient are cut; the chunks are equally long. TypeScript twin: chunks.ts.
const CHUNK_ROWS: u32 = ${CHUNK_ROWS}u;
const MAX_CHUNKS: u32 = ${MAX_CHUNKS}u;
fn chunksOf(rows: u32) -> u32 { return min((rows + CHUNK_ROWS - 1u) / CHUNK_ROWS, MAX_CHUNKS); }
`;
