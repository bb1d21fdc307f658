/** The train worker's whole behaviour on the nano model, without the worker: same code, same GPU. */
import { type Attributed, checksum } from '../shared/attribution';
import { say } from '../shared/texts/say';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../shared/pack';
import { bytesOfSets } from '../shared/tokenSets';
import type { TokenSet } from '../shared/types';
import { type SessionState, type TrainReplies, stateBuffers } from './protocol';
import { NANO, smallData as data, smallSession as config, watched } from './testing/studio';

describe('the train worker', () => {
  it('times steps as they would train, leaves nothing behind, and stops when it is told to', async () => {
    const { studio, events } = watched();
    await studio.openModel({ type: 'open-model', source: NANO });
    const before = studio.counts();
    const sets = await data(48);
    const start = config({ devShare: 0.2 });
    const [lora, ts] = start.runs;
    const timed = {
      ...start,
      runs: [lora, { ...ts, gate: { ...ts.gate, gradientFrom: 'dev' as const, gradientInterval: 1, tauWarmup: 0 } }],
    };
    const planned = (tokens: TokenSet[]) => studio.plan({ type: 'plan', config: timed, data: bytesOfSets(tokens) });
    const { fits, items, opening } = planned([sets.train, sets.validation]);
    expect(fits).toBe(true);
    const itemsOf = (all: typeof items) => new Map(all.map(({ part, bytes }) => [part, bytes]));
    const found = itemsOf(items);
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(['weights', 'samples', 'points', 'checkpoint', 'tokens', 'tokenizer']),
    );
    // A worker for the data, the page, and this worker: each has every token.
    const [{ train }, tokens] = [sets, sets.train.ids.length + sets.validation.ids.length];
    expect(found.get('tokens')).toBeGreaterThanOrEqual(3 * tokens * (train.ids.BYTES_PER_ELEMENT + 1));
    expect(itemsOf(planned([]).items).get('tokens')).toBe(0);
    // 4,096 tokens and their merges, twice: the worker for the data reads texts, too.
    expect(found.get('tokenizer')! / 2 ** 20).toBeGreaterThan(1);
    // ONNX Runtime had the file, whatever it is.
    expect(opening!.by).toBe('onnxruntime');
    expect(opening!.bytes).toBeGreaterThan(2 * found.get('weights')!);
    const { stepMs, evalMs } = await studio.timeSteps({ type: 'time-steps', config: timed, ...sets, steps: 2 });
    expect(stepMs).toHaveLength(2);
    expect([...stepMs, evalMs].every((ms) => ms > 0)).toBe(true);
    expect(studio.counts()).toEqual(before);
    expect(events.filter((e) => e.type === 'step')).toEqual([]);
    const ended = studio.timeSteps({ type: 'time-steps', config: timed, ...sets, steps: 1000 });
    studio.cancelTiming();
    await expect(ended).rejects.toThrow('Cancelled');
    expect(studio.counts()).toEqual(before);
  });

  it('checks logits, trains two runs, evaluates, gives an adapter that comes back the same', async () => {
    const { studio, events, phase, losses } = watched();
    const info = await studio.openModel({ type: 'open-model', source: NANO });
    expect(info.check.ok).toBe(true);
    expect(info.check.relativeError).toBeLessThan(1e-4);
    const finished = phase('finished');
    const plan = await studio.start({ type: 'start', config: config(), ...(await data(48)) });
    const live = studio.counts();
    // What runs write is written later, and the rest is the host's.
    const beside = ['samples', 'points', 'checkpoint', 'tokens', 'tokenizer'];
    const planned = plan.items.reduce((sum, { part, bytes }) => sum + (beside.includes(part) ? 0 : bytes), 0);
    expect(Math.abs(live.bytes / planned - 1)).toBeLessThan(0.05);
    await finished;
    expect(losses('lora')).toHaveLength(8);
    // B starts at zero, so the first loss is the base's, gate or no gate.
    expect(losses('ts-lora')[0]).toBe(losses('lora')[0]);
    const evals = events.filter((e) => e.type === 'eval');
    expect(evals.map((e) => `${e.runId}@${e.step}`)).toEqual(['base@0', 'lora@4', 'ts-lora@4', 'lora@8', 'ts-lora@8']);
    expect(evals[3].loss).toBeLessThan(evals[0].loss);
    const last = events.findLast((e) => e.type === 'step' && e.runId === 'ts-lora');
    expect(last?.type === 'step' && last.gate?.tau.some((t) => t > 0)).toBe(true);
    expect(last?.type === 'step' && last.work.done <= last.work.dense * 1.3).toBe(true);
    // Results may come two steps at once; the steps still took their time, but the first, which follows none.
    const ms = events.flatMap((e) => (e.type === 'step' && e.runId === 'lora' ? [e.ms] : []));
    expect(ms[0]).toBe(0);
    // A busy machine holds one up, or two; were every second one nothing, the third longest would be whole still.
    const [, , third] = ms.toSorted((a, b) => b - a);
    expect(Math.min(...ms.slice(1)), ms.join(' ')).toBeGreaterThan(0.01 * third);
    expect(events.some((e) => e.type === 'watch' && e.active.includes(0) && e.active.includes(1))).toBe(true);
    // However slow the text is, it is looked at with every evaluation.
    const looked = events.flatMap((e) => (e.type === 'watch' ? [e.step] : []));
    expect(looked).toEqual(expect.arrayContaining([0, 4, 8]));

    const template = { prompt: '', completion: '' };
    const { files } = await studio.export({
      type: 'export',
      runId: 'ts-lora',
      template,
      check: true,
    });
    expect(files.map((f) => f.name)).toContain('load_gated.py');
    const { runId } = await studio.import({ type: 'import', files, as: null });
    const sampling = { seed: 7, maxNewTokens: 12, temperature: 0.8, topP: 0.95 };
    const { texts } = await studio.generate(
      { type: 'generate', runs: ['base', 'ts-lora', runId], prompt: 'Tom has 3 red apples and one hat.\n', sampling },
      1,
    );
    const templated = await studio.generate(
      {
        type: 'generate',
        runs: ['base'],
        prompt: { templated: '<|endoftext|>Tom has 3 red apples and one hat.\n' },
        sampling,
      },
      2,
    );
    expect(templated.texts.base).toBe(texts.base);
    expect(texts[runId]).toBe(texts['ts-lora']);
    expect(texts[runId]).not.toBe(texts.base);

    const watch = events.findLast((e) => e.type === 'watch');
    const attribute = (run: string, of: Attributed) =>
      studio.finished.attribute({ type: 'attribute', runId: run, data: null, of, points: 5 });
    const found = await attribute('ts-lora', { text: null, example: 0 });
    const { text } = found!;
    expect(text!.tokens).toEqual(watch?.type === 'watch' && watch.tokens);
    expect(text!.active).toEqual(watch?.type === 'watch' && watch.active);
    expect(checksum(found!).error).toBeLessThan(0.1);
    const ranked = await attribute('lora', { examples: 5 });
    expect(ranked!.text).toBeNull();
    // On the evaluation examples it is what was said of the session.
    expect(ranked!.base).toBeCloseTo(evals[0].loss, 5);
    expect(ranked!.adapted).toBeCloseTo(evals[3].loss, 5);
    expect(checksum(ranked!).error).toBeLessThan(0.1);
    const cancelled = attribute('lora', { examples: 5 });
    studio.finished.cancelAttribution();
    expect(await cancelled).toBeNull();

    // An adapter from a file is given gates with data that come along; what begins next ends that.
    const exported = await studio.export({ type: 'export', runId: 'lora', template, check: false });
    const imported = await studio.import({ type: 'import', files: exported.files, as: null });
    expect(imported.method).toBe('lora');
    const own = { ...(await data(48)), settings: config().train };
    const prepared = await studio.finished.open({ type: 'sieve-open', runId: imported.runId, data: own });
    expect(prepared!.dense).toBeCloseTo(evals[3].loss, 5);
    const half = await studio.finished.at({ type: 'sieve-at', way: 'ratio', share: 0.5, preview: false });
    expect(half!.skipped).toBeCloseTo(0.5, 1);
    const ended = [
      studio.finished.at({ type: 'sieve-at', way: 'joint', share: 0.3, preview: false }),
      studio.finished.open({ type: 'sieve-open', runId: 'lora', data: null }),
    ];
    await studio.reset();
    expect(await Promise.all(ended)).toEqual([null, null]);
  });

  it('is bit-identical when repeated, and when continued in a new studio from its state', async () => {
    const set = await data(48);
    const whole = watched();
    await whole.studio.openModel({ type: 'open-model', source: NANO });
    let done = whole.phase('finished');
    await whole.studio.start({ type: 'start', config: config(), ...set });
    await done;
    const expected = { lora: whole.losses('lora'), ts: whole.losses('ts-lora') };
    whole.events.length = 0;
    done = whole.phase('finished');
    await whole.studio.start({ type: 'start', config: config(), ...set });
    await done;
    expect(whole.losses('lora')).toEqual(expected.lora);
    expect(whole.losses('ts-lora')).toEqual(expected.ts);

    whole.events.length = 0;
    const paused = whole.phase('paused');
    await whole.studio.start({ type: 'start', config: config(), ...set });
    whole.studio.pause();
    await paused;
    // As a checkpoint holds it.
    const state = unpack(
      new Uint8Array(await new Blob(pack(await whole.studio.state())).arrayBuffer()),
    ) as SessionState;
    expect(state.step).toBeGreaterThan(0);
    expect(state.step).toBeLessThan(8);
    const next = watched({ own: true });
    await next.studio.openModel({ type: 'open-model', source: NANO });
    done = next.phase('finished');
    await next.studio.restore({ type: 'restore', state, ...set });
    await done;
    expect([...expected.lora.slice(0, state.step), ...next.losses('lora')]).toEqual(expected.lora);
    expect([...expected.ts.slice(0, state.step), ...next.losses('ts-lora')]).toEqual(expected.ts);
    await whole.studio.reset();
    await next.studio.reset();
  });

  it('a snapshot between a step and its evaluation still owes it; a run that had failed stays failed', async () => {
    const { studio, phase, events, losses } = watched();
    const set = await data(48);
    await studio.openModel({ type: 'open-model', source: NANO });
    const paused = phase('paused');
    await studio.start({ type: 'start', config: config({ evalInterval: 1 }), ...set });
    studio.pause();
    await paused;
    const state = await studio.state();
    expect(state.evaluated).toBe(state.step);
    events.length = 0;
    const finished = phase('finished');
    await studio.restore({ type: 'restore', state: { ...state, evaluated: state.step - 1, failed: ['lora'] }, ...set });
    await finished;
    expect(
      events.filter((e) => e.type === 'eval' && e.step === state.step).map((e) => e.type === 'eval' && e.runId),
    ).toEqual(['ts-lora']);
    expect(losses('lora')).toEqual([]);
    expect(losses('ts-lora')).toHaveLength(8 - state.step);
    await studio.reset();
  });

  it('eight starts, pauses, stops and model changes leave the buffers as they were', async () => {
    const { studio, phase } = watched();
    const set = await data(48);
    await studio.openModel({ type: 'open-model', source: NANO });
    const before = studio.counts();
    for (let i = 0; i < 8; i++) {
      if (i % 4 === 3) await studio.openModel({ type: 'open-model', source: NANO });
      const training = phase('training');
      await studio.start({ type: 'start', config: config({ steps: 3 }), ...set });
      await training;
      studio.pause();
      studio.resume();
      if (i % 3 === 0) await studio.stop();
      await studio.reset();
      expect(studio.counts()).toEqual(before);
    }
  });

  it('a hundred steps leave the count of live buffers unchanged', async () => {
    // Counted at that very step: an evaluation has buffers of its own while it goes on.
    let early: TrainReplies['counts'] | null = null;
    const { studio, phase } = watched({
      on: (event, at) => {
        if (event.type === 'step' && event.step === 3) early ??= at.counts();
      },
    });
    await studio.openModel({ type: 'open-model', source: NANO });
    const finished = phase('finished');
    await studio.start({
      type: 'start',
      config: config({ steps: 100, batchSize: 1, maxSequenceLength: 32, evalInterval: 50 }),
      ...(await data(32)),
    });
    await finished;
    expect(early).not.toBeNull();
    expect(studio.counts()).toEqual(early);
    await studio.reset();
  });

  it('NaN: steps are skipped and the first bad tensor named, then back at half the rate, at last the end; others go on', async () => {
    const { studio, phase, events, losses } = watched();
    const set = await data(48);
    await studio.openModel({ type: 'open-model', source: NANO });
    const steps = config({ steps: 20, evalInterval: 20 });
    const paused = phase('paused');
    await studio.start({ type: 'start', config: steps, ...set });
    studio.pause();
    await paused;
    // Handed over as the worker does it; the session keeps what its runs go back to.
    const handed = await studio.state();
    const sound = structuredClone(handed, { transfer: stateBuffers(handed) });
    expect(await studio.state()).toEqual(sound);
    const rest = 20 - sound.step;
    const poison = (params: unknown) => {
      new Float32Array((params as { params: ArrayBuffer }).params)[0] = NaN;
    };
    const goOn = async (state: SessionState) => {
      events.length = 0;
      const ended = phase('finished', 'failed');
      await studio.restore({ type: 'restore', state, ...set });
      await ended;
      return events.flatMap((e) =>
        e.type === 'warning' && /skipped:|went back|were skipped/.test(say(e.message))
          ? [`${e.runId} ${say(e.message)}`]
          : [],
      );
    };
    expect(await goOn(structuredClone(sound))).toEqual([]);
    const undisturbed = losses('lora');

    // The first value of the first module's A; what the run goes back to is sound.
    const state = structuredClone(sound);
    poison((state.runs['ts-lora'] as { tensors: unknown }).tensors);
    const warnings = await goOn(state);
    expect(warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `^ts-lora step ${state.step + 1} was skipped: its loss is NaN. The first bad tensor is A of model.layers.0.self_attn.q_proj \\(value 0\\)`,
        ),
      ),
      expect.stringMatching(/^ts-lora .*adapter of step 0 and continues at 0.5 of/),
      // Three, and the one that was under way.
      expect.stringMatching(/^ts-lora 4 of its 20 steps were skipped/),
    ]);
    expect(losses('ts-lora')).toHaveLength(rest - 4);
    expect(losses('ts-lora')[0]).toBeGreaterThan(losses('ts-lora').at(-1)!);
    const rate = (runId: string) =>
      events.findLast((e) => e.type === 'step' && e.runId === runId && e.step === 19) as { learningRate: number };
    expect(rate('ts-lora').learningRate).toBe(rate('lora').learningRate / 2);
    expect(losses('lora')).toEqual(undisturbed);

    // The same again, saved among the bad steps.
    const straight = losses('ts-lora');
    const again = structuredClone(sound);
    poison((again.runs['ts-lora'] as { tensors: unknown }).tensors);
    events.length = 0;
    const stopped = phase('paused');
    await studio.restore({ type: 'restore', state: again, ...set });
    studio.pause();
    await stopped;
    const between = await studio.state();
    const before = losses('ts-lora');
    await goOn(structuredClone(between));
    expect([...before, ...losses('ts-lora')]).toEqual(straight);

    // And one that cannot be helped.
    poison((state.signs['ts-lora'] as { good: { point: unknown } }).good.point);
    const lost = await goOn(state);
    expect(lost.filter((m) => m.includes('went back'))).toHaveLength(2);
    const failed = events.flatMap((e) => (e.type === 'run-failed' ? [e] : []));
    expect(failed.map((f) => f.runId)).toEqual(['ts-lora']);
    expect(say(failed[0].error)).toContain('The first bad tensor is A of model.layers.0.self_attn.q_proj (value 0)');
    expect(losses('ts-lora')).toHaveLength(0);
    expect(losses('lora')).toEqual(undisturbed);
    await studio.reset();
  });

  it('samples every run at each evaluation, and changes nothing by it', async () => {
    const set = await data(48);
    const { studio, phase, events, losses } = watched();
    await studio.openModel({ type: 'open-model', source: NANO });
    const before = studio.counts();
    let done = phase('finished');
    await studio.start({ type: 'start', config: config(), ...set });
    await done;
    const plain = { lora: losses('lora'), ts: losses('ts-lora') };
    expect(events.filter((e) => e.type === 'sample')).toEqual([]);
    events.length = 0;
    done = phase('finished');
    await studio.start({ type: 'start', config: config(), ...set, samplePrompts: null });
    await done;
    expect({ lora: losses('lora'), ts: losses('ts-lora') }).toEqual(plain);
    const samples = events.filter((e) => e.type === 'sample');
    expect(samples.map((s) => `${s.runId}@${s.step}`)).toEqual([
      'base@0',
      'lora@4',
      'ts-lora@4',
      'lora@8',
      'ts-lora@8',
    ]);
    expect(samples[0].prompt).toMatch(/^Tom has \d+ red apples and one hat\.\n$/);
    expect(samples[0].expected).toMatch(/^The hat of Tom is/);
    expect(samples.every((s) => s.text.length > 0)).toBe(true);
    const watch = events.findLast((e) => e.type === 'watch');
    expect(watch?.tau).toHaveLength(watch!.modules.length);
    // A token is kept exactly where its r reaches the threshold that is shown with it.
    const n = watch!.tokens.length;
    watch!.ratio.forEach((r, i) => expect(watch!.active[i] === 1).toBe(r >= watch!.tau![Math.floor(i / n)]));

    events.length = 0;
    done = phase('finished');
    await studio.start({
      type: 'start',
      config: config({ steps: 4 }),
      ...set,
      samplePrompts: ['The cat', 'A dog', { templated: '<|endoftext|>The cat' }],
    });
    await expect(studio.samplePrompts({ type: 'sample-prompts', prompts: Array<string>(9).fill('x') })).rejects.toThrow(
      'At most',
    );
    await done;
    const answers = events.flatMap((e) => (e.type === 'sample' && e.runId === 'lora' ? [e] : []));
    expect(answers.map((e) => e.prompt)).toEqual(['The cat', 'A dog', '<|endoftext|>The cat']);
    // What a chat template wrote gets no second beginning.
    expect(answers[2].text).toBe(answers[0].text);
    await studio.reset();
    expect(studio.counts()).toEqual(before);
  });

  it('a run that stops getting better rests, with its last numbers, while the others go on', async () => {
    const { studio, phase, events, losses } = watched();
    const set = await data(48);
    await studio.openModel({ type: 'open-model', source: NANO });
    // A learning rate this small changes no loss that f32 could show: every run ends after two measurements.
    let done = phase('finished');
    await studio.start({
      type: 'start',
      config: config({ evalInterval: 2, patience: 2, learningRate: 1e-30, maxGradientNorm: 1e-6 }),
      ...set,
    });
    studio.pause();
    studio.resume();
    await done;
    expect(events.flatMap((e) => (e.type === 'stopped-early' ? [[e.runId, e.step, e.bestStep]] : []))).toEqual([
      ['lora', 4, 0],
      ['ts-lora', 4, 0],
    ]);
    expect(losses('lora')).toHaveLength(4);
    expect(events.flatMap((e) => (e.type === 'eval' && e.runId === 'lora' ? [e.step] : []))).toEqual([2, 4, 4]);

    // One that was ended before an interruption stays so.
    const state: SessionState = structuredClone(await studio.state());
    state.early = [
      ['lora', { best: 1, bestStep: 2, worse: 2, stoppedAt: 4 }],
      ['ts-lora', { best: Infinity, bestStep: 4, worse: 0, stoppedAt: null }],
    ];
    events.length = 0;
    done = phase('finished');
    await studio.restore({ type: 'restore', state, ...set });
    await done;
    expect(losses('lora')).toHaveLength(0);
    expect(losses('ts-lora')).toHaveLength(4);
    expect(events.findLast((e) => e.type === 'eval' && e.runId === 'lora')).toMatchObject({ step: 4 });
    await studio.reset();
  });

  it('says what is missing, in order', async () => {
    const { studio } = watched({ own: true });
    expect(() => studio.plan({ type: 'plan', config: config(), data: 0 })).toThrow('No model is open');
    await studio.openModel({ type: 'open-model', source: NANO });
    expect(() => studio.plan({ type: 'plan', config: config({ maxSequenceLength: 2048 }), data: 0 })).toThrow(
      /max sequence length of 2048 .* above this model/,
    );
    await expect(
      studio.generate(
        {
          type: 'generate',
          runs: ['nobody'],
          prompt: 'x',
          sampling: { seed: 1, maxNewTokens: 1, temperature: 0, topP: 1 },
        },
        1,
      ),
    ).rejects.toThrow('no run "nobody"');
  });
});
