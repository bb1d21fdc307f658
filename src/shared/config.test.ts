import { expect, it } from 'vitest';
import { PAPER_LAMBDA, paperGate } from './config';

it('the paper\u2019s λ stays the same for each token, whatever the batch', () => {
  for (const tokens of [100, 512, 4096]) {
    const gate = paperGate(tokens);
    expect(gate.lambdaBar / tokens).toBeCloseTo(PAPER_LAMBDA, 12);
    expect(gate).toMatchObject({ rule: 'literal', tauStep: 4e-5, prices: 'own', target: null });
  }
});
