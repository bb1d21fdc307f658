/** The page's one live region, and what is told of the run and of the data. */
import { useEffect, useState } from 'react';
import { texts } from '../shared/texts';
import { stepsOf } from '../store/slices';
import { onSay, quarterOf, runSaid, say } from './announcer';
import { useSel } from './studioContext';

export function Announcer() {
  const [said, setSaid] = useState({ text: '', count: 0 });
  useEffect(() => onSay((text) => setSaid((before) => ({ text, count: before.count + 1 }))), []);
  useTold(useRun());
  useTold(useData());
  // A new element each time: the same words are read again.
  return (
    <div className="sr-only" aria-live="polite" data-testid="announcer">
      <p key={said.count}>{said.text}</p>
    </div>
  );
}

/** Says `words` whenever they change. */
function useTold(words: string): void {
  useEffect(() => {
    if (words !== '') say(words);
  }, [words]);
}

function useRun(): string {
  return useSel((s) => {
    if (!s.runs.session) return '';
    const { done, total } = stepsOf(s.runs.session);
    return runSaid(s.runs.phase, done, total);
  });
}

function useData(): string {
  const t = texts().page.said;
  return useSel(({ dataset: { status, preparing, progress, report } }) => {
    if (status === 'reading' || preparing) {
      const quarter = progress && quarterOf(progress.loaded, progress.total);
      const what = status === 'reading' ? t.reading : t.preparing;
      return quarter ? t.sofar(what, quarter) : what;
    }
    return status === 'ready' && report ? t.ready(report.train, report.validation) : '';
  });
}
