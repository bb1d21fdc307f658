/**
 * How the rows of a low-rank gradient are cut: chunks of equal length, each summed by its own workgroups. The gate
 * needs the rule too, because only the GPU knows how many rows are open. WGSL twin: chunks.wgsl.
 */
import type { Gpu } from '../../gpu/device';
import wgsl from './chunks.wgsl?raw';

/** Most chunks there are; beyond, they get longer, so that the partial sums stay few. */
export const MAX_CHUNKS = 16;

/** Rows from which on there is a second chunk. GPUs need the parallel work; software adapters only the better rounding. */
const chunkRows = (gpu: Gpu): number => (gpu.info.software ? 512 : 32);

/** Whether there can be several chunks of at most `maxRows` rows. */
export const mayCut = (gpu: Gpu, maxRows = Infinity): boolean => maxRows > chunkRows(gpu);

/** What a shader needs to cut rows. */
export const chunkRule = (gpu: Gpu) => ({ wgsl, constants: { CHUNK_ROWS: chunkRows(gpu) } });

/** Chunks of so many rows. */
export const chunksOf = (gpu: Gpu, rows: number): number => Math.min(Math.ceil(rows / chunkRows(gpu)), MAX_CHUNKS);
