/** What the browser offers to compute on, which of it is chosen, and what devices are called. */
import { type Message, message } from '../shared/message';
import type { DeviceChoice, DeviceInfo, UsedDevice } from '../shared/types';
import type { ModelInfo } from '../train/protocol';

export type DeviceKind = UsedDevice['kind'];

/** What WebGPU gave the page; 'software': an adapter that computes on the CPU. */
export interface GpuFound {
  state: 'hardware' | 'software' | 'no-webgpu' | 'no-adapter';
  name: string;
}

/** What decides about devices; a part of the model's slice. */
interface Choosing {
  info: ModelInfo | null;
  choice: DeviceChoice;
  gpu: GpuFound | null;
}

/** Asked on the page, so that it can say what there is before a worker has opened anything. */
export async function findGpu(): Promise<GpuFound> {
  const none = (state: GpuFound['state']): GpuFound => ({ state, name: '' });
  if (typeof navigator === 'undefined' || !('gpu' in navigator)) return none('no-webgpu');
  try {
    const adapter: (GPUAdapter & { isFallbackAdapter?: boolean }) | null = await navigator.gpu.requestAdapter({
      powerPreference: 'high-performance',
    });
    if (!adapter) return none('no-adapter');
    const software = adapter.info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
    return { state: software ? 'software' : 'hardware', name: ownName(adapter.info) };
  } catch (error) {
    console.warn('requestAdapter failed', error);
    return none('no-adapter');
  }
}

export const hasGpu = (gpu: GpuFound | null): boolean => gpu?.state === 'hardware' || gpu?.state === 'software';

/** A GPU as its driver calls it; empty where it has no name. */
const ownName = ({
  vendor,
  architecture,
  description,
}: Pick<DeviceInfo, 'vendor' | 'architecture' | 'description'>): string =>
  (description || [vendor, architecture].filter(Boolean).join(' ')).slice(0, 300);

export const usedDevice = (info: DeviceInfo): UsedDevice => ({
  kind: info.kind,
  name: info.kind === 'gpu' ? ownName(info) : '',
  threads: info.threads,
});

/**
 * What a device is called; a GPU as its driver calls it. A CPU has a name where it was not Sieve that computed there.
 */
export function calledDevice({ kind, name, threads }: UsedDevice): Message | string {
  if (kind === 'gpu') return name || message('store.device.unnamedGpu');
  return name ? message('store.device.otherCpu', { name, threads }) : message('store.device.cpu', { threads });
}

/**
 * Whether a run that goes on there gives the bits it would have given here. A CPU gives the same everywhere, with any
 * number of threads.
 */
export const sameBits = (a: UsedDevice, b: UsedDevice): boolean => a.kind === b.kind && a.name === b.name;

/** `devices` and the one that goes on, unless it is the last of them. */
export const goingOn = (devices: readonly UsedDevice[], device: UsedDevice): UsedDevice[] => {
  const last = devices.at(-1);
  return last && sameBits(last, device) ? [...devices] : [...devices, device];
};

/** What is asked of the worker: a GPU that is wished for and not there is not insisted on. */
export const askedDevice = ({ choice, gpu }: Pick<Choosing, 'choice' | 'gpu'>): DeviceChoice =>
  choice === 'gpu' && !hasGpu(gpu) ? 'auto' : choice;

/** The kind of device that computes, or will when a model is opened. */
export function currentKind({ info, choice, gpu }: Choosing): DeviceKind {
  if (info) return info.device.kind;
  if (choice === 'auto' || !hasGpu(gpu)) return gpu?.state === 'hardware' ? 'gpu' : 'cpu';
  return choice;
}

/** What a run that is resumed now would go on on, as far as it is known before it is opened. */
export function resumesOn(model: Choosing): UsedDevice {
  if (model.info) return usedDevice(model.info.device);
  return currentKind(model) === 'cpu'
    ? { kind: 'cpu', name: '', threads: null }
    : { kind: 'gpu', name: model.gpu?.name ?? '', threads: null };
}

/** Why the CPU computes though nobody chose it; null where that is not so. */
export function noGpuReason({ info, choice, gpu }: Choosing): Exclude<GpuFound['state'], 'hardware'> | null {
  if (!gpu || choice === 'cpu' || currentKind({ info, choice, gpu }) === 'gpu') return null;
  // A GPU that the page sees and the worker does not get.
  return gpu.state === 'hardware' ? 'no-adapter' : gpu.state;
}

/** Whether the device that is open computes the model wrongly, as far as it was looked at. */
export const computesWrongly = ({ info }: Pick<Choosing, 'info'>): boolean =>
  info !== null && (!info.check.ok || info.gradients?.state === 'differs');
