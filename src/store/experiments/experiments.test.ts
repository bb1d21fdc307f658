import { expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import type { TokenSet } from '../../shared/types';
import { MetricLog } from '../metricLog';
import { type SessionView, type State, initialState } from '../slices';
import { MemoryLibrary } from '../testing/memoryLibrary';
import { MODULES, evalEvent, gateStats, stepEvent, foreign } from '../testing/fixtures';
import { aCell, anExperiment } from '../testing/experiments';
import { MAX_KEPT_BYTES, readAll } from './library';
import { START_DRAFT, type ExperimentDraft } from './presets';
import { Experiments, type ExperimentHost } from './experiments';
import { names } from '../../shared/texts/names';
import { message } from '../../shared/message';
import { say } from '../../shared/texts/say';
import { resultsOf } from './results';

const tokens = (bytes = 16): TokenSet => ({
  ids: new Int32Array(bytes / 4),
  offsets: Uint32Array.of(0, bytes / 4),
  supervised: new Uint8Array(bytes / 4),
});
const DRAFT: ExperimentDraft = { ...START_DRAFT, methods: ['lora', 'ts-lora'] };

/** A page whose training is done by hand: every session ends when the test says so. */
function page(library = new MemoryLibrary(), bytes = 16) {
  const store = createStore<State>(() => initialState());
  store.setState((s) => ({
    model: { ...s.model, status: 'ready', source: { kind: 'embedded', id: 'sieve-stories-nano' } },
  }));
  const errors: string[] = [];
  const sessions: { session: SessionView; end: (phase: 'finished' | 'stopped') => void }[] = [];
  const sent: string[] = [];
  const opened: string[] = [];
  /** Requests to stop that come before there is anything to stop. */
  const deaf = { times: 0 };
  const host: ExperimentHost = {
    store,
    library,
    names,
    train: {
      request: ((request: { type: string; runs?: string[] }) => {
        sent.push(request.type);
        if (request.type === 'stop') {
          if (deaf.times-- > 0) return Promise.reject(new Error('There is no run.'));
          sessions.at(-1)!.end('stopped');
        }
        const per = (value: unknown) => Object.fromEntries((request.runs ?? []).map((id) => [id, value]));
        if (request.type === 'written-answers') return Promise.resolve({ runs: null });
        if (request.type === 'token-classes')
          return Promise.resolve(per([{ group: 'Kind', name: 'digits', tokens: 1, passed: 4, skipped: 1 }]));
        if (request.type === 'module-measures')
          return Promise.resolve({
            modules: MODULES.map((m, i) => ({
              ...m,
              parameters: 10,
              active: null,
              weight: 1 + i,
              change: 1,
              gradient: 1,
              sensitivity: null,
            })),
          });
        return Promise.resolve(null);
      }) as unknown as ExperimentHost['train']['request'],
    },
    trainOn: (config, _data, from) =>
      new Promise((resolve) => {
        const metricLogs = new Map(['base', ...config.runs.map((r) => r.id)].map((id) => [id, new MetricLog(id)]));
        const session: SessionView = {
          config,
          ...from,
          plan: null,
          devices: [],
          metricLogs,
          failed: new Map(),
          startedAt: 0,
        };
        store.setState((s) => ({ runs: { ...s.runs, session, phase: 'training' } }));
        sessions.push({
          session,
          end: (phase) => {
            metricLogs.get('base')!.addEval(evalEvent('base', 0, 6));
            for (const run of config.runs) {
              const metricLog = metricLogs.get(run.id)!;
              metricLog.addStep(
                stepEvent(
                  run.id,
                  1,
                  run.method === 'ts-lora' ? gateStats(MODULES.length, 100, (m) => 100 - 20 * m) : null,
                ),
              );
              metricLog.addEval(
                evalEvent(run.id, config.train.steps, config.train.seed + (run.id === 'lora' ? 0 : 0.5)),
              );
            }
            store.setState((s) => ({ runs: { ...s.runs, phase } }));
            resolve(session);
          },
        });
      }),
    currentData: () =>
      Promise.resolve({
        data: { train: tokens(bytes), validation: tokens() },
        dataName: 'facts.csv',
        template: { prompt: '', completion: '' },
        mapping: null,
        made: Promise.resolve(null),
      }),
    openModel: (source) => {
      opened.push(source.id);
      store.setState((s) => ({ model: { ...s.model, status: 'ready', source } }));
      return Promise.resolve();
    },
    report: (error) => errors.push((error as Error).message),
  };
  const experiments = new Experiments(host);
  const state = () => store.getState().experiments;
  const session = (n: number) =>
    vi.waitFor(() => {
      if (sessions.length < n) throw new Error(`${sessions.length} sessions`);
      return sessions[n - 1];
    });
  return { experiments, store, state, session, sessions, errors, sent, opened, deaf, library };
}

const settled = (p: ReturnType<typeof page>) => vi.waitFor(() => expect(p.state().running).toBeNull());

it('runs seed after seed, keeps every cell as it comes, and ends finished', async () => {
  const p = page();
  await p.experiments.start(DRAFT);
  const [{ experiment }] = p.state().list;
  expect(p.state()).toMatchObject({ running: experiment.id, selected: experiment.id });
  for (const n of [1, 2, 3]) {
    const { session, end } = await p.session(n);
    expect(session.config.train.seed).toBe(experiment.seeds[n - 1]);
    expect(p.library.cells.size).toBe(2 * (n - 1));
    end('finished');
  }
  await settled(p);
  expect(p.state().list[0].experiment.state).toBe('finished');
  expect(p.library.experiments.get(experiment.id)!.state).toBe('finished');
  expect(p.state().list[0].cells.map((c) => [c.seed, c.variant, c.loss, c.base])).toEqual([
    [1, 'lora', 1, 6],
    [1, 'ts-lora', 1.5, 6],
    [2, 'lora', 2, 6],
    [2, 'ts-lora', 2.5, 6],
    [3, 'lora', 3, 6],
    [3, 'ts-lora', 3.5, 6],
  ]);
  expect(p.state().list[0].cells[1].classes[0].name).toBe('digits');
  expect(p.errors).toEqual([]);
});

it('after a reload finished cells are there, the rest goes on, and the session under way starts anew', async () => {
  const before = page();
  await before.experiments.start(DRAFT);
  (await before.session(1)).end('finished');
  await before.session(2);
  const id = before.state().list[0].experiment.id;

  const after = page(before.library);
  after.store.setState((s) => ({ model: { ...s.model, source: { kind: 'embedded', id: 'another' } } }));
  await after.experiments.load();
  expect(after.state().list[0]).toMatchObject({
    experiment: { id, state: 'paused' },
    cells: [{ seed: 1 }, { seed: 1 }],
  });
  await after.experiments.resume(id);
  expect(after.opened).toEqual(['sieve-stories-nano']);
  expect((await after.session(1)).session.config.train.seed).toBe(2);
  after.sessions[0].end('finished');
  (await after.session(2)).end('finished');
  await settled(after);
  expect(after.library.cells.size).toBe(6);
  expect(after.errors).toEqual([]);
});

it('stopping leaves out what was under way; deleting leaves nothing', async () => {
  const p = page();
  await p.experiments.start(DRAFT);
  (await p.session(1)).end('finished');
  await p.session(2);
  await p.experiments.stop();
  const { experiment, cells } = p.state().list[0];
  expect(experiment.state).toBe('paused');
  expect(cells.every((c) => c.seed === 1)).toBe(true);
  await p.experiments.start(DRAFT);
  await p.session(3);
  await p.experiments.remove(p.state().list[0].experiment.id);
  await p.experiments.remove(experiment.id);
  expect(p.state()).toMatchObject({ list: [], selected: null, running: null });
  expect([p.library.experiments.size, p.library.cells.size, p.library.kept.size]).toEqual([0, 0, 0]);
});

it('stopping while a session is being prepared does not wait for its end', async () => {
  const p = page();
  await p.experiments.start(DRAFT);
  await p.session(1);
  p.deaf.times = 2;
  await p.experiments.stop();
  expect(p.state()).toMatchObject({ running: null, list: [{ experiment: { state: 'paused' }, cells: [] }] });
  expect(p.sent.filter((t) => t === 'stop').length).toBeGreaterThanOrEqual(3);
});

it('a run that broke is a result; a second experiment is refused meanwhile', async () => {
  const p = page();
  await p.experiments.start({ ...DRAFT, seeds: 1 });
  const { session, end } = await p.session(1);
  await p.experiments.start(DRAFT);
  expect(p.errors).toEqual(['An experiment is running.']);
  session.failed.set('ts-lora', foreign('TrainError', 'the loss is NaN'));
  end('finished');
  await settled(p);
  expect(p.state().list[0].experiment.state).toBe('finished');
  expect(p.state().list[0].cells.map((c) => [c.variant, c.failed, c.loss])).toEqual([
    ['lora', null, 1],
    ['ts-lora', message('shared.foreign', { text: 'the loss is NaN' }), null],
  ]);
});

it('module importance: the probe’s gates and norms decide what is trained next', async () => {
  const p = page();
  await p.experiments.start({ ...DRAFT, kind: 'importance', seeds: 1, share: 0.5 });
  (await p.session(1)).end('finished');
  const { session, end } = await p.session(2);
  const only = (id: string) => session.config.runs.find((r) => r.id === id)!.only;
  expect(only('active')).toEqual(['0.q_proj', '0.v_proj']);
  expect(only('weight')).toEqual(['1.q_proj', '1.v_proj']);
  end('finished');
  await settled(p);
  expect(p.state().list[0].experiment.state).toBe('finished');
  expect(p.errors).toEqual([]);
});

it('data that are too big are said, not kept, and end with the page', async () => {
  const p = page(new MemoryLibrary(), MAX_KEPT_BYTES);
  await p.experiments.start({ ...DRAFT, seeds: 1 });
  expect(p.errors[0]).toMatch(/too large to be saved/);
  expect(p.library.kept.size).toBe(0);
  const id = p.state().list[0].experiment.id;
  const after = page(p.library);
  await after.experiments.load();
  await after.experiments.resume(id);
  expect(after.errors).toEqual(['The data of this experiment was not saved, so it cannot be resumed.']);
});

it('what is read back is checked: a record that does not fit is counted and left alone', () => {
  const experiment = anExperiment({});
  const good = aCell(experiment, 1, 'lora');
  const { experiments, unreadable } = readAll(
    [experiment, { ...experiment, id: 'e2', extra: 1 }, null],
    [good, { ...good, loss: 'low' }, { ...good, experiment: 'e2' }],
  );
  expect(experiments).toEqual([{ experiment, cells: [good] }]);
  expect(unreadable).toBe(4);
});

it('failures that earlier versions kept in words are shown as they were', () => {
  const experiment = anExperiment({});
  const failed = { ...aCell(experiment, 1, 'lora'), failed: 'Step 3: the loss is NaN.', loss: null };
  const { experiments } = readAll([{ ...experiment, state: 'failed', problem: 'The GPU was lost.' }], [failed]);
  const [{ experiment: read, cells }] = experiments;
  expect([say(read.problem!), say(cells[0].failed!)]).toEqual(['The GPU was lost.', 'Step 3: the loss is NaN.']);
  expect(resultsOf(read, cells, names.ranking).rows[0]).toMatchObject({ done: 0, failed: 1 });
});
