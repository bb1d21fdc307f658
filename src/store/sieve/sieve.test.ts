/** Sieve afterwards as commands: whose data it takes, and what is said where it fails. */
import { expect, test } from 'vitest';
import { trainSchema } from '../../shared/config';
import { SieveError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { TrainRequest } from '../../train/protocol';
import { Page } from '../page';
import { withSession } from '../slices';
import { endedSession } from '../testing/fixtures';
import type { TrainClient } from '../trainClient';
import { CURVE_SHARES, SieveCommands, canSieve, sievable } from './sieve';

const INFO = { base: 6, dense: 2, examples: 5, calibration: 4, dev: false, ways: ['ratio', 'joint'] };

/** A page with a session that has ended, and a worker that answers with `answer`. */
function make(answer: (request: TrainRequest) => unknown) {
  const page = new Page();
  const session = { ...endedSession(), failed: new Map() };
  page.patch('runs', withSession(page.state.runs, session, 'finished'));
  const sent: TrainRequest[] = [];
  const request = ((r: TrainRequest) => {
    sent.push(r);
    return new Promise<never>((resolve) => {
      resolve(answer(r) as never);
    });
  }) as TrainClient['request'];
  const sieve = new SieveCommands({
    page,
    train: { request },
    names: { sieved: (run, share) => `${run} ${share}` },
    dataOf: async (what) =>
      'config' in what
        ? null
        : { data: { train: null!, validation: null!, settings: trainSchema.parse({}) }, name: 'Facts' },
  });
  return { page, session, sent, sieve, state: () => page.state.sieve };
}

const answers = (r: TrainRequest) =>
  r.type === 'sieve-open'
    ? INFO
    : r.type === 'sieve-at'
      ? { share: r.share, skipped: r.share, loss: 2 + r.share }
      : null;

test('a run of the session is measured with its own data, point by point', async () => {
  const { sieve, sent, state, session } = make(answers);
  expect(sievable(session).map((r) => r.id)).toEqual(['lora']);
  expect(['lora', 'dora', 'adalora', 'ts-lora'].map((method) => canSieve({ method: method as 'lora' }))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  await sieve.open('lora');
  expect(sent[0]).toMatchObject({ type: 'sieve-open', runId: 'lora', data: null });
  expect(state().points.ratio?.map((p) => p.share)).toEqual(CURVE_SHARES);
  expect(state()).toMatchObject({ info: INFO, busy: false, dataName: null });
  await sieve.open('lora');
  expect(sent.filter((r) => r.type === 'sieve-open')).toHaveLength(1);
});

test('an adapter from a file is measured with the data set that is open, which is named', async () => {
  const { sieve, sent, page, state } = make(answers);
  const imported = {
    runId: 'imported-1',
    name: 'Mine',
    template: null,
    gated: false,
    method: 'lora' as const,
    labels: null,
  };
  page.patch('runs', { imported: [imported] });
  await sieve.open('imported-1');
  expect(sent[0]).toMatchObject({ runId: 'imported-1', data: { settings: trainSchema.parse({}) } });
  expect(state().dataName).toBe('Facts');
});

test('another session takes its place: what was drawn is not of it, and what still comes is not shown', async () => {
  const later: ((value: unknown) => void)[] = [];
  const { sieve, page, state } = make((r) =>
    r.type === 'sieve-at' ? new Promise((resolve) => later.push(resolve)) : answers(r),
  );
  const opened = sieve.open('lora');
  await expect.poll(() => later.length).toBe(1);
  page.patch('runs', withSession(page.state.runs, endedSession(), 'compiling'));
  // As the worker answers what it has ended.
  later[0](null);
  await opened;
  expect(state()).toMatchObject({ points: {}, busy: false });
  expect(page.state.ui.notices).toEqual([]);
});

test('what nobody asked for fails without a word; what was asked for says why', async () => {
  const { sieve, page, state } = make(() => {
    throw new SieveError(message('train.sieve.none'));
  });
  await sieve.open('lora', true);
  expect(state()).toMatchObject({ runId: null, busy: false });
  expect(page.state.ui.notices).toEqual([]);
  await sieve.open('lora');
  expect(page.state.ui.notices).toMatchObject([{ section: 'inspect', info: { code: 'train.sieve.none' } }]);
});
