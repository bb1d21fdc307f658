import { expect, test } from 'vitest';
import { defaultSession } from '../../shared/config';
import { GUARD } from '../../shared/guard';
import { texts } from '../../shared/texts';
import { MetricLog } from '../metricLog';
import { recordOf } from '../savedSessions';
import { type AddedRun, type SessionView, type State, initialState } from '../slices';
import { MODULES, evalEvent, gateStats, stepEvent } from '../testing/fixtures';
import { chosen, contenders } from './contenders';
import { metricRows } from './metrics';
import type { RowQuery } from '../../shared/data';
import type { DatasetCommands } from '../dataset';
import { carriedPrompt, type ApplyChatTemplate } from '../template';
import { templated, validationPrompt, opening, passes } from './prompts';
import { names } from '../../shared/texts/names';
import { caution } from '../../ui/compare/words';
import { message } from '../../shared/message';

const NANO = { kind: 'embedded', id: 'sieve-stories-nano' } as const;
const TEMPLATE = { prompt: 'Q: {prompt}\n', completion: '{completion}' };
const MAPPING = { kind: 'prompt-completion', roles: { prompt: 'p', completion: 'c' } } as const;

/** LoRA ends at `lora`, TS-LoRA at `gated`, the base at 5.5. */
function session(startedAt: number, lora: number, gated: number, seed = 1): SessionView {
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new MetricLog(id)]));
  const of = (id: string) => metricLogs.get(id)!;
  of('base').addEval(evalEvent('base', 0, 5.5));
  for (const id of ['lora', 'ts-lora']) {
    of(id).modules = MODULES;
    of(id).parameters = 100;
    for (let step = 1; step <= 3; step++)
      of(id).addStep(stepEvent(id, step, id === 'lora' ? null : gateStats(4, 100, () => 50)));
  }
  of('lora').addEval(evalEvent('lora', 3, lora));
  of('ts-lora').addEval({ ...evalEvent('ts-lora', 3, gated), gate: gateStats(4, 100, () => 75) });
  const config = defaultSession();
  return {
    config: { ...config, train: { ...config.train, seed } },
    template: TEMPLATE,
    mapping: { ...MAPPING },
    dataName: 'facts.jsonl',
    plan: null,
    devices: [],
    metricLogs,
    failed: new Map(),
    startedAt,
  };
}

function added(s: SessionView, id: string, model: AddedRun['record']['model'] = NANO): AddedRun {
  const record = { ...recordOf(s, 'finished', { id, model, endedAt: 9, bytes: 1 }, names), name: `Kept ${id}` };
  return { record, metricLogs: s.metricLogs, adapters: new Set(['lora']), loaded: {}, refused: {} };
}

function state(current: SessionView | null, kept: AddedRun[] = []): State {
  const s = initialState();
  return {
    ...s,
    model: { ...s.model, status: 'ready', source: NANO },
    runs: { ...s.runs, session: current },
    keep: { ...s.keep, runs: kept.map((k) => k.record) },
    compare: { ...s.compare, added: kept },
  };
}

test('the base, the session’s runs and kept ones, each with a name and a look of its own', () => {
  const all = contenders(
    state(session(1, 3, 3.2), [added(session(2, 3, 3.1), 'a'), added(session(3, 3, 3.1), 'b')]),
    names,
  );
  expect(all.map((c) => [c.key, c.name, c.index])).toEqual([
    ['base', texts().compare.name.base, 0],
    ['lora', 'LoRA', 1],
    ['ts-lora', 'TS-LoRA', 2],
    ['a/lora', 'LoRA · Kept a', 3],
    ['a/ts-lora', 'TS-LoRA · Kept a', 4],
    ['b/lora', 'LoRA · Kept b', 5],
    ['b/ts-lora', 'TS-LoRA · Kept b', 6],
  ]);
  expect(new Set(all.map((c) => c.identity)).size).toBe(7);
});

test('a kept copy of the session on the page is not there twice, and has the identity that it had', () => {
  const s = session(1, 3, 3.2);
  const both = contenders(state(s, [added(s, 'a')]), names);
  expect(both.map((c) => c.key)).toEqual(['base', 'lora', 'ts-lora']);
  const later = contenders(state(null, [added(s, 'a')]), names);
  expect(later.map((c) => c.key)).toEqual(['base', 'a/lora', 'a/ts-lora']);
  expect(later.map((c) => c.identity)).toEqual(both.map((c) => c.identity));
  // The saved session's file tells how the base did.
  expect(later[0].measured).toMatchObject({ base: 5.5, examples: 32 });
});

test('a run that was deleted under History is gone', () => {
  const s = state(null, [added(session(1, 3, 3.2), 'a')]);
  expect(contenders({ ...s, keep: { ...s.keep, runs: [] } }, names).map((c) => c.key)).toEqual(['base']);
});

test('whether one can answer, and why not', () => {
  const kept = added(session(2, 3, 3.1), 'a');
  const s = state(session(1, 3, 3.2), [kept]);
  const voices = (of: State) => Object.fromEntries(contenders(of, names).map((c) => [c.key, c.voice]));
  expect(voices(s)).toMatchObject({
    base: { kind: 'ready', runId: 'base' },
    lora: { kind: 'ready', runId: 'lora' },
    'a/lora': { kind: 'load', id: 'a', runId: 'lora' },
    'a/ts-lora': { kind: 'none', why: message('store.compare.why.notKept') },
  });
  const loaded = { ...s, compare: { ...s.compare, added: [{ ...kept, loaded: { lora: 'imported-1' } }] } };
  expect(voices(loaded)['a/lora']).toEqual({ kind: 'ready', runId: 'imported-1' });
  const refused = {
    ...s,
    compare: { ...s.compare, added: [{ ...kept, refused: { lora: message('store.compare.noAdapter') } }] },
  };
  expect(voices(refused)['a/lora']).toEqual({ kind: 'none', why: message('store.compare.noAdapter') });
  const other = { ...s, model: { ...s.model, source: { kind: 'embedded', id: 'sieve-stories-4m' } as const } };
  expect(voices(other)['a/lora']).toMatchObject({
    kind: 'none',
    why: message('store.compare.why.trainedOn', { model: 'sieve-stories-nano', open: 'sieve-stories-4m' }),
  });
  expect(voices({ ...s, model: { ...s.model, status: 'none' } }).lora).toEqual({
    kind: 'none',
    why: message('store.compare.why.noModel'),
  });
});

test('numbers against the reference: equal digits are no difference, and only like is compared with like', () => {
  const s = state(session(1, 3, 3.2), [added(session(2, 3.0001, 2.9), 'a')]);
  const { shown, reference } = chosen(contenders(s, names), { ...s.compare, reference: 'lora' });
  const rows = metricRows(shown, reference);
  const by = Object.fromEntries(rows.map((r) => [r.contender.key, r]));
  expect(by.lora.difference.loss).toBeNull();
  expect(by['ts-lora'].difference.loss).toBeCloseTo(0.2);
  expect(by['ts-lora'].metrics).toMatchObject({ skipped: 0.25, parameters: 100 });
  expect(by['ts-lora'].metrics.perplexity).toBeCloseTo(Math.exp(3.2));
  expect(by['ts-lora'].difference).toMatchObject({ parameters: 0, skipped: null });
  // Two steps are timed, 50 ms each; nobody saw the first begin.
  expect(by.lora.metrics.time).toBe(100);
  expect(rows.filter((r) => r.best.has('loss')).map((r) => r.contender.key)).toEqual(['a/ts-lora']);
  // As many everywhere: fewest is nobody.
  expect(rows.filter((r) => r.best.has('parameters'))).toEqual([]);

  const tied = metricRows(
    shown.filter((c) => ['lora', 'a/lora', 'ts-lora'].includes(c.key)),
    reference,
  );
  expect(tied.filter((r) => r.best.has('loss')).map((r) => r.contender.key)).toEqual(['lora', 'a/lora']);
  const alike = metricRows(
    shown.filter((c) => ['lora', 'a/lora'].includes(c.key)),
    reference,
  );
  expect(alike.flatMap((r) => [...r.best])).toEqual([]);
});

test('losses on other text or of another model are not compared, and bring a base of their own', () => {
  const foreign = session(2, 1, 1);
  foreign.metricLogs.get('base')!.addEval(evalEvent('base', 0, 4));
  const s = state(session(1, 3, 3.2), [
    added(foreign, 'a'),
    added(session(3, 2, 2), 'b', { kind: 'embedded', id: 'sieve-stories-4m' }),
  ]);
  const all = contenders(s, names);
  expect(all.filter((c) => c.kind === 'base').map((c) => c.name)).toEqual([
    names.base(),
    names.baseOf('Kept a'),
    names.baseOf('Kept b'),
  ]);
  const { shown, reference } = chosen(all, s.compare);
  const rows = metricRows(shown, reference);
  expect(rows.filter((r) => r.comparable).map((r) => r.contender.key)).toEqual(['base', 'lora', 'ts-lora']);
  expect(rows.find((r) => r.contender.key === 'a/lora')!.difference).toMatchObject({ loss: null, perplexity: null });
  expect(rows.filter((r) => r.best.has('loss')).map((r) => r.contender.key)).toEqual(['lora']);
});

test('what is left out is out, and another takes the place of a reference that is', () => {
  const s = state(session(1, 3, 3.2));
  const all = contenders(s, names);
  const of = (patch: Partial<State['compare']>) => chosen(all, { ...s.compare, ...patch });
  expect(of({ off: new Set(['base']) }).reference?.key).toBe('lora');
  expect(of({ off: new Set(['lora']), reference: 'lora' }).reference?.key).toBe('base');
  expect(of({ off: new Set(all.map((c) => c.key)) })).toEqual({ shown: [], reference: null });
});

test('one seed is no verdict', () => {
  const same = contenders(state(session(1, 3, 3.2), [added(session(2, 3, 3.1), 'a')]), names);
  expect(caution(same)).toMatch(/^All runs have seed 1: one seed cannot tell which is better/);
  expect(caution(contenders(state(session(1, 3, 3.2), [added(session(2, 3, 3.1, 7), 'a')]), names))).toMatch(
    /different seeds \(1, 7\), so part of every difference is chance/,
  );
  expect(caution([])).toMatch(/^Train a run/);
});

test('each is asked in its own template, and those with the same words together', async () => {
  const applyChatTemplate: ApplyChatTemplate = async ({ name }, chats) =>
    chats.map((turns) => ({ templated: `${name}: ${turns.map((t) => `${t.role}=${t.text}`).join()}` }));
  const of = (prompt: string) => ({
    contender: { prompt: { mapping: { ...MAPPING }, template: { prompt, completion: '' } } },
  });
  const asked = [
    { ...of('Q: {prompt}\n'), runId: 'base' },
    { ...of('{prompt}\n'), runId: 'lora' },
    { ...of('Q: {prompt}\n'), runId: 'imported-1' },
  ];
  expect(await passes(asked, { text: 'hi', from: 'typed' }, applyChatTemplate)).toEqual([
    { prompt: 'Q: hi\n', runs: ['base', 'imported-1'] },
    { prompt: 'hi\n', runs: ['lora'] },
  ]);
  const row = { kind: 'prompt-completion', values: new Map([['prompt', 'row']]) } as const;
  expect(await passes(asked, { text: 'Q: row\n', from: row }, applyChatTemplate)).toEqual([
    { prompt: 'Q: row\n', runs: ['base', 'imported-1'] },
    { prompt: 'row\n', runs: ['lora'] },
  ]);
  // A row of another kind, and a text that is a prompt already, stay as they are.
  expect(
    await templated(
      { text: 'as it is', from: { kind: 'text-label', values: new Map() } },
      asked[0].contender,
      applyChatTemplate,
    ),
  ).toBe('as it is');
  expect(await templated({ text: 'as it is', from: 'raw' }, asked[0].contender, applyChatTemplate)).toBe('as it is');
  // A model's own chat template writes the prompt; what it wrote already is asked as that.
  const chat = {
    contender: {
      prompt: carriedPrompt({ prompt: 'Q: {prompt}\n', completion: '', chat: { name: 'own', source: '', tokens: {} } }),
    },
    runId: 'chat',
  };
  expect(await passes([...asked, chat], { text: 'hi', from: 'typed' }, applyChatTemplate)).toContainEqual({
    prompt: { templated: 'own: user=hi' },
    runs: ['chat'],
  });
  expect(await passes([chat], { text: 'hi', from: { templated: '<s>hi' } }, applyChatTemplate)).toEqual([
    { prompt: { templated: '<s>hi' }, runs: ['chat'] },
  ]);
});

test('a plain text’s opening words', () => {
  expect(opening('Once upon a time there was a small fox who wanted to see the sea.')).toBe(
    'Once upon a time there was a small',
  );
  expect(opening('Hello')).toBe('Hello');
  expect(opening('从前有一只小狐狸想去看大海。').length).toBeGreaterThan(2);
  expect(opening('')).toBe('');
});

test('a validation example as a prompt: a row in its template, a chat up to the first answer, a text’s first words', async () => {
  const base = state(null);
  const row = (over: object) => ({
    item: 7,
    line: 1,
    texts: ['Once upon a time there was a small fox who wanted more.'],
    tokens: 3,
    issues: [],
    side: 'validation',
    excluded: false,
    changed: false,
    ...over,
  });
  const asked: number[] = [];
  const data = (detail: object, rows = [row({})]) =>
    ({
      rows: {
        list: ({ from }: RowQuery) => {
          asked.push(from);
          return Promise.resolve({ total: rows.length === 0 ? 0 : 5, rows });
        },
        detail: (item: number) =>
          Promise.resolve({ item, line: 1, cells: null, example: null, prompt: null, issues: [], ...detail }),
      },
    }) as unknown as DatasetCommands;
  const of = (kind: 'prompt-completion' | 'chat' | 'text', roles: Record<string, string | null>) => () => ({
    ...base,
    dataset: {
      ...base.dataset,
      mapping: { kind, roles },
      template: TEMPLATE,
      parsed: { table: { columns: ['c', 'p'] } } as never,
    },
    model: { ...base.model, info: { config: { bosId: 1 } } as never },
  });
  const pick = (total: number) => total - 2;
  const filled = await validationPrompt(
    data({ cells: ['answer', 'question'] }),
    of('prompt-completion', { prompt: 'p', completion: 'c' }),
    pick,
  );
  expect(asked).toEqual([0, 3]);
  expect(filled).toEqual({
    text: 'Q: question\n',
    from: {
      kind: 'prompt-completion',
      values: new Map([
        ['c', 'answer'],
        ['p', 'question'],
        ['prompt', 'question'],
        ['completion', 'answer'],
      ]),
    },
  });

  const token = (text: string, tokenState: string, id = 9) => ({ text, id, state: tokenState });
  const chat = {
    cells: ['x', 'y'],
    prompt: 'Hi you',
    example: {
      row: 7,
      validation: true,
      tokens: [token('<s>', 'masked', 1), token('Hi', 'masked'), token(' you', 'masked'), token('!', 'trained')],
    },
  };
  expect(await validationPrompt(data(chat), of('chat', { message: 'p' }), pick)).toEqual({
    text: 'Hi you',
    from: 'raw',
  });
  const own = { ...chat, prompt: { templated: `<s><${GUARD}s>Hi` } };
  expect(await validationPrompt(data(own), of('chat', { message: 'p' }), pick)).toEqual({
    text: '<s><s>Hi',
    from: own.prompt,
  });
  const text = { example: { row: 7, validation: true, tokens: [token('<s>', 'masked', 1), token('Once', 'trained')] } };
  expect(await validationPrompt(data(text), of('text', { text: 'p' }), pick)).toEqual({
    text: 'Once upon a time there was',
    from: 'raw',
  });
  expect(await validationPrompt(data({}, []), of('text', { text: 'p' }), pick)).toBeNull();
});
