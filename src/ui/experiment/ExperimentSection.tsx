/** Experiments over seeds: start one, watch its queue, read what it found. */
import { texts } from '../../shared/texts';
import { doneJobs, jobCount } from '../../store/experiments/plan';
import { SectionFrame } from '../bits';
import { when } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { ExperimentForm } from './ExperimentForm';
import { ExperimentView } from './ExperimentView';

export function ExperimentSection() {
  const list = useSel((s) => s.experiments.list);
  const selected = useSel((s) => s.experiments.selected);
  const entry = list.find((e) => e.experiment.id === selected);
  const t = texts().experiment;
  const claims = (
    <a href="claims.html" target="_blank" rel="noopener">
      {t.claims}
    </a>
  );
  return (
    <SectionFrame id="experiment" title={texts().frame.place.experiments} lead={<Phrase of={t.lead} claims={claims} />}>
      <ExperimentForm />
      {list.length > 1 && <Kept />}
      {entry && <ExperimentView key={entry.experiment.id} experiment={entry.experiment} cells={entry.cells} />}
    </SectionFrame>
  );
}

/** All experiments that this browser keeps. */
function Kept() {
  const t = texts().experiment;
  const studio = useStudio();
  const list = useSel((s) => s.experiments.list);
  const selected = useSel((s) => s.experiments.selected);
  return (
    <fieldset className="choices saved-experiments">
      <legend>{t.saved}</legend>
      {list.map(({ experiment, cells }) => (
        <button
          key={experiment.id}
          type="button"
          className="choice"
          aria-pressed={experiment.id === selected}
          onClick={() => studio.experiments.select(experiment.id)}
        >
          <span className="choice-title">{experiment.name}</span>
          <span className="choice-text num">
            {t.entry({
              time: when(experiment.createdAt),
              data: experiment.data.name,
              state: t.state[experiment.state],
              done: doneJobs(experiment, cells),
              total: jobCount(experiment),
            })}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
