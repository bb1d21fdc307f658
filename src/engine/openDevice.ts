/** Which device the engine runs on: the GPU where there is one, else the CPU. */
import type { DeviceChoice } from '../shared/types';
import type { Device } from './device/device';
import { findAdapter, isHardware, openWebGpu } from './device/webgpu/webgpu';
import { openCpuDevice } from './kernels/openCpu';

/** @throws {GpuError} when 'gpu' is asked for and the browser has no adapter */
export async function openDevice(choice: DeviceChoice = 'auto'): Promise<Device> {
  if (choice === 'cpu') return openCpuDevice();
  const adapter = await findAdapter();
  if (choice === 'gpu' || (adapter && isHardware(adapter))) return openWebGpu(adapter ?? undefined);
  return openCpuDevice();
}
