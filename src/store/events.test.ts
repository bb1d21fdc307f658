import { expect, test } from 'vitest';
import { message } from '../shared/message';
import type { TrainEvent } from '../train/protocol';
import { applyEvents } from './events';
import { type State, initialState } from './slices';
import { endedSession } from './testing/fixtures';

let id = 0;
const applied = (state: State, ...events: TrainEvent[]) => applyEvents(state, events, (n) => ({ ...n, id: id++ }));
const session = endedSession();
const [first, second] = session.config.runs.map((run) => run.id);
const begun: State = { ...initialState(), runs: { ...initialState().runs, session } };
const said = (state: State) => state.ui.notices.map(({ info }) => JSON.stringify(info.params));

test('a warning that holds no longer goes; those of other runs, and others of this one, stay', () => {
  const diverging = (runId: string, loss: string): TrainEvent => ({
    type: 'warning',
    runId,
    message: message('train.warning.diverging', { loss, start: '5.00' }),
  });
  const open: TrainEvent = { type: 'warning', runId: first, message: message('train.warning.allOpen', { steps: 20 }) };
  const warned = applied(begun, diverging(first, '7.40'), diverging(second, '8.10'), open);
  expect(warned.ui.notices).toHaveLength(3);
  const over = applied(warned, { type: 'warning-over', runId: first, codes: ['train.warning.diverging'] });
  expect(said(over)).toEqual([said(warned)[1], said(warned)[2]]);
  // It may come again.
  expect(applied(over, diverging(first, '7.40')).ui.notices).toHaveLength(3);
  // Where nobody sees it any more, nothing changes.
  expect(applied(over, { type: 'warning-over', runId: first, codes: ['train.warning.diverging'] }).ui).toBe(over.ui);
});
