import { type CpuOptions, openCpu } from '../device/cpu/device';
import * as kernels from './kernels.as.ts?wasm';

/** The CPU engine with all kernels. */
export const openCpuDevice = (options: Omit<CpuOptions, 'kernels'> = {}) => openCpu({ kernels, ...options });
