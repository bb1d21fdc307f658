import { describe, expect, it } from 'vitest';
import { verdict } from './verdicts';

describe('verdicts', () => {
  it('say what was shown and what was not', () => {
    const loss = { label: 'Validation loss', better: 'lower' } as const;
    const accuracy = { label: 'Accuracy', better: 'higher' } as const;
    const lower = { mean: -0.12, half: 0.05, n: 5 };
    expect(verdict('LoRA', 'DoRA', loss, lower)).toBe(
      'Validation loss: LoRA better by 0.120 than DoRA (95 % CI 0.070 to 0.170, n = 5).',
    );
    expect(verdict('LoRA', 'DoRA', accuracy, lower)).toMatch(/^Accuracy: LoRA worse by 0\.120/);
    expect(verdict('LoRA', 'DoRA', accuracy, { ...lower, mean: 0.12 })).toMatch(/LoRA better by 0\.120/);
    expect(verdict('LoRA', 'DoRA', loss, { mean: 0.02, half: 0.05, n: 5 })).toBe(
      'Validation loss: no difference shown between LoRA and DoRA (+0.020, 95 % CI −0.030 to +0.070, n = 5).',
    );
    expect(verdict('LoRA', 'DoRA', loss, { mean: 0.02, half: null, n: 1 })).toMatch(/one seed cannot show/);
    expect(verdict('LoRA', 'DoRA', loss, null)).toMatch(/no seed in common/);
  });
});
