/** AdaLoRA's settings, besides those of every adapter. In the form's order. */
import { number, optional } from '../settings/setting';

const PEFT = (parameter: string) => ({ name: 'PEFT' as const, parameter });

/** AdaLoRA's budget schedule and regularisation; names and meaning are PEFT's. `rank` of the run is `target_r`. */
export const ADALORA_SETTINGS = {
  initRank: number({ place: 'more', whole: true, min: 1, max: 64, default: 12, library: PEFT('init_r') }),
  deltaT: number({
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 1,
    max: 1e4,
    default: 1,
    library: PEFT('deltaT'),
  }),
  orthRegWeight: number({ place: 'more', min: 0, max: 100, default: 0.5, library: PEFT('orth_reg_weight') }),
  beta1: number({ place: 'more', min: 0, max: 0.9999, default: 0.85, library: PEFT('beta1') }),
  beta2: number({ place: 'more', min: 0, max: 0.9999, default: 0.85, library: PEFT('beta2') }),
  /** Steps before pruning starts, and final steps at the target budget; 'auto' = a tenth and a third of the run. */
  tinit: optional({
    off: 'auto',
    start: 10,
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 0,
    max: 1e6,
    library: PEFT('tinit'),
  }),
  tfinal: optional({
    off: 'auto',
    start: 30,
    place: 'more',
    unit: 'steps',
    whole: true,
    min: 0,
    max: 1e6,
    library: PEFT('tfinal'),
  }),
};
