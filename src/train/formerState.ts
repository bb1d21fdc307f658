/** Snapshots of sessions, as earlier versions wrote them. */
import { eachValue, renamed } from '../shared/formerNames';
import { formerConfig } from '../shared/settings/versions';
import type { SessionState } from './protocol';

/** A snapshot under today's names. Its version stays: it also says how random numbers are drawn. */
export function todaysState(state: SessionState): SessionState {
  if (state.version === 3) return state;
  const signs = eachValue((of) => renamed(of, {}, { gates: (gates) => renamed(gates, { closed: 'skipsAll' }) }));
  const data = (orders: unknown) => renamed(orders, { learn: 'train', slice: 'dev' });
  return renamed(state, { experiment: 'config' }, { config: formerConfig, data, signs }) as SessionState;
}
