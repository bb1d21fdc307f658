/** What to compute on, as a person chose it: kept over visits where the browser allows that. */
import type { DeviceChoice } from '../shared/types';
import type { DeviceKind } from '../store/device';
import type { ModelCommands } from '../store/models';
import { recall, remember } from './remembered';

const CHOICES: readonly DeviceChoice[] = ['auto', 'gpu', 'cpu'];

/** What was chosen on an earlier visit; 'auto' where nothing was. */
export function rememberedDevice(): DeviceChoice {
  const device = recall('device');
  return CHOICES.find((c) => c === device) ?? 'auto';
}

/** Changes the page to `device`, and remembers it once the model is open there. */
export async function changeDevice(models: Pick<ModelCommands, 'computeOn'>, device: DeviceKind): Promise<void> {
  if (await models.computeOn(device)) remember('device', device);
}
