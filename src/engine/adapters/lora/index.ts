import { isGated, shrinksUpdates } from '../../../shared/config';
import type { AdapterMethod } from '../adapterMethod';
import { Lora, loraSizes } from './lora';
import { LORA_PEFT } from './peft';

export const lora: AdapterMethod = {
  name: 'lora',
  extra: null,
  usesBaseOutput: false,
  sizes: (run, modules, rPad) => (isGated(run) ? loraSizes(modules.length, rPad, shrinksUpdates(run)) : {}),
  create: ({ run, low, modules, scope }) =>
    new Lora(low, isGated(run) ? { modules, scope, shrinks: shrinksUpdates(run) } : null),
  peft: LORA_PEFT,
};
