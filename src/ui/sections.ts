/**
 * The sections of the page: their order, which is that of their numbers and keys (1 to 8), and when one counts as done. Their
 * names are `texts().page.section`, what the tour says of them `page.tour.stop`; what each draws is in App.tsx.
 */
import type { Section, State } from '../store/slices';

export interface PageSection {
  id: Section;
  /** Its place on the page, counted from 1: what stands before its title, and its key. */
  number: number;
  /** Whether what it is for has been done. */
  done: (state: State) => boolean;
}

const never = () => false;
const modelReady = ({ model }: State) => model.status === 'ready';

const DONE: Record<Section, PageSection['done']> = {
  model: modelReady,
  data: ({ dataset }) => dataset.train !== null,
  configure: (s) => s.runs.draftError === null && modelReady(s),
  train: ({ runs }) => runs.phase === 'finished' || runs.phase === 'stopped',
  inspect: never,
  compare: never,
  experiment: ({ experiments }) => experiments.list.some((e) => e.experiment.state === 'finished'),
  history: never,
};

/** All of them, in order. */
export const SECTIONS: readonly PageSection[] = (Object.keys(DONE) as Section[]).map((id, i) => ({
  id,
  number: i + 1,
  done: DONE[id],
}));

export const sectionNumber = (id: Section): number => SECTIONS.find((s) => s.id === id)!.number;
