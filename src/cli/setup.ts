/** What a command line names: the settings, the model, the data. */
import { existsSync, openAsBlob, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { appBase } from '../hub/source';
import { type SessionConfig, defaultSession } from '../shared/config';
import type { OwnFile } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import { ConfigError, DataError, ModelError } from '../shared/errors';
import { message } from '../shared/message';
import type { FolderFiles, ModelSource } from '../train/protocol';
import { LINK_KEY, MAX_SETTINGS_FILE, readLink, readSettings } from '../store/configure/share';
import { HUB, hubModel } from '../store/pageUrl';
import { readRunParts } from '../store/runFile';
import { fetchModels } from '../store/shipped';

export interface Setup {
  config: SessionConfig;
  /** As a saved session says; null where nothing does. */
  model: ModelSource | null;
  recipe: DataRecipe | null;
}

/**
 * Settings as a file that the page exported, as the page's link to them (the whole address or what stands behind
 * `config=`), or as an exported session, which also says which model and data it had. Without a name, the page's
 * defaults.
 * @throws {ConfigError | StorageError} when it cannot be read as one of these
 */
export async function readSetup(named: string | undefined): Promise<Setup> {
  const alone = (config: SessionConfig): Setup => ({ config, model: null, recipe: null });
  if (named === undefined) return alone(defaultSession());
  if (!existsSync(named)) {
    const link = URL.canParse(named) ? new URL(named).searchParams.get(LINK_KEY) : named;
    if (link === null || !/^\d+\.[\w-]+$/.test(link)) throw new ConfigError(message('cli.noFile', { path: named }));
    return alone(readLink(link));
  }
  if (/\.zip$/i.test(named)) {
    const { record } = await readRunParts(await openAsBlob(named));
    if (!record) throw new ConfigError(message('store.runFile.noRecord'));
    const { config, model, recipe } = record;
    return { config, model, recipe };
  }
  if (statSync(named).size > MAX_SETTINGS_FILE) throw new ConfigError(message('store.settings.foreign'));
  return alone(readSettings(readFileSync(named, 'utf8')));
}

export interface NamedModel {
  source: ModelSource;
  /** Of a folder. */
  files?: FolderFiles;
}

/** Files of a model's folder, at most: a folder of other things is noticed before all of it is listed. */
const MAX_FILES = 10_000;

/**
 * @param named a folder, `owner/name` or `owner/name@revision` of the hub, or a model that comes with Sieve; without it
 *   what the session had, else the first of those
 * @param file which of its files holds the weights, where there are several
 * @throws {ModelError} when it names none
 */
export async function readModel(
  named: string | undefined,
  file: string | undefined,
  had: ModelSource | null,
): Promise<NamedModel> {
  const chosen = file === undefined ? {} : { file };
  if (named === undefined) {
    if (had?.kind === 'folder') throw new ModelError(message('cli.folderAgain', { id: had.id }));
    if (had) return { source: had };
    const [first] = await fetchModels(appBase());
    return { source: { kind: 'embedded', id: first.id } };
  }
  if (existsSync(named) && statSync(named).isDirectory()) {
    const paths = readdirSync(named, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, MAX_FILES)
      .map((entry) => relative(named, join(entry.parentPath, entry.name)));
    const files = await Promise.all(
      paths.map(async (path) => [path.split(sep).join('/'), await openAsBlob(join(named, path))] as const),
    );
    return { source: { kind: 'folder', id: basename(resolve(named)), ...chosen }, files: new Map(files) };
  }
  const hub = hubModel(named);
  if (hub) return { source: { kind: 'hub', ...hub, host: process.env.SIEVE_HUB ?? HUB, ...chosen } };
  const shipped = (await fetchModels(appBase())).map(({ id }) => id);
  if (!shipped.includes(named)) throw new ModelError(message('cli.noModel', { named, known: shipped.join(', ') }));
  return { source: { kind: 'embedded', id: named } };
}

/** What a data file is called: as the page knows it, without its folder. */
export const fileName = (path: string): string => basename(path);

/** @throws {DataError} when one of them is not there */
export function openData(paths: readonly string[]): Promise<OwnFile[]> {
  return Promise.all(
    paths.map(async (path) => {
      if (!existsSync(path)) throw new DataError(message('cli.noFile', { path }));
      return { path: fileName(path), file: await openAsBlob(path) };
    }),
  );
}

/** Whether two data sets were made from the same files. */
export const sameFiles = ({ files: a }: DataRecipe, { files: b }: DataRecipe): boolean =>
  a.length === b.length && a.every(({ hash }, i) => hash === b[i].hash);
