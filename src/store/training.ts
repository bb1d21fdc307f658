/** What a person can do with training, as commands: start all runs of the draft, pause, stop, look on. */
import { type SessionConfig, parseSession } from '../shared/config';
import type { DataRecipe } from '../shared/dataRecipe';
import { SieveError } from '../shared/errors';
import { message } from '../shared/message';
import type { RunId } from '../train/protocol';
import { refuseTwo } from './checks';
import { usedDevice } from './device';
import type { DatasetCommands } from './dataset';
import { MetricLog } from './metricLog';
import type { Page } from './page';
import { type SessionView, isLive, withSession } from './slices';
import type { ExperimentData } from './experiments/library';
import { templatedPrompts } from './template';
import type { TrainClient } from './trainClient';
import type { TokenSet } from '../shared/types';

export interface TrainingHost {
  page: Page;
  train: Pick<TrainClient, 'request'>;
  data: DatasetCommands;
  flush(): void;
  /** What has ended is being kept; null: nothing is. */
  saving(): Promise<void> | null;
  /** What the data set that is open is made from; null where nobody knows. */
  madeFrom(): Promise<DataRecipe | null>;
  /** The session is a person's own run, to be saved on the way. */
  checkpoint(train: TokenSet, validation: TokenSet): void;
}

export class TrainingCommands {
  readonly #host: TrainingHost;
  #starting = false;

  constructor(host: TrainingHost) {
    this.#host = host;
  }

  /** Whether a session is on its way to its first step. */
  get starting(): boolean {
    return this.#starting;
  }

  /** Starts all runs of the draft side by side. */
  async start(): Promise<void> {
    // A second click before the first one shows.
    if (this.#starting) return;
    this.#host.page.dismiss('train');
    const busy = (on: boolean) => (this.#starting = on);
    await this.#host.page.command(
      'train',
      async () => {
        const config = parseSession(this.#host.page.state.runs.draft);
        refuseTwo(this.#host.page.state);
        const { data, ...from } = await this.#host.data.current();
        await this.begin(config, data, { ...from, recipe: this.#host.madeFrom() }, 'run');
      },
      busy,
    );
  }

  /**
   * Puts a new session in the place of the last one; resolves once its first step may begin. One of an experiment over
   * seeds looks at gates, and is no run of its own: the experiment keeps its cells and starts what was interrupted
   * over, so it is neither saved on the way nor listed under History.
   */
  async begin(
    config: SessionConfig,
    { train, validation }: ExperimentData,
    from: Pick<SessionView, 'template' | 'mapping' | 'dataName' | 'dataOrigin' | 'recipe'>,
    of: 'run' | 'experiment',
  ): Promise<void> {
    const { info } = this.#host.page.state.model;
    if (this.#host.page.state.model.status !== 'ready' || this.#host.page.state.model.moving || !info)
      throw new SieveError(message('store.noModel'));
    if (isLive(this.#host.page.state.runs.phase)) throw new SieveError(message('store.busy.runHere'));
    // The click that started this is drawn first; the new panels come in a task of their own.
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    const saving = this.#host.saving();
    if (saving) await saving;
    const metricLogs = new Map(['base', ...config.runs.map((r) => r.id)].map((id) => [id, new MetricLog(id)]));
    try {
      if (this.#host.page.state.runs.session) await this.#host.train.request({ type: 'reset' });
      this.#host.flush();
      const session: SessionView = {
        config,
        ...from,
        classes: train.labels?.classes,
        plan: null,
        devices: [usedDevice(info.device)],
        metricLogs,
        failed: new Map(),
        startedAt: Date.now(),
      };
      // A step and a token are of the session that was; runs and modules go on by their names.
      this.#host.page.patch('selection', { step: null, token: null, pointed: { step: null, token: null } });
      this.#host.page.patch('runs', { ...withSession(this.#host.page.state.runs, session, 'compiling'), broke: null });
      // A person who watches reads samples.
      const asked =
        of === 'experiment'
          ? { measureGates: true }
          : {
              samplePrompts: await templatedPrompts(
                this.#host.page.state.runs.samplePrompts,
                from,
                this.#host.data.applyChatTemplate,
              ),
            };
      const plan = await this.#host.train.request({ type: 'start', config, train, validation, ...asked });
      const now = this.#host.page.state.runs.session;
      if (now?.metricLogs === metricLogs) {
        this.#host.page.patch('runs', { session: { ...now, plan } });
        if (of === 'run') this.#host.checkpoint(train, validation);
      }
      if (this.#host.page.state.runs.watchText !== null)
        await this.#host.train.request({ type: 'watch-text', text: this.#host.page.state.runs.watchText });
    } catch (error) {
      this.#host.flush();
      if (this.#host.page.state.runs.phase === 'compiling')
        this.#host.page.patch('runs', { phase: 'failed', progress: null });
      throw error;
    }
  }

  /** Resolves with the session once it is no longer live. @throws {SieveError} when another took its place */
  ended(): Promise<SessionView> {
    const metricLogs = this.#host.page.state.runs.session?.metricLogs;
    return new Promise((resolve, reject) => {
      const look = () => {
        const { session, phase } = this.#host.page.state.runs;
        if (session === null || session.metricLogs !== metricLogs)
          reject(new SieveError(message('store.experiments.modelChanged')));
        else if (!isLive(phase)) resolve(session);
        else return;
        end();
      };
      const end = this.#host.page.store.subscribe(look);
      look();
    });
  }

  pause(): Promise<void> {
    return this.#host.page.command('train', () => this.#host.train.request({ type: 'pause' }));
  }

  resume(): Promise<void> {
    return this.#host.page.command('train', () => this.#host.train.request({ type: 'resume' }));
  }

  /** Ends the run; what was learnt stays for Compare and export. */
  stop(): Promise<void> {
    return this.#host.page.command('train', () => this.#host.train.request({ type: 'stop' }));
  }

  /**
   * Opens a module's gate for all tokens again; it goes on learning from there. `module`: its place among the run's.
   */
  resetTau(runId: RunId, module: number): Promise<void> {
    return this.#host.page.command('train', () => this.#host.train.request({ type: 'reset-tau', runId, module }));
  }

  /** Times the kernels of one step. */
  async profile(): Promise<void> {
    if (this.#host.page.state.runs.profiling) return;
    await this.#host.page.command(
      'train',
      async () => this.#host.page.patch('runs', { profile: await this.#host.train.request({ type: 'profile' }) }),
      (profiling) => this.#host.page.patch('runs', { profiling }),
    );
  }

  /** The text whose tokens are watched; null = the first validation example. */
  watch(text: string | null): Promise<void> {
    this.#host.page.patch('runs', { watchText: text });
    if (!this.#host.page.state.runs.session) return Promise.resolve();
    return this.#host.page.command('inspect', () => this.#host.train.request({ type: 'watch-text', text }));
  }

  /** The validation picture whose patches are watched. */
  watchExample(example: number): Promise<void> {
    return this.#host.page.command('inspect', () => this.#host.train.request({ type: 'watch-example', example }));
  }

  /** Prompts that every run answers at each evaluation; null = one of the validation data, [] = none. */
  async setSamplePrompts(prompts: string[] | null): Promise<void> {
    this.#host.page.patch('runs', { samplePrompts: prompts });
    const { session } = this.#host.page.state.runs;
    if (!session) return;
    await this.#host.page.command('train', async () =>
      this.#host.train.request({
        type: 'sample-prompts',
        prompts: await templatedPrompts(prompts, session, this.#host.data.applyChatTemplate),
      }),
    );
  }
}
