/** The bar that is always there: where one is, what runs, and the one way to train, pause and stop. */
import { useEffect } from 'react';
import { texts } from '../../shared/texts';
import { VIEWS, hashOf } from '../../store/route';
import { stepsOf } from '../../store/slices';
import { useSel } from '../studioContext';
import { ExportMenu, MoreMenu, ShareButton } from './Menus';
import { RunControls } from './RunControls';

export function TopBar() {
  const t = texts().frame;
  useTitle();
  return (
    <header className="bar">
      <h1>
        <a href={hashOf({ place: 'train', tab: 'source' })}>Sieve</a>
      </h1>
      <nav className="bar-views" aria-label={t.views}>
        <ViewLinks />
      </nav>
      <RunControls />
      <div className="bar-tools">
        <ShareButton />
        <ExportMenu />
        <MoreMenu />
      </div>
    </header>
  );
}

function ViewLinks() {
  const t = texts().frame;
  const here = useSel((s) => s.ui.route.place);
  return VIEWS.map((view) => (
    <a key={view} href={hashOf({ place: view, tab: 'source' })} aria-current={here === view ? 'page' : undefined}>
      {t.place[view]}
    </a>
  ));
}

/** At the foot of a phone: the cards of the setup, the views, and the rest. */
export function TabBar() {
  const t = texts().frame;
  const here = useSel((s) => s.ui.route.place);
  return (
    <nav className="tabbar" aria-label={t.views}>
      {(['setup', ...VIEWS] as const).map((place) => (
        <a key={place} href={hashOf({ place, tab: 'source' })} aria-current={here === place ? 'page' : undefined}>
          {t.place[place]}
        </a>
      ))}
    </nav>
  );
}

/** How far a run is can be read from the window's title, while its tab is behind others. */
function useTitle(): void {
  const { page, frame, train } = texts();
  useSel((s) => s.runs.version);
  const title = useSel(({ runs: { phase, session } }) => {
    if (!session || (phase !== 'training' && phase !== 'evaluating' && phase !== 'paused')) return page.title;
    const { done, total } = stepsOf(session);
    return frame.titlePercent(Math.floor((100 * done) / total), train.phase[phase]);
  });
  useEffect(() => {
    document.title = title;
  }, [title]);
}
