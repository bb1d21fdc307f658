/** GateRA's settings, besides those of every adapter. */
import { number } from '../settings/setting';

export const GATERA_SETTINGS = {
  /** Weight of the mean entropy of the gates, in nats, over tokens and modules. */
  entropyWeight: number({ place: 'more', min: 0, max: 100, default: 0.01, wasDefault: 0.01, sweep: '0, 0.01, 0.1' }),
};
