/** What a person can do under Configure, as commands: changing fields, adding runs. The memory plan follows by itself. */
import { type ExperimentConfig, METHOD_NAMES, type RunConfig, type TrainConfig, defaultExperiment, parseExperiment, runSchema, startRank } from '../../shared/config';
import { toErrorInfo } from '../../shared/errors';
import type { RunId } from '../../train/protocol';
import { draftProblems } from '../checks';
import { type DatasetCommands, SETTLE } from '../dataset';
import type { Page } from '../page';
import type { RunsSlice } from '../slices';
import type { TrainClient } from '../trainClient';

export const MAX_RUNS = 8;

export class ConfigureCommands {
  readonly #page: Page;
  readonly #train: Pick<TrainClient, 'request'>;
  readonly #data: Pick<DatasetCommands, 'prepareSoon'>;
  #planTurn = 0;
  #planTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(page: Page, train: Pick<TrainClient, 'request'>, data: Pick<DatasetCommands, 'prepareSoon'>) {
    this.#page = page;
    this.#train = train;
    this.#data = data;
  }

  setTrain(patch: Partial<TrainConfig>): void {
    const { draft } = this.#r;
    this.setDraft({ ...draft, train: { ...draft.train, ...patch } });
  }

  /** Changes one run, or every run where `id` is null. */
  setRun(id: RunId | null, patch: Partial<RunConfig>): void {
    const { draft } = this.#r;
    this.setDraft({ ...draft, runs: draft.runs.map((r) => (id === null || r.id === id ? { ...r, ...patch } : r)) });
  }

  /** Gives a run another method. Its name follows while it is that of the method. */
  setMethod(id: RunId, method: RunConfig['method']): void {
    const run = this.#r.draft.runs.find((r) => r.id === id);
    if (!run) return;
    const name = run.name.replace(new RegExp(`^${METHOD_NAMES[run.method]}(?= \\d+$|$)`), METHOD_NAMES[method]);
    this.setRun(id, { ...fitting(run, method), name });
  }

  /** Adds a run like the last one of its method. At most eight. */
  addRun(method: RunConfig['method']): void {
    const { draft } = this.#r;
    const like = draft.runs.findLast((r) => r.method === method) ?? draft.runs.at(-1);
    let n = 2;
    while (draft.runs.some((r) => r.id === `${method}-${n}`)) n++;
    const bare = !draft.runs.some((r) => r.id === method);
    const label = METHOD_NAMES[method];
    const fresh = { id: bare ? method : `${method}-${n}`, name: bare ? label : `${label} ${n}`, method };
    this.setDraft({ ...draft, runs: [...draft.runs, like ? { ...like, ...fitting(like, method), ...fresh } : runSchema.parse(fresh)] });
  }

  /** A run that another one follows leaves it on its own. */
  removeRun(id: RunId): void {
    const { draft } = this.#r;
    this.setDraft({ ...draft, runs: draft.runs.filter((r) => r.id !== id).map((r) => (r.gate.follows === id ? { ...r, gate: { ...r.gate, follows: null } } : r)) });
  }

  /** Everything back to its default. */
  reset(): void {
    this.setDraft(defaultExperiment());
  }

  /** Puts a whole experiment into the form. Data are tokenised anew where the context has changed. */
  setDraft(draft: ExperimentConfig): void {
    const before = this.#r.draft.train.maxTokens;
    this.#page.patch('runs', { draft });
    this.check();
    if (!Object.is(draft.train.maxTokens, before)) this.#data.prepareSoon();
    this.planSoon();
  }

  /** Looks at the draft again: another model may refuse what the last one allowed. */
  check(): void {
    const problems = draftProblems(this.#r.draft, this.#page.state.model.info?.config);
    const [first] = problems;
    this.#page.patch('runs', { problems, draftError: first ? `${first.path || 'configuration'}: ${first.message}` : null });
  }

  planSoon(delay = SETTLE): void {
    if (this.#planTimer !== null) clearTimeout(this.#planTimer);
    this.#planTimer = setTimeout(() => void this.#plan(), delay);
  }

  async #plan(): Promise<void> {
    const turn = ++this.#planTurn;
    if (this.#page.state.model.status !== 'ready' || this.#r.draftError !== null) return;
    try {
      const plan = await this.#train.request({ type: 'plan', experiment: parseExperiment(this.#r.draft) });
      if (turn === this.#planTurn) this.#page.patch('runs', { plan, planError: null });
    } catch (error) {
      if (turn === this.#planTurn) this.#page.patch('runs', { plan: null, planError: toErrorInfo(error) });
    }
  }

  get #r(): RunsSlice {
    return this.#page.state.runs;
  }
}

/** What must change so that a run's settings fit a method: AdaLoRA starts above the rank it ends at. */
function fitting(run: RunConfig, method: RunConfig['method']): Partial<RunConfig> {
  return { method, ...(method === 'adalora' && run.adalora.initRank < run.rank ? { adalora: { ...run.adalora, initRank: startRank(run.rank) } } : {}) };
}
