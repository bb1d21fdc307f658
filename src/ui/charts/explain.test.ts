import { afterEach, expect, test } from 'vitest';
import { type GateRule, trainSchema } from '../../shared/config';
import { ratioEdge } from '../../shared/ratio';
import { speak } from '../../shared/texts';
import { RATIO_BINS } from '../../shared/types';
import { MetricLog } from '../../store/metricLog';
import { ranking } from '../../store/importance';
import { MODULES, evalEvent, gateStats, stepEvent } from '../../store/testing/fixtures';
import { compact } from '../format';
import { cutsOf } from './cuts';
import {
  explainGradient,
  explainHistogram,
  explainLoss,
  explainRanking,
  explainRate,
  explainSkipMap,
  explainTokenMap,
  explainTokens,
} from './explain';

afterEach(() => speak('en'));

function run(): MetricLog {
  const h = new MetricLog('a');
  h.modules = MODULES;
  for (let i = 1; i <= 10; i++)
    h.addStep({
      ...stepEvent(
        'a',
        i,
        gateStats(MODULES.length, 100, (m) => 100 - 20 * m),
      ),
      loss: 3,
      gradNorm: i,
    });
  h.addEval(evalEvent('a', 10, 4));
  return h;
}

test('the loss is explained with the base, each run, and the gap between what it saw and what it did not', () => {
  const base = new MetricLog('base');
  base.addEval(evalEvent('base', 0, Math.log(100)));
  const a = run();
  const text = explainLoss([{ name: 'LoRA', run: a }], base, false).join(' ');
  expect(text).toContain(
    'a validation loss of 4.605: it gives the correct token a (geometric) mean probability of 1.0 %',
  );
  expect(text).toContain('LoRA: 4.000 at step 10');
  expect(text).toContain('Its train loss (3.000) is lower by 1.00');
  a.stopped = { step: 10, bestStep: 6, bestLoss: 3.9 };
  expect(explainLoss([{ name: 'LoRA', run: a }], undefined, false).at(-1)).toContain(
    'not improved since step 6 (3.900)',
  );
});

test('where a head tells classes apart, no sentence of the loss speaks of tokens', async () => {
  const base = new MetricLog('base');
  base.addEval(evalEvent('base', 0, Math.log(4)));
  for (const language of ['en', 'zh'] as const) {
    await speak(language);
    const [of, not] = { en: ['correct class', 'token'], zh: ['类别', '词元'] }[language];
    const text = explainLoss([{ name: 'LoRA', run: run() }], base, true).join(' ');
    expect(text.split(of).length - 1).toBe(3);
    expect(text).not.toContain(not);
  }
});

test('gradient, rate, map, sizes, tokens and ranking name what they show', () => {
  const a = run();
  expect(explainGradient([{ name: 'LoRA', run: a }], 5).at(-1)).toBe(
    'LoRA: 10 now, 10 at most. In 50 % of its steps the norm was above the max gradient norm of 5, and the gradient was clipped.',
  );
  expect(explainRate(trainSchema.parse({}), a).join(' ')).toContain(
    'rises over 10 warm-up steps to 0.003 and then falls linearly to 0',
  );
  expect(explainSkipMap(MODULES, [0, 0.2, 0.4, 0.6], 10)[1]).toBe(
    'At step 10 the modules skip 30.0 % on average: most in layer 1, v (60 %), least in layer 0, q (0 %).',
  );
  const sizes = (rule: GateRule) => explainHistogram(a.gate!, cutsOf(a.gate!, rule), 3, 'layer 1, v').join(' ');
  a.gate!.histogram.set([60, 40], 3 * RATIO_BINS + 20);
  expect(sizes('reconstructed')).toContain('τ is 0.03; 40 of 100 tokens were active, 60.0 % were skipped');
  // A fixed share has a cut, of these tokens; who draws at random has none.
  expect(sizes('quantile')).toContain(`the cutoff is ${compact(ratioEdge(21))}; 40 of 100 tokens were active`);
  expect(sizes('random')).toContain(
    'This gate does not go by r, so it has no threshold. layer 1, v: 40 of 100 tokens were active',
  );
  expect(explainTokenMap(2, 2, [1, 0, 1, 1])[1]).toContain('75.0 % of 4 updates were applied');
  expect(explainTokens([0.2, 0.9], ['a', ' b'])[1]).toBe('Most active: “b” (90 %). Least active: “a” (20 %).');
  expect(explainRanking(ranking(a, [])!, MODULES, new Map())[1]).toBe(
    'Averaged over steps 8 to 10, layer 0, q has the largest active share: 100.0 %.',
  );
});
