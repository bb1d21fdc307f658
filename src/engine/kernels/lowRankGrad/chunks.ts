/**
 * How the rows of a low-rank gradient are cut: chunks of equal length, each summed by its own workgroups. Of open rows
 * only the GPU knows how many there are, so it works out its own chunks; the host dispatches for all rows. WGSL twin:
 * chunks.wgsl.
 */
import type { Device } from '../../device/device';
import wgsl from './chunks.wgsl?raw';

/** Most chunks there are; beyond, they get longer, so that the partial sums stay few. */
export const MAX_CHUNKS = 16;

/** Rows from which on there is a second chunk. GPUs need the parallel work; software adapters only the better rounding. */
const chunkRows = (device: Device): number => (device.info.software ? 512 : 32);

/** Whether there can be several chunks of at most `maxRows` rows. */
export const mayCut = (device: Device, maxRows = Infinity): boolean => maxRows > chunkRows(device);

/** What a shader needs to cut rows. */
export const chunkRule = (device: Device) => ({ wgsl, constants: { CHUNK_ROWS: chunkRows(device) } });

/** Chunks of so many rows. */
export const chunksOf = (device: Device, rows: number): number => Math.min(Math.ceil(rows / chunkRows(device)), MAX_CHUNKS);
