/** The page: one column of eight steps, and a slim bar to move between them. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { texts } from '../shared/texts';
import { type Section, isLive, stepsOf } from '../store/slices';
import { Announcer } from './Announcer';
import { CompareSection } from './CompareSection';
import { ConfigureSection } from './ConfigureSection';
import { DataSection } from './DataSection';
import { ExperimentSection } from './experiment/ExperimentSection';
import { HistorySection } from './HistorySection';
import { InspectSection } from './InspectSection';
import { LanguageToggle } from './LanguageToggle';
import { ModelSection } from './ModelSection';
import { Phrase } from './Phrase';
import { ResumeOffer } from './ResumeOffer';
import { type PageSection, SECTIONS } from './sections';
import { Shortcuts } from './Shortcuts';
import { ThemeToggle } from './ThemeToggle';
import { Tour, TourInvite } from './Tour';
import { TrainSection } from './TrainSection';
import { useSel, useStudio } from './studioContext';

const VIEWS: Record<Section, () => ReactNode> = {
  model: ModelSection,
  data: DataSection,
  configure: ConfigureSection,
  train: TrainSection,
  inspect: InspectSection,
  compare: CompareSection,
  experiment: ExperimentSection,
  history: HistorySection,
};

export function App() {
  const language = useSel((s) => s.ui.language);
  // The whole page is drawn again with it.
  const { page } = texts();
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = page.title;
  }, [language, page]);
  return (
    <>
      <a className="skip" href="#content">
        {page.skip}
      </a>
      <header className="top">
        <div className="top-inner">
          <div>
            <h1>Sieve</h1>
            <p className="claim">{page.claim}</p>
          </div>
          <div className="row top-tools">
            <Tour />
            <Shortcuts />
            <LanguageToggle />
            <ThemeToggle />
          </div>
          <TourInvite />
        </div>
      </header>
      <StepNav />
      <main id="content" tabIndex={-1}>
        <ResumeOffer />
        {SECTIONS.map(({ id }) => {
          const View = VIEWS[id];
          return <View key={id} />;
        })}
      </main>
      <footer className="foot">
        <p>{page.privacy}</p>
        <Offline />
      </footer>
      <Announcer />
    </>
  );
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

function StepNav() {
  const { page } = texts();
  const here = useCurrent();
  const started = useSel((s) => s.runs.session !== null);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    // On a narrow screen the bar scrolls by itself; scrollIntoView would move the page too.
    const link = list.current?.querySelector<HTMLElement>(`a[href="#${here}"]`);
    if (list.current && link) list.current.scrollTo({ left: link.offsetLeft - list.current.clientWidth / 3 });
  }, [here]);
  return (
    <nav className="steps" aria-label={page.steps}>
      <ol ref={list}>
        {SECTIONS.map((section) => (
          <li key={section.id}>
            <StepLink {...section} here={here === section.id} live={section.id === 'train' && started} />
          </li>
        ))}
        {started && <LiveNote />}
      </ol>
    </nav>
  );
}

/** `live`: it has begun; shown as long as it is not done. */
function StepLink({ id, number, done: isDone, here, live }: PageSection & { here: boolean; live: boolean }) {
  const { page } = texts();
  const done = useSel(isDone);
  return (
    <a href={`#${id}`} aria-current={here ? 'step' : undefined}>
      <span className={`step-number${done ? ' step-done' : live ? ' step-live' : ''}`} aria-hidden="true">
        {done ? '✓' : number}
      </span>
      {page.section[id]}
      {done && <span className="sr-only"> {page.stepDone}</span>}
    </a>
  );
}

/** Where the run is, seen from anywhere on the page. */
function LiveNote() {
  useSel((s) => s.runs.version);
  const phase = useSel((s) => s.runs.phase);
  const session = useSel((s) => s.runs.session);
  if (!session || !isLive(phase)) return null;
  const { done, total } = stepsOf(session);
  return (
    <li className="steps-live num" aria-hidden="true">
      {texts().train.phase[phase]} · {done}/{total}
      {session.dataName && <span className="steps-data"> · {session.dataName}</span>}
    </li>
  );
}

/** The section under the bar, from scrolling. */
function useCurrent(): Section {
  const [here, setHere] = useState<Section>('model');
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const e of entries) if (e.isIntersecting) setHere(e.target.id as Section);
      },
      { rootMargin: '-20% 0px -70% 0px' },
    );
    for (const { id } of SECTIONS) {
      const element = document.getElementById(id);
      if (element) observer.observe(element);
    }
    return () => observer.disconnect();
  }, []);
  return here;
}
