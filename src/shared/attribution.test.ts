import { expect, it } from 'vitest';
import { canAttribute } from './attribution';
import { GATE_RULES, METHODS, runSchema } from './config';

const run = (given: object) => runSchema.parse({ id: 'run', name: 'run', ...given });

it('LoRA and gates that cut by thresholds can be attributed; what is shrunk, chosen by batch or not B times a number cannot', () => {
  expect(METHODS.filter((method) => canAttribute(run({ method })))).toEqual(['lora', 'ts-lora']);
  expect(GATE_RULES.filter((rule) => canAttribute(run({ method: 'ts-lora', gate: { rule } })))).toEqual([
    'reconstructed',
    'literal',
    'exact',
    'averaged',
    'late',
    'coin',
    'oracle',
  ]);
  expect(GATE_RULES.filter((rule) => canAttribute(run({ method: 'ts-dora', gate: { rule } })))).toEqual([]);
});
