/** The checkpoint of a run in its folder: what the browser's storage holds for the page, by the same code. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionConfig } from '../shared/config';
import { ConfigError } from '../shared/errors';
import { message } from '../shared/message';
import type { TokenSet } from '../shared/types';
import { Keep, hashOfSets } from '../train/keep';
import type { Checkpoint, ModelSource } from '../train/protocol';
import { nodeFolder } from './folder';

/** What a run must agree in with the checkpoint that it goes on from. */
interface Wanted {
  config: SessionConfig;
  model: ModelSource;
  train: TokenSet;
  validation: TokenSet;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export class CheckpointFolder {
  readonly path: string;
  readonly #keep: Keep;
  #hash = '';
  #saving: Promise<unknown> = Promise.resolve();

  /** @param out the run's folder */
  constructor(out: string) {
    this.path = join(out, 'checkpoint');
    this.#keep = new Keep(async () => nodeFolder(out));
  }

  /**
   * @returns what the run goes on from; null where nothing is there
   * @throws {ConfigError} where another run is there: whoever started it decides what becomes of it
   */
  async find({ config, model, train, validation }: Wanted): Promise<Checkpoint | null> {
    this.#hash = await hashOfSets(train, validation);
    if (!existsSync(this.path)) return null;
    const { info } = await this.#keep.info();
    if (!info) return null;
    const differs = (
      [
        ['settings', same(info.config, config)],
        ['model', same(info.model, model)],
        ['data', info.dataHash === this.#hash],
      ] as const
    ).find(([, equal]) => !equal)?.[0];
    if (differs) throw new ConfigError(message('cli.otherCheckpoint', { path: this.path, step: info.step, differs }));
    return (await this.#keep.load()).checkpoint;
  }

  /** Before the first checkpoint. */
  async begin({ train, validation }: Pick<Wanted, 'train' | 'validation'>): Promise<void> {
    await this.clear();
    await this.#keep.saveData(train, validation);
  }

  /** One after the other. @param make the checkpoint, of the token sets' hash @returns its step */
  save(make: (hash: string) => Promise<Checkpoint>): Promise<number> {
    const next = this.#saving.then(async () => {
      const checkpoint = await make(this.#hash);
      await this.#keep.saveCheckpoint(checkpoint);
      return checkpoint.info.step;
    });
    this.#saving = next.catch(() => undefined);
    return next;
  }

  async clear(): Promise<void> {
    await this.#saving;
    if (!existsSync(this.path)) return;
    await this.#keep.clear();
    rmSync(this.path, { recursive: true });
  }
}
