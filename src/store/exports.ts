/** Runs leave the page as files, as commands: the adapter's own zip, and what is made of it for other runtimes. */
import type { ExportKind, ValueType } from '../shared/exports';
import type { Names } from '../shared/names';
import type { RunFacts, RunId } from '../train/protocol';
import { sessionRuns } from './comparable';
import type { Page } from './page';
import { exportedRun, runFileName, runFiles } from './runFile';
import { newId, recordOf } from './savedSessions';
import type { TrainClient } from './trainClient';
import { adapterZipName, zipAdapter } from './zip';

interface Saved {
  name: string;
  blob: Blob;
}

export interface ExportHost {
  page: Page;
  train: Pick<TrainClient, 'request'>;
  names: Pick<Names, 'savedSession'>;
}

export class ExportCommands {
  readonly #host: ExportHost;

  constructor(host: ExportHost) {
    this.#host = host;
  }

  get #runs() {
    return this.#host.page.state.runs;
  }

  /** Opens the dialog for a run; null closes it. */
  ask(runId: RunId | null): void {
    this.#host.page.dismiss('compare');
    this.#host.page.patch('ui', { exportOf: runId });
  }

  #imported(runId: RunId) {
    return this.#runs.imported.find((r) => r.runId === runId);
  }

  #template(runId: RunId) {
    const { session } = this.#runs;
    return this.#imported(runId)?.template ?? session?.template ?? this.#host.page.state.dataset.template;
  }

  #fileName(runId: RunId, end: string): string {
    const name =
      this.#runs.session?.config.runs.find((r) => r.id === runId)?.name ?? this.#imported(runId)?.name ?? runId;
    return adapterZipName(name, end);
  }

  /** What is known of how a run was trained; null for an adapter that came as a file. */
  #facts(runId: RunId): RunFacts | null {
    const { runs, model, keep } = this.#host.page.state;
    const { session } = runs;
    if (!session || !model.source) return null;
    const run = sessionRuns(session, model.source, keep.runs).find((r) => r.runId === runId);
    if (!run) return null;
    const { data, recipe, train, final, curves } = run;
    const last = curves.train.values.length - 1;
    return {
      data: { name: data, files: recipe?.files.map(({ path, hash }) => ({ path, hash })) ?? [] },
      split: recipe && { validationShare: recipe.validationShare, seed: recipe.seed },
      steps: final.steps,
      losses: { base: final.base, validation: final.loss, train: last >= 0 ? curves.train.values[last] : null },
      train,
    };
  }

  /** The whole session with what it goes on with elsewhere, as one zip; null where that failed and was said. */
  async handOver(): Promise<Saved | null> {
    const { page, train, names } = this.#host;
    const { session } = this.#runs;
    const { source } = page.state.model;
    if (!session || !source) return null;
    page.dismiss('compare');
    let saved: Saved | null = null;
    await page.command('compare', async () => {
      const { template, metricLogs } = session;
      const { files: state } = await train.request({ type: 'hand-over', template });
      const files = [
        ...runFiles(
          [...metricLogs.values()].map((log) => log.snapshot()),
          {},
        ),
        ...state,
      ];
      const endedAt = Date.now();
      const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
      const recipe = (await session.recipe) ?? null;
      const where = { id: newId(endedAt), model: source, endedAt, bytes, recipe };
      const record = recordOf(session, 'stopped', where, names);
      saved = { name: runFileName(record, 'training'), blob: await exportedRun(record, files) };
    });
    return saved;
  }

  /**
   * The zip of one kind, laid out for a repository where one is named; null where that failed and was said, or another
   * is being written.
   */
  async make(runId: RunId, kind: ExportKind | 'peft', values: ValueType, repository?: string): Promise<Saved | null> {
    const { page, train } = this.#host;
    if (this.#runs.exporting) return null;
    page.dismiss('compare');
    const template = this.#template(runId);
    let saved: Saved | null = null;
    await page.command(
      'compare',
      async () => {
        if (kind === 'peft') {
          const { files } = await train.request({ type: 'export', runId, template, check: true, repository });
          saved = { name: this.#fileName(runId, ''), blob: await zipAdapter(files) };
        } else {
          const facts = this.#facts(runId);
          const asked = { runId, kind, values, template, facts, repository };
          const { zip } = await train.request({ type: 'export-files', ...asked });
          saved = { name: this.#fileName(runId, `-${kind}`), blob: zip };
        }
      },
      (on) => page.patch('runs', { exporting: on ? { runId, kind, written: 0, total: null } : null }),
    );
    return saved;
  }
}
