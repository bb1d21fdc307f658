/**
 * A device that computes nothing and writes down what it is asked to do: the operations of a step as the host makes
 * them, for a GPU or for the CPU, without either. What is read from it is zero.
 */
import type { DeviceInfo } from '../../shared/types';
import { Buffers, type MemorySource, type Tensor } from '../device/buffers';
import type { Counts } from '../device/counts';
import type { Commands, Device } from '../device/device';
import type { Dispatch, Kernel, Op } from '../device/dispatch';

/** A GPU in hardware that can do all that kernels ask about, and the CPU engine on one thread. */
const INFO: Record<DeviceInfo['kind'], Partial<DeviceInfo>> = {
  gpu: { software: false, shaderF16: true },
  cpu: { software: true, shaderF16: false, threads: 1 },
};

/** The device, the lines it has written so far (see `describer`), and the kernels that were prepared on it. */
export function listingDevice(kind: DeviceInfo['kind'], info: Partial<DeviceInfo> = {}) {
  const lines: string[] = [];
  const kernels: Kernel[] = [];
  const say = describer();
  const source: MemorySource = {
    largest: 2 ** 30,
    allocate: () => ({}),
    free: () => undefined,
    write: () => undefined,
  };
  const device: Device = {
    info: {
      kind,
      vendor: '',
      architecture: '',
      description: '',
      software: false,
      threads: null,
      shaderF16: false,
      timestamps: false,
      maxBufferSize: source.largest,
      maxBindingSize: source.largest,
      ...INFO[kind],
      ...info,
    },
    buffers: new Buffers(source),
    tuning: {},
    blocked: new Set(),
    prepare: async (_scope, label, ops) => {
      kernels.push(...ops.flatMap((op) => ('kernel' in op ? [op.kernel] : [])));
      return (_commands, counts) => lines.push(`-- ${label}`, ...ops.flatMap((op) => say.op(op, counts, kind)));
    },
    submit: (label, record) => {
      lines.push(`== ${label}`);
      record(commands);
    },
    write: (tensor, data, offset = 0) => {
      lines.push(`write ${data.byteLength} at ${offset} of ${say.tensor(tensor)}`);
    },
    readback: () => ({
      copy: (_commands, parts) => {
        lines.push(`read ${parts.map(say.tensor).join(' ')}`);
        return async () => ({ bytes: new ArrayBuffer(parts.reduce((sum, { size }) => sum + size, 0)), at: 0 });
      },
      free: () => undefined,
    }),
    profiler: () => ({ finish: async () => [], span: async () => 0 }),
    done: async () => undefined,
    withinMemory: async (allocate) => allocate(),
    error: () => null,
    forgive: () => undefined,
    lost: new Promise(() => undefined),
    destroy: () => undefined,
  };
  const commands: Commands = {
    copy: (from, to) => lines.push(`copy ${say.tensor(from)} to ${say.tensor(to)}`),
  };
  return { device, lines, kernels };
}

/**
 * Operations in words. `3+256:1024` is a tensor: 1024 bytes from byte 256 of buffer 3, counted as they are first named.
 * A dispatch: label, workgroups, `override` constants if any, bindings, and the words of its own uniform if any.
 */
function describer() {
  const numbers = new Map<object, number>();
  const tensor = (t: Tensor): string => {
    if (!numbers.has(t.memory)) numbers.set(t.memory, numbers.size);
    return `${numbers.get(t.memory)}${t.offset ? `+${t.offset}` : ''}:${t.size}`;
  };
  const dispatch = ({ kernel, bindings, values, groups, cpu }: Dispatch, counts: Counts, on: DeviceInfo['kind']) => {
    const launched = groups(counts);
    // A GPU is not sent what has nothing to do; on the CPU another operation may do the work of this one.
    if (on === 'gpu' ? launched.includes(0) : !cpu) return [];
    const constants = Object.values(kernel.constants);
    return [
      [
        kernel.label,
        launched.join(),
        ...(constants.length ? [`<${constants.join()}>`] : []),
        ...bindings.map(tensor),
        ...(values ? [`[${new Uint32Array(values).join()}]`] : []),
      ].join(' '),
    ];
  };
  return {
    tensor,
    op(op: Op, counts: Counts, on: DeviceInfo['kind']): string[] {
      if ('clear' in op) return [`clear ${tensor(op.clear)}`];
      return 'copy' in op ? [`copy ${tensor(op.copy)} to ${tensor(op.to)}`] : dispatch(op, counts, on);
    },
  };
}
