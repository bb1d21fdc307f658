/** GateRA: the nearest published rival of a token gate with a threshold. */
import { GATERA_SETTINGS } from './gateraSettings';
import type { MethodDescription } from './method';

export const GATERA = {
  name: 'gatera',
  label: 'GateRA',
  update: 'gatera',
  gated: false,
  perToken: true,
  settings: GATERA_SETTINGS,
} as const satisfies MethodDescription;
