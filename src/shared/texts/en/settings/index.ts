/** What each setting is called and does: in the form, the config diff, experiments, mistakes and docs/settings.md. */
import { adalora, gatera, run } from './adapter';
import { gate } from './gate';
import { train } from './train';

export const settings = {
  group: { train: 'Training', run: 'Adapter', gate: 'Token gate', adalora: 'AdaLoRA', gatera: 'GateRA' },
  train,
  run,
  gate,
  adalora,
  gatera,
  unit: { percent: '%', tokens: 'tokens', steps: 'steps', evaluations: 'evaluations' },
  withUnit: (label: string, unit: string) => `${label} (${unit})`,
  /** A label inside a sentence; names and signs stay as they are. */
  inSentence: (label: string) => (/^[A-Z][a-z]+\b(?!\+)/.test(label) ? label[0].toLowerCase() + label.slice(1) : label),
  yes: 'yes',
  no: 'no',
};
