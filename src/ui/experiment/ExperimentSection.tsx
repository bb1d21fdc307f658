/** Experiments over seeds: start one, watch its queue, read what it found. */
import { doneJobs, jobCount } from '../../store/studies/plan';
import { SectionFrame } from '../bits';
import { useSel, useStudio } from '../studioContext';
import { StudyForm } from './StudyForm';
import { StudyView } from './StudyView';

export const STATE_WORDS = { running: 'running', paused: 'waiting to go on', finished: 'finished', failed: 'failed' } as const;

export function ExperimentSection() {
  const list = useSel((s) => s.studies.list);
  const selected = useSel((s) => s.studies.selected);
  const entry = list.find((e) => e.study.id === selected);
  return (
    <SectionFrame id="experiment" number={7} title="Experiment" lead="One run is a sign, not a result. An experiment repeats a comparison over several seeds and says what the difference is, and whether it is one.">
      <StudyForm />
      {list.length > 1 && <Kept />}
      {entry && <StudyView key={entry.study.id} study={entry.study} cells={entry.cells} />}
    </SectionFrame>
  );
}

/** All experiments that this browser keeps. */
function Kept() {
  const studio = useStudio();
  const list = useSel((s) => s.studies.list);
  const selected = useSel((s) => s.studies.selected);
  return (
    <fieldset className="choices kept-studies">
      <legend>Kept in this browser</legend>
      {list.map(({ study, cells }) => (
        <button key={study.id} type="button" className="choice" aria-pressed={study.id === selected} onClick={() => studio.studies.select(study.id)}>
          <span className="choice-title">{study.name}</span>
          <span className="choice-text num">{new Date(study.createdAt).toLocaleString()} · {study.data.name} · {STATE_WORDS[study.state]}, {doneJobs(study, cells)} of {jobCount(study)} sessions</span>
        </button>
      ))}
    </fieldset>
  );
}
