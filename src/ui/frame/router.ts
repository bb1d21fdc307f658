/** The address and the state say the same: where a person is, and what is selected there. */
import { FIRST_ROUTE, NO_SELECTION, type Route, type Selection, hashOf, readHash } from '../../store/route';
import type { Studio } from '../../store/studio';

/** How long a selection stands still before the address says it, in ms: browsers refuse to be told too often. */
const SETTLE = 300;

/** Follows links, Back and Forward; and writes the selection into the address. @returns an end to that */
export function startRouting(studio: Studio): () => void {
  const { store } = studio;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let seen = location.hash;
  const read = () => {
    seen = location.hash;
    const found = readHash(location.hash, store.getState().ui.route);
    // An anchor inside the page leaves the route alone; an address without one is the first view's.
    if (!found && location.hash !== '') return;
    const { route, selection } = found ?? { route: FIRST_ROUTE, selection: NO_SELECTION };
    // Links between views carry no selection: it comes along.
    studio.show(route, Object.values(selection).some((v) => v !== null) ? selection : undefined);
  };
  const write = () => {
    timer = null;
    // A link was followed that is not read yet: what is written now would undo it.
    if (location.hash !== seen) return;
    const { ui, selection } = store.getState();
    const { run, module, token, step } = selection;
    const hash = hashOf(ui.route, { run, module, token, step });
    if (hash !== (location.hash || hashOf(FIRST_ROUTE))) history.replaceState(history.state, '', hash);
    seen = location.hash;
  };
  history.scrollRestoration = 'manual';
  read();
  addEventListener('hashchange', read);
  const end = store.subscribe((now, before) => {
    if (same(now.selection, before.selection) && now.ui.route === before.ui.route) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(write, SETTLE);
  });
  return () => {
    end();
    removeEventListener('hashchange', read);
    if (timer !== null) clearTimeout(timer);
  };
}

const same = (a: Selection, b: Selection): boolean =>
  a.run === b.run && a.module === b.module && a.token === b.token && a.step === b.step;

/** Goes to a place, as its link would. */
export function goTo(route: Pick<Route, 'place'> & Partial<Route>): void {
  location.hash = hashOf({ tab: 'source', ...route });
}
