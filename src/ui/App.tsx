/** The page: a bar that is always there, cards of what will be trained, and one view at a time beside them. */
import {
  type ComponentType,
  Suspense,
  lazy,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { texts } from '../shared/texts';
import { isLive } from '../store/slices';
import { Announcer } from './Announcer';
import { DropAnywhere } from './DataUpload';
import { Dock } from './frame/Dock';
import { Floating } from './frame/Floating';
import { Rail } from './frame/Rail';
import { startRouting } from './frame/router';
import { TabBar, TopBar } from './frame/TopBar';
import { Phrase } from './Phrase';
import { titleOf } from './sections';
import { useSel, useStudio } from './studioContext';
import { TrainSection } from './TrainSection';

/** A view in a file of its own; where that cannot be had, a sentence in its place, and the rest of the page goes on. */
const later = <Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) =>
  lazy(() =>
    load().then(
      (module) => ({ default: module[name] }),
      (error: unknown) => {
        console.warn('a part of the page could not be loaded', error);
        return { default: NotLoaded };
      },
    ),
  );

function NotLoaded() {
  return (
    <p className="notice notice-error section" role="alert">
      {texts().frame.notLoaded}
    </p>
  );
}

/** What the first paint does not need: fetched after it, and in place before anybody gets there. */
const OTHERS = [
  later(() => import('./CompareSection'), 'CompareSection'),
  later(() => import('./experiment/ExperimentSection'), 'ExperimentSection'),
  later(() => import('./HistorySection'), 'HistorySection'),
  later(() => import('./ModelSection'), 'ModelSection'),
  later(() => import('./DataSection'), 'DataSection'),
  later(() => import('./ConfigureSection'), 'ConfigureSection'),
];

function Others() {
  return (
    useDeferredValue(true, false) &&
    OTHERS.map((View, i) => (
      <Suspense key={i}>
        <View />
      </Suspense>
    ))
  );
}

export function App() {
  const studio = useStudio();
  const language = useSel((s) => s.ui.language);
  const presenting = useSel((s) => s.ui.presenting);
  const setup = useSel((s) => s.ui.route.place === 'setup');
  // The whole page is drawn again with the language.
  const { page } = texts();
  useLayoutEffect(() => startRouting(studio), [studio]);
  useArrival();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    document.documentElement.classList.toggle('presenting', presenting);
  }, [presenting]);
  return (
    <>
      <a className="skip" href="#content">
        {page.skip}
      </a>
      <TopBar />
      <Dock />
      <div className={`frame${setup ? ' frame-setup' : ''}`}>
        <Rail />
        <main id="content" tabIndex={-1}>
          <TrainSection />
          <Others />
          <footer className="foot">
            <p>{page.claim}</p>
            <p>{page.privacy}</p>
            <Offline />
          </footer>
          <Floating />
        </main>
      </div>
      <TabBar />
      <DropAnywhere />
      <Announcer />
      <Export />
    </>
  );
}

const ExportDialog = later(() => import('./exports/ExportDialog'), 'ExportDialog');

/** Fetched when it is asked for first. */
function Export() {
  const asked = useSel((s) => s.ui.exportOf !== null);
  const [wanted, setWanted] = useState(false);
  if (asked && !wanted) setWanted(true);
  return (
    wanted && (
      <Suspense>
        <ExportDialog />
      </Suspense>
    )
  );
}

/** Puts the focus on the title of a place that one comes to, and the page where it was when one left it. */
function useArrival(): void {
  const place = useSel((s) => s.ui.route.place);
  const left = useRef(new Map<string, number>());
  const before = useRef(place);
  useEffect(() => {
    const keep = () => left.current.set(before.current, scrollY);
    addEventListener('scroll', keep, { passive: true });
    return () => removeEventListener('scroll', keep);
  }, []);
  useLayoutEffect(() => {
    if (before.current === place) return;
    before.current = place;
    scrollTo({ top: left.current.get(place) ?? 0, behavior: 'instant' });
    // A tour that leads here keeps it.
    if (!document.activeElement?.closest('dialog'))
      document.getElementById(titleOf(place))?.focus({ preventScroll: true });
  }, [place]);
}

/** Whether the page would work without a network, and a new version that waits. */
function Offline() {
  const studio = useStudio();
  const offline = useSel((s) => s.ui.offline);
  const live = useSel((s) => isLive(s.runs.phase));
  const { page } = texts();
  if (offline === 'off') return null;
  return (
    <p data-testid="offline" data-state={offline} aria-live="polite">
      <Phrase
        of={offline === 'update' && live ? page.offline.updateLive : page.offline[offline]}
        reload={
          <button type="button" className="quiet" onClick={() => void studio.takeOver()}>
            {page.offline.reload}
          </button>
        }
      />
    </p>
  );
}
