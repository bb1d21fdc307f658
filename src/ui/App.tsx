/** The page: one column of eight steps, and a slim bar to move between them. */
import { useEffect, useRef, useState } from 'react';
import { type Section, isLive, stepsOf } from '../store/slices';
import { Announcer } from './Announcer';
import { CompareSection } from './CompareSection';
import { ConfigureSection } from './ConfigureSection';
import { DataSection } from './DataSection';
import { ExperimentSection } from './experiment/ExperimentSection';
import { HistorySection } from './HistorySection';
import { InspectSection } from './InspectSection';
import { ModelSection } from './ModelSection';
import { PAGE_STEPS } from './pageSteps';
import { ResumeOffer } from './ResumeOffer';
import { Shortcuts } from './Shortcuts';
import { ThemeToggle } from './ThemeToggle';
import { Tour, TourInvite } from './Tour';
import { PHASES, TrainSection } from './TrainSection';
import { useSel, useStudio } from './studioContext';

export function App() {
  return (
    <>
      <a className="skip" href="#content">Skip to the content</a>
      <header className="top">
        <div className="top-inner">
          <div>
            <h1>Sieve</h1>
            <p className="claim">Teach a small language model in this tab, and see which tokens it can skip. Nothing leaves the tab.</p>
          </div>
          <div className="row top-tools"><Tour /><Shortcuts /><ThemeToggle /></div>
          <TourInvite />
        </div>
      </header>
      <StepNav />
      <main id="content" tabIndex={-1}>
        <ResumeOffer />
        <ModelSection />
        <DataSection />
        <ConfigureSection />
        <TrainSection />
        <InspectSection />
        <CompareSection />
        <ExperimentSection />
        <HistorySection />
      </main>
      <footer className="foot">
        <p>
          Your data, the model and the adapters stay in this browser tab; there is no server behind this page.
          Only opening a model by its Hugging Face id fetches something, and sends nothing of yours.
        </p>
        <Offline />
      </footer>
      <Announcer />
    </>
  );
}

const OFFLINE = {
  off: null,
  preparing: 'Getting ready to work without a network…',
  ready: 'This page and both built-in models also work without a network. Your browser can install it as an app.',
  update: 'A new version of Sieve is ready.',
  failed: 'This browser could not keep the page for use without a network.',
} as const;

/** Whether the page would work without a network, and a new version that waits. */
function Offline() {
  const studio = useStudio();
  const offline = useSel((s) => s.ui.offline);
  const live = useSel((s) => isLive(s.runs.phase));
  if (offline === 'off') return null;
  return (
    <p data-testid="offline" data-state={offline} aria-live="polite">
      {OFFLINE[offline]}
      {offline === 'update' && <> <button type="button" className="quiet" onClick={() => void studio.takeOver()}>Reload into it</button>{live && ' The run is saved and can be resumed.'}</>}
    </p>
  );
}

function StepNav() {
  const here = useCurrent();
  const model = useSel((s) => s.model.status === 'ready');
  const data = useSel((s) => s.dataset.train !== null);
  const configured = useSel((s) => s.runs.draftError === null);
  const phase = useSel((s) => s.runs.phase);
  const started = useSel((s) => s.runs.session !== null);
  const experiment = useSel((s) => s.studies.list.some((e) => e.study.state === 'finished'));
  const done: Record<Section, boolean> = {
    model, data, configure: configured && model, train: phase === 'finished' || phase === 'stopped', inspect: false, compare: false, experiment, history: false,
  };
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    // On a narrow screen the bar scrolls by itself; scrollIntoView would move the page too.
    const link = list.current?.querySelector<HTMLElement>(`a[href="#${here}"]`);
    if (list.current && link) list.current.scrollTo({ left: link.offsetLeft - list.current.clientWidth / 3 });
  }, [here]);
  return (
    <nav className="steps" aria-label="Steps">
      <ol ref={list}>
        {PAGE_STEPS.map((s, i) => (
          <li key={s.id}>
            <a href={`#${s.id}`} aria-current={here === s.id ? 'step' : undefined}>
              <span className={`step-number${done[s.id] ? ' step-done' : ''}${s.id === 'train' && started && !done.train ? ' step-live' : ''}`} aria-hidden="true">{done[s.id] ? '✓' : i + 1}</span>
              {s.label}{done[s.id] && <span className="sr-only"> (done)</span>}
            </a>
          </li>
        ))}
        {started && <LiveNote />}
      </ol>
    </nav>
  );
}

/** Where the run is, seen from anywhere on the page. */
function LiveNote() {
  useSel((s) => s.runs.version);
  const phase = useSel((s) => s.runs.phase);
  const session = useSel((s) => s.runs.session);
  if (!session || !isLive(phase)) return null;
  const { done, total } = stepsOf(session);
  return <li className="steps-live num" aria-hidden="true">{PHASES[phase]} · {done}/{total}</li>;
}

/** The section under the bar, from scrolling. */
function useCurrent(): Section {
  const [here, setHere] = useState<Section>('model');
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      for (const e of entries) if (e.isIntersecting) setHere(e.target.id as Section);
    }, { rootMargin: '-20% 0px -70% 0px' });
    for (const { id } of PAGE_STEPS) {
      const element = document.getElementById(id);
      if (element) observer.observe(element);
    }
    return () => observer.disconnect();
  }, []);
  return here;
}
