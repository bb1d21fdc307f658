/** What to compute on, as a person chose it: kept over visits where the browser allows that. */
import type { DeviceChoice } from '../shared/types';
import type { DeviceKind } from '../store/device';
import type { Studio } from '../store/studio';
import { recall, remember } from './remembered';

const CHOICES: readonly DeviceChoice[] = ['auto', 'gpu', 'cpu'];

/** What was chosen on an earlier visit; 'auto' where nothing was. */
export function rememberedDevice(): DeviceChoice {
  const device = recall('device');
  return CHOICES.find((c) => c === device) ?? 'auto';
}

/** Changes the page to `device`, and remembers it once the model is open there. */
export async function changeDevice(studio: Pick<Studio, 'computeOn'>, device: DeviceKind): Promise<void> {
  if (await studio.computeOn(device)) remember('device', device);
}
