/** Devices in words; a GPU as its driver calls it. */
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import type { UsedDevice } from '../shared/types';
import { calledDevice } from '../store/device';

export const deviceName = (device: UsedDevice): string => say(calledDevice(device));

/** The devices that a run was computed on, one after the other. */
export function deviceNames(devices: readonly UsedDevice[]): string {
  const { unknown, afterwards } = texts().common.device;
  return devices.length === 0 ? unknown : devices.map(deviceName).join(afterwards);
}
