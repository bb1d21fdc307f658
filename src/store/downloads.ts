/**
 * What a person can do with models of the hub besides opening one: see in which forms it has them, and what is kept
 * here.
 */
import { siteData } from '../shared/siteData';
import type { KeptModel, ModelFile } from '../shared/types';
import type { ModelSource } from '../train/protocol';
import type { Page } from './page';
import type { TrainClient } from './trainClient';

export interface Kept {
  models: KeptModel[];
  /** Bytes that the page stores in this browser, and may store. */
  usage: number;
  quota: number;
}

export class Downloads {
  readonly #page: Page;
  readonly #train: Pick<TrainClient, 'request'>;
  readonly #host: string;

  constructor(page: Page, train: Pick<TrainClient, 'request'>, host: string) {
    this.#page = page;
    this.#train = train;
    this.#host = host;
  }

  /** A model by its id, `owner/name`, and a revision. */
  source(id: string, revision: string): Extract<ModelSource, { kind: 'hub' }> {
    return { kind: 'hub', id: id.trim(), revision: revision.trim() || 'main', host: this.#host };
  }

  /** The forms in which the hub has a model's weights; null where that failed (and was reported). */
  async list(id: string, revision: string): Promise<ModelFile[] | null> {
    this.#page.dismiss('model');
    try {
      return await this.#train.request({ type: 'list-files', source: this.source(id, revision) });
    } catch (error) {
      this.#page.report('model', error);
      return null;
    }
  }

  /** Models of which files are kept in this browser; null where that failed (and was reported). */
  async kept(): Promise<Kept | null> {
    try {
      const models = await this.#train.request({ type: 'kept-models' });
      const { usage = 0, quota = 0 } = (await siteData('storage')?.estimate()) ?? {};
      return { models, usage, quota };
    } catch (error) {
      this.#page.report('model', error);
      return null;
    }
  }

  /** Forgets the downloaded files of a model; one that is open stays open. */
  drop(model: KeptModel): Promise<void> {
    return this.#page.command('model', async () => {
      await this.#train.request({ type: 'drop-kept-model', model });
    });
  }
}
