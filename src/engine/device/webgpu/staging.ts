/** Buffers through which the host reads. */
import type { Buffers } from '../buffers';

/** A buffer that copies land in and the host maps. Give it back with `freeStaging`. */
export function staging(device: GPUDevice, buffers: Buffers, label: string, bytes: number): GPUBuffer {
  buffers.track(1, bytes);
  return device.createBuffer({
    label: `readback/${label}`,
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
}

export function freeStaging(buffers: Buffers, buffer: GPUBuffer): void {
  buffers.track(-1, -buffer.size);
  buffer.destroy();
}
