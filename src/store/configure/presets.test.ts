import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSession, sessionProblems } from '../../shared/config';
import { PRESETS, type Surroundings, applyPreset, isPreset, lengthThatHolds, presetFor } from './presets';
import { say } from '../../shared/texts/say';

/** Lengths in bins of 8 tokens: `counts[b]` examples of up to (b + 1) × 8, the last bin open. */
const lengths = (counts: number[]) => ({ width: 8, counts, limit: 128 });
const AROUND: Surroundings = {
  parameters: 4e6,
  context: 256,
  device: 'software',
  data: { train: 200, validation: 20, lengths: lengths([0, 20, 60, 100, 20, 10, 5, 4, 1, 0]) },
};
const about = (change: Partial<Surroundings>) => (preset: (typeof PRESETS)[number]) =>
  presetFor(preset, { ...AROUND, ...change });

describe('a preset', () => {
  it('grows from quick to thorough in every respect', () => {
    const [quick, balanced, thorough] = PRESETS.map(about({}));
    for (const key of ['steps', 'maxSequenceLength', 'evalExamples'] as const) {
      expect(quick.train[key]).toBeLessThanOrEqual(balanced.train[key]);
      expect(balanced.train[key]).toBeLessThanOrEqual(thorough.train[key]);
    }
    expect([quick, balanced, thorough].map((p) => p.adapter)).toEqual([
      { rank: 4, alpha: 8 },
      { rank: 8, alpha: 16 },
      { rank: 16, alpha: 32 },
    ]);
    expect(quick.train.steps).toBeLessThan(thorough.train.steps);
    expect([quick, balanced, thorough].map((p) => p.train.loadBestCheckpoint)).toEqual([false, false, true]);
    expect(thorough.train.devShare).toBe(0.1);
  });

  it('goes by the lengths of the examples and the model’s context', () => {
    expect(lengthThatHolds(AROUND.data.lengths, 0.5)).toBe(32);
    expect(about({})('balanced').train.maxSequenceLength).toBe(40);
    expect(about({})('balanced').why.map(say)[0]).toBe('Max sequence length 40: 91 % of the examples fit untruncated.');
    const long = { ...AROUND.data, lengths: lengths([0, 0, 0, 0, 0, 0, 0, 0, 0, 200]) };
    expect(lengthThatHolds(long.lengths, 0.5)).toBe(Infinity);
    expect(about({ data: long })('thorough').train.maxSequenceLength).toBe(256);
    expect(about({ data: long, context: 96 })('thorough').train.maxSequenceLength).toBe(96);
    expect(about({ data: long, context: 96 })('thorough').why.map(say)[0]).toContain('the model’s context is 96');
    expect(about({ data: long, context: 4096, device: 'gpu' })('thorough').train.maxSequenceLength).toBe(1024);
  });

  it('goes by the device and the model’s size', () => {
    const slow = about({ data: { ...AROUND.data, train: 10_000 } })('thorough').train;
    const fast = about({ data: { ...AROUND.data, train: 10_000 }, device: 'gpu' })('thorough').train;
    expect(slow.steps).toBe(600);
    expect(fast.steps).toBeGreaterThan(slow.steps / 2);
    expect(fast.batchSize * fast.gradientAccumulationSteps).toBeGreaterThan(
      slow.batchSize * slow.gradientAccumulationSteps,
    );
    expect(about({ data: { ...AROUND.data, train: 10_000 }, parameters: 1.3e8 })('thorough').train.steps).toBe(150);
    expect([4e6, 1.3e8, 5e8, 2e9].map((parameters) => about({ parameters })('quick').train.learningRate)).toEqual([
      3e-3, 1e-3, 3e-4, 2e-4,
    ]);
  });

  it('goes by the number of examples, and sets no dev split aside where there are few', () => {
    const few = about({ data: { ...AROUND.data, train: 12, validation: 2 } })('thorough');
    expect(few.train).toMatchObject({ loadBestCheckpoint: false, devShare: 0, evalExamples: 2 });
    expect(few.train.batchSize * few.train.gradientAccumulationSteps).toBeLessThanOrEqual(3);
    expect(few.why.map(say).at(-1)).toContain('With 12 examples there is no dev split');
    expect(few.why.map(say).join(' ')).toContain('all there are');
  });

  it('leaves runs, gates and seed, and knows itself again', () => {
    const draft = defaultSession();
    draft.train.seed = 7;
    draft.runs[1].gate.targetSparsity = 0.5;
    const result = about({})('balanced');
    expect(isPreset(draft, result)).toBe(false);
    const applied = applyPreset(draft, result);
    expect(applied.train.seed).toBe(7);
    expect(applied.runs[1].gate.targetSparsity).toBe(0.5);
    expect(isPreset(applied, result)).toBe(true);
    // A gate that takes μ from the dev split keeps it.
    draft.train.devShare = 0.2;
    draft.runs[1].gate.gradientFrom = 'dev';
    expect(applyPreset(draft, result).train.devShare).toBe(0.2);
  });

  it('can be trained, whatever the model, the data and the device', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PRESETS),
        fc.integer({ min: 1000, max: 8e9 }),
        fc.integer({ min: 8, max: 1e5 }),
        fc.constantFrom('gpu' as const, 'software' as const, 'cpu' as const),
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 1e5 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.nat(1000), { minLength: 2, maxLength: 33 }),
        (...[preset, parameters, context, device, train, validation, width, counts]) => {
          const result = presetFor(preset, {
            parameters,
            context,
            device,
            data: { train, validation, lengths: { width, counts, limit: 64 } },
          });
          expect(sessionProblems(applyPreset(defaultSession(), result))).toEqual([]);
          expect(result.train.maxSequenceLength).toBeLessThanOrEqual(context);
          expect(result.train.evalExamples).toBeLessThanOrEqual(validation);
          expect(result.why.map(say).join(' ')).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
    );
  });
});
