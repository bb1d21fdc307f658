// Into how many chunks the rows of a low-rank gradient are cut; the chunks are equally long. TypeScript twin: chunks.ts.
const CHUNK_ROWS: u32 = 32u;
const MAX_CHUNKS: u32 = 16u;
fn chunksOf(rows: u32) -> u32 { return min((rows + CHUNK_ROWS - 1u) / CHUNK_ROWS, MAX_CHUNKS); }
