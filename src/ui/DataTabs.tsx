/** The parts of the data sheet: links, so that each has an address, and Back leads to the one before. */
import type { ReactNode } from 'react';
import { texts } from '../shared/texts';
import { DATA_TABS, type DataTab, hashOf, pathOf } from '../store/route';
import { useSel } from './studioContext';

export function DataTabs() {
  const t = texts().frame;
  const here = useSel((s) => s.ui.route.tab);
  return (
    <nav className="tabs" aria-label={t.tabs}>
      {DATA_TABS.map((tab) => (
        <a key={tab} href={hashOf({ place: 'data', tab })} aria-current={tab === here ? 'page' : undefined}>
          {t.tab[tab]}
        </a>
      ))}
    </nav>
  );
}

export function DataTabPanel({ tab, children }: { tab: DataTab; children: ReactNode }) {
  const shown = useSel((s) => s.ui.route.tab === tab);
  return (
    <div className="tab-panel" data-route={pathOf({ place: 'data', tab })} hidden={!shown}>
      {children}
    </div>
  );
}
