/** LoRA, with and without a gate. */
import { type MethodDescription, gated } from './method';

export const LORA = {
  name: 'lora',
  label: 'LoRA',
  update: 'lora',
  gated: false,
  scales: true,
} as const satisfies MethodDescription;

export const TS_LORA = gated(LORA);
