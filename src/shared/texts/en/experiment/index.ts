/** Experiment section: grids, verdicts, report. */
import { evidence } from './evidence';
import { form, grid } from './form';
import { modules } from './modules';
import { report } from './report';
import { results } from './results';
import { classes, noise } from './tokens';
import { view } from './view';

export const experiment = {
  lead: 'A single run is not a result. An experiment repeats a comparison over several seeds and reports the difference with its confidence interval. The paper’s claims were tested in the same way, on the PyTorch twin of this engine: {claims}.',
  claims: 'figures, negative results included',
  saved: 'Saved in this browser',
  entry: ({
    time,
    data,
    state,
    done,
    total,
  }: {
    time: string;
    data: string;
    state: string;
    done: number;
    total: number;
  }) => `${time} · ${data} · ${state}, ${done} of ${total} sessions`,
  state: { running: 'running', paused: 'paused', finished: 'finished', failed: 'failed' },
  form,
  grid,
  view,
  results,
  evidence,
  modules,
  noise,
  classes,
  report,
};
