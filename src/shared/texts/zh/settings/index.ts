import type { Texts } from '../../en';
import { adalora, gatera, run } from './adapter';
import { gate } from './gate';
import { train } from './train';

export const settings: Texts['settings'] = {
  group: { train: '训练', run: '适配器', gate: '词元门控', adalora: 'AdaLoRA', gatera: 'GateRA' },
  train,
  run,
  gate,
  adalora,
  gatera,
  unit: { percent: '%', tokens: '词元', steps: '步', evaluations: '次评估' },
  withUnit: (label, unit) => `${label}（${unit}）`,
  inSentence: (label) => (label === 'Alpha' || label === 'Dropout' ? label.toLowerCase() : label),
  yes: '是',
  no: '否',
};
