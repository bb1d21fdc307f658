import type { AdapterMethod } from '../adapterMethod';
import { LORA_PEFT } from '../lora/peft';
import { GATE_WEIGHTS, GateRa } from './gatera';

export const gatera: AdapterMethod = {
  name: 'gatera',
  extra: GATE_WEIGHTS,
  usesBaseOutput: false,
  sizes: () => ({}),
  create: (context) => new GateRa(context),
  peft: { ...LORA_PEFT, type: 'GATERA' },
};
