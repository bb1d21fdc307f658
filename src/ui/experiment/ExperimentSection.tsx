/** Experiments over seeds: start one, watch its queue, read what it found. */
import { texts } from '../../shared/texts';
import { doneJobs, jobCount } from '../../store/studies/plan';
import { SectionFrame } from '../bits';
import { when } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { StudyForm } from './StudyForm';
import { StudyView } from './StudyView';

export function ExperimentSection() {
  const list = useSel((s) => s.studies.list);
  const selected = useSel((s) => s.studies.selected);
  const entry = list.find((e) => e.study.id === selected);
  const t = texts().experiment;
  const claims = (
    <a href="claims.html" target="_blank" rel="noopener">
      {t.claims}
    </a>
  );
  return (
    <SectionFrame id="experiment" title={texts().page.section.experiment} lead={<Phrase of={t.lead} claims={claims} />}>
      <StudyForm />
      {list.length > 1 && <Kept />}
      {entry && <StudyView key={entry.study.id} study={entry.study} cells={entry.cells} />}
    </SectionFrame>
  );
}

/** All experiments that this browser keeps. */
function Kept() {
  const t = texts().experiment;
  const studio = useStudio();
  const list = useSel((s) => s.studies.list);
  const selected = useSel((s) => s.studies.selected);
  return (
    <fieldset className="choices kept-studies">
      <legend>{t.saved}</legend>
      {list.map(({ study, cells }) => (
        <button
          key={study.id}
          type="button"
          className="choice"
          aria-pressed={study.id === selected}
          onClick={() => studio.studies.select(study.id)}
        >
          <span className="choice-title">{study.name}</span>
          <span className="choice-text num">
            {t.entry({
              time: when(study.createdAt),
              data: study.data.name,
              state: t.state[study.state],
              done: doneJobs(study, cells),
              total: jobCount(study),
            })}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
