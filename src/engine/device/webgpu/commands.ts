/** WebGPU's side of programs and reads. */
import type { BufferScope, Buffers, Tensor } from '../buffers';
import type { Commands, Prepared, Read, Readback } from '../device';
import type { Counts } from '../counts';
import type { Op } from '../dispatch';
import type { Pipelines } from './pipelines';
import type { GpuProfiler } from './profiler';
import { freeStaging, staging } from './staging';

const bufferOf = (tensor: Tensor) => tensor.memory as GPUBuffer;
const bindingOf = (tensor: Tensor): GPUBufferBinding => ({
  buffer: bufferOf(tensor),
  offset: tensor.offset,
  size: tensor.size,
});

export class GpuCommands implements Commands {
  readonly encoder: GPUCommandEncoder;

  constructor(encoder: GPUCommandEncoder) {
    this.encoder = encoder;
  }

  copy(from: Tensor, to: Tensor): void {
    this.encoder.copyBufferToBuffer(bufferOf(from), from.offset, bufferOf(to), to.offset, from.size);
  }
}

/** Compiles all pipelines in parallel and makes the bind groups. */
export async function prepare(
  device: GPUDevice,
  pipelines: Pipelines,
  scope: BufferScope,
  { label, ops }: { label: string; ops: readonly Op[] },
): Promise<Prepared> {
  const ready = await Promise.all(
    ops.map(async (op) => {
      if (!('kernel' in op)) return null;
      const pipeline = await pipelines.get(op.kernel);
      const bound = [...op.bindings, ...(op.values ? [scope.uniform(op.values)] : [])];
      const group = device.createBindGroup({
        label: op.kernel.label,
        layout: pipeline.getBindGroupLayout(0),
        entries: bound.map((tensor, binding) => ({ binding, resource: bindingOf(tensor) })),
      });
      return { pipeline, group };
    }),
  );
  return (commands, counts, profiler) =>
    encode({ commands: commands as GpuCommands, label, ops, ready, counts, profiler: profiler as GpuProfiler | null });
}

interface Encoding {
  commands: GpuCommands;
  label: string;
  ops: readonly Op[];
  ready: ({ pipeline: GPUComputePipeline; group: GPUBindGroup } | null)[];
  counts: Counts;
  profiler: GpuProfiler | null;
}

/** Dispatches go into as few passes as clears, copies and the profiler allow. */
function encode({ commands, label, ops, ready, counts, profiler }: Encoding): void {
  const { encoder } = commands;
  let pass: GPUComputePassEncoder | null = null;
  const endPass = () => {
    pass?.end();
    pass = null;
  };
  ops.forEach((op, i) => {
    if ('clear' in op) {
      endPass();
      encoder.clearBuffer(bufferOf(op.clear), op.clear.offset, op.clear.size);
      return;
    }
    if ('copy' in op) {
      endPass();
      commands.copy(op.copy, op.to);
      return;
    }
    const groups = op.groups(counts);
    if (groups.includes(0)) return;
    pass ??= profiler
      ? profiler.pass(encoder, op.kernel.label, op.macs?.(counts) ?? null)
      : encoder.beginComputePass({ label });
    const { pipeline, group } = ready[i]!;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...groups);
    if (profiler) endPass();
  });
  endPass();
}

/**
 * Reads through staging buffers: one is used again once its bytes were taken, so there are as many as reads in flight.
 */
export class GpuReadback implements Readback {
  readonly #device: GPUDevice;
  readonly #buffers: Buffers;
  readonly #label: string;
  readonly #bytes: number;
  #free: GPUBuffer[] = [];
  #all: GPUBuffer[] = [];

  constructor(device: GPUDevice, buffers: Buffers, label: string, bytes: number) {
    this.#device = device;
    this.#buffers = buffers;
    this.#label = label;
    this.#bytes = bytes;
  }

  copy(commands: Commands, parts: readonly Tensor[]): () => Promise<Read> {
    const { encoder } = commands as GpuCommands;
    let buffer = this.#free.pop();
    if (!buffer) {
      buffer = staging(this.#device, this.#buffers, this.#label, this.#bytes);
      this.#all.push(buffer);
    }
    const target = buffer;
    let at = 0;
    for (const part of parts) {
      encoder.copyBufferToBuffer(bufferOf(part), part.offset, target, at, part.size);
      at += part.size;
    }
    const bytes = at;
    return async () => {
      await target.mapAsync(GPUMapMode.READ, 0, bytes);
      const there = performance.now();
      const taken = target.getMappedRange(0, bytes).slice(0);
      target.unmap();
      this.#free.push(target);
      return { bytes: taken, at: there };
    };
  }

  free(): void {
    for (const buffer of this.#all) freeStaging(this.#buffers, buffer);
    this.#all = [];
    this.#free = [];
  }
}
