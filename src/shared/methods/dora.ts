/** DoRA, with and without a gate. */
import { message } from '../message';
import { type MethodDescription, gated } from './method';

export const DORA = {
  name: 'dora',
  label: 'DoRA',
  update: 'dora',
  gated: false,
  rescales: true,
  // With dropout PEFT takes all of Δ, its part along W0 x too, from the dropped input: W0 and W0ᵀ would be applied
  // twice.
  refuses: { dropout: message('shared.setting.doraDropout'), tokenDropout: message('shared.setting.doraDropout') },
} as const satisfies MethodDescription;

export const TS_DORA = gated(DORA);
