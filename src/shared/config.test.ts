import { afterEach, expect, it } from 'vitest';
import { PAPER_LAMBDA, defaultSession, sessionProblems, paperGate, warmupReaches } from './config';
import { speak } from './texts';
import { say } from './texts/say';

afterEach(() => speak('en'));

it('the paper\u2019s λ stays the same for each token, whatever the batch', () => {
  for (const tokens of [100, 512, 4096]) {
    const gate = paperGate(tokens);
    expect(gate.sparsityPenalty / tokens).toBeCloseTo(PAPER_LAMBDA, 12);
    expect(gate).toMatchObject({ rule: 'literal', tauLearningRate: 4e-5, gradientFrom: 'train', targetSparsity: null });
  }
});

it('a warm-up that is as long as the run, or longer, is told with the rate that is reached', () => {
  expect(warmupReaches({ steps: 20, warmupSteps: 100 })).toBe(0.2);
  expect(warmupReaches({ steps: 100, warmupSteps: 100 })).toBe(1);
  expect([
    warmupReaches({ steps: 100, warmupSteps: 99 }),
    warmupReaches({ steps: 100, warmupSteps: 0 }),
    warmupReaches({ steps: 0, warmupSteps: 5 }),
  ]).toEqual([null, null, null]);
});

it('problems are said in the language in use, zod’s own among them', async () => {
  const {
    train,
    runs: [plain, gated],
  } = defaultSession();
  const told = (value: unknown) => sessionProblems(value).map((p) => say(p.message));
  const broken = () => [
    ...told(null),
    ...told({ train, runs: [] }),
    ...told({ train, runs: [plain, plain] }),
    ...told({ train: { ...train, loadBestCheckpoint: true }, runs: [plain] }),
    ...told({
      train: {
        ...train,
        steps: 0,
        seed: 1.5,
        learningRate: NaN,
        epsilon: 0,
        loadBestCheckpoint: 'no',
        schedule: 'steep',
        colour: 1,
      },
      runs: [plain],
    }),
    ...told({
      train,
      runs: [
        { ...plain, name: '', id: 'A B', rank: 65, modules: ['q', 'q'], only: ['q.0'] },
        {
          ...gated,
          name: 'x'.repeat(61),
          modules: [],
          gate: { ...gated.gate, tauLearningRate: -1, activeShare: Infinity, rule: 7 },
        },
      ],
    }),
    ...told({
      train,
      runs: [
        { ...plain, method: 'dora', dropout: 0.1 },
        { ...plain, id: 'a', method: 'adalora', rank: 16, adalora: { ...plain.adalora, tinit: 99 } },
        { ...gated, gate: { ...gated.gate, rule: 'random', gradientFrom: 'dev', follows: 'lora' } },
      ],
    }),
  ];
  const english = broken();
  expect(english.length).toBeGreaterThan(20);
  await speak('zh');
  const chinese = broken();
  expect(chinese).toHaveLength(english.length);
  expect(
    chinese.filter((message) => !/\p{Script=Han}/u.test(message) || /[a-z]+ [a-z]+ [a-z]+/i.test(message)),
  ).toEqual([]);
});
