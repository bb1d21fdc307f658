/** The parts of a place: links, so that each has an address, and Back leads to the one before. */
import type { ReactNode } from 'react';
import { texts } from '../shared/texts';
import { TABS, type Tab, type Tabbed, addressOf, hashOf } from '../store/route';
import { useSel } from './studioContext';

export function PlaceTabs({ place }: { place: Tabbed }) {
  const t = texts().frame;
  const here = useTab(place);
  return (
    <nav className="tabs" aria-label={t.tabs[place]}>
      {TABS[place].map((tab) => (
        <a key={tab} href={hashOf({ place, tab })} aria-current={tab === here ? 'page' : undefined}>
          {t.tab[tab]}
        </a>
      ))}
    </nav>
  );
}

export function PlaceTabPanel({
  place,
  tab,
  pane = false,
  children,
}: {
  place: Tabbed;
  tab: Tab;
  /** As high as the window lets it be: what is long scrolls inside. */
  pane?: boolean;
  children: ReactNode;
}) {
  const shown = useTab(place) === tab;
  return (
    <div className={pane ? 'tab-panel pane' : 'tab-panel'} data-route={addressOf(place, tab)} hidden={!shown}>
      {children}
    </div>
  );
}

/** The part of a place that is open: its first, while the address names another place. */
const useTab = (place: Tabbed): Tab =>
  useSel(({ ui: { route } }) => ((TABS[place] as readonly Tab[]).includes(route.tab) ? route.tab : TABS[place][0]));
