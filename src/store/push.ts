/**
 * A run goes to a repository of the hub, as commands. The access token is handed through to the worker and kept
 * nowhere.
 */
import type { ExportKind, ValueType } from '../shared/exports';
import type { PushFile, PushProgress, Visibility } from '../shared/repository';
import { startWorker } from '../shared/startWorker';
import script from '../train/pushWorker.ts?worker&url';
import type { PushReplies, PushRequest, RunId } from '../train/protocol';
import type { ExportCommands } from './exports';
import type { Page } from './page';
import { WorkerClient, type WorkerHooks, isCancelled } from './workerClient';
import { storedFiles } from './zip';

type PushClient = WorkerClient<PushRequest, PushReplies, PushProgress>;

const createPushClient = (hooks: WorkerHooks<PushProgress>): PushClient =>
  new WorkerClient(() => startWorker(script, document.baseURI, 'push'), 'push', hooks);

export interface PushHost {
  page: Page;
  exports: Pick<ExportCommands, 'make'>;
  /** Address of the hub. */
  hub: string;
  /** Starts what pushes; a worker of its own for each push when absent. */
  makeClient?: (hooks: WorkerHooks<PushProgress>) => PushClient;
}

/** What a person says of a push; `create` null: the repository is there. */
export interface PushChoice {
  repository: string;
  create: Visibility | null;
  token: string;
  title: string;
}

export class PushCommands {
  readonly #host: PushHost;
  #client: PushClient | null = null;

  constructor(host: PushHost) {
    this.#host = host;
  }

  /** Where a repository is, or will be. */
  addressOf(repository: string): string {
    return `${this.#host.hub}/${repository}`;
  }

  /** The files that a push would send; null where they could not be made, which was said. */
  async list(
    runId: RunId,
    { kind, values, repository }: { kind: ExportKind | 'peft'; values: ValueType; repository: string },
  ): Promise<PushFile[] | null> {
    const { page, exports } = this.#host;
    const made = await exports.make(runId, kind, values, repository);
    if (!made) return null;
    let files: PushFile[] | null = null;
    await page.command('compare', async () => {
      files = await storedFiles(made.blob);
    });
    return files;
  }

  /** @returns the repository's address; null where the push failed, which was said, or was cancelled */
  async send(files: PushFile[], { repository, create, token, title }: PushChoice): Promise<string | null> {
    const { page, hub, makeClient = createPushClient } = this.#host;
    if (this.#client) return null;
    page.dismiss('compare');
    const client = makeClient({
      onEvent: (pushing) => page.patch('runs', { pushing }),
      // What is owed fails with it.
      onCrash: () => undefined,
    });
    this.#client = client;
    const target = { host: hub, repository, create };
    let address: string | null = null;
    await page.command(
      'compare',
      async () => {
        try {
          ({ url: address } = await client.request({ type: 'push', target, token, title, files }));
        } catch (error) {
          if (!isCancelled(error)) throw error;
        } finally {
          client.dispose();
          this.#client = null;
        }
      },
      (on) => page.patch('runs', { pushing: on ? { step: create ? 'creating' : 'hashing', done: 0, total: 0 } : null }),
    );
    return address;
  }

  /** Ends a push: its worker with all its requests. */
  cancel(): void {
    this.#client?.restart();
  }
}
