/**
 * Data sets that outlive the page: what one was made from is kept with its run, and on the desk of this tab, and it can
 * be made again from that. Loaded once the page stands, since nothing of it is needed before.
 */
import { type SessionConfig, defaultSession } from '../shared/config';
import { OWN_GROUPS } from '../shared/methods';
import type { OwnFile } from '../shared/data';
import { type DataRecipe, type SourceFile, dataRecipeSchema } from '../shared/dataRecipe';
import { DataError } from '../shared/errors';
import { modelSourceSchema } from '../shared/origin';
import { siteData } from '../shared/siteData';
import { message } from '../shared/message';
import type { Names } from '../shared/names';
import { formerConfig } from '../shared/settings/versions';
import type { ModelSource, TokenSet } from '../shared/types';
import { z } from '../shared/zod';
import type { DatasetCommands } from './dataset';
import type { KeepClient } from './keepClient';
import type { Page } from './page';
import { asAtStart, choicesOf, recipeOf } from './recipe';
import { type DatasetSlice, type State, isLive } from './slices';
import type { ExperimentData } from './experiments/library';

/** What is on the desk of this tab: it survives a reload, and goes with the tab. */
const DESK = 'sieve-desk';
/** JSON has no NaN, which is what a field holds that was emptied. */
const NAN = 'NaN, as typed';
const UNKNOWN = Promise.resolve('unknown' as const);

const deskSchema = z.object({
  /** The settings of the address that the page was opened with. */
  link: z.string().nullable(),
  /** The model that the address asks for; desks of earlier versions do not say. */
  start: modelSourceSchema.nullable().default(null),
  /** A reload may have brought a new version of the page. */
  draft: z.unknown().transform(formerConfig),
  /** The model that was chosen; null where it could not be opened. */
  model: modelSourceSchema.nullable(),
  data: z.strictObject({ name: z.string(), recipe: dataRecipeSchema }).nullable(),
  /** The saved session that was shown; desks of earlier versions do not say. */
  session: z.string().max(100).nullable().default(null),
});
export type Desk = Omit<z.infer<typeof deskSchema>, 'draft'> & { draft: SessionConfig };

/** Files by content; `kept`: they lie in this browser. */
interface Sources {
  files: SourceFile[];
  kept: boolean;
}

export interface KeptDataHost {
  page: Page;
  keep: KeepClient;
  data: DatasetCommands;
  /** Records of the saved sessions, which may be of other versions. */
  records: () => Promise<unknown[]>;
  names: Names;
  /** The settings of the page's address, and the model that it asks for. */
  link: string | null;
  start: ModelSource | null;
}

export class KeptData {
  readonly #host: KeptDataHost;
  /** By the list in which they are open. */
  readonly #hashed = new WeakMap<readonly OwnFile[], Sources>();
  #asking: Promise<unknown> = Promise.resolve();
  /** Id of the saved session that was shown before a reload; null once it is open again, or cannot be. */
  shownBefore: string | null;

  constructor(host: KeptDataHost) {
    this.#host = host;
    this.shownBefore = this.readDesk()?.session ?? null;
  }

  /** What `dataset` is made from; its files are kept where this tab writes. Null where they cannot be read any more. */
  async recipe(dataset: DatasetSlice, files: readonly OwnFile[]): Promise<DataRecipe | null> {
    if (!dataset.origin || !dataset.mapping || files.length === 0) return null;
    try {
      const sources = await this.#sources(files, dataset.origin.kind !== 'sample');
      return dataRecipeSchema.safeParse(recipeOf(dataset, sources.files)).data ?? null;
    } catch (error) {
      console.info('what the data are made from is not known', error);
      return null;
    }
  }

  /** One after the other: what is asked twice is read once. */
  #sources(files: readonly OwnFile[], keep: boolean): Promise<Sources> {
    const found = this.#asking.then(() => this.#ask(files, keep));
    this.#asking = found.catch(() => null);
    return found;
  }

  async #ask(files: readonly OwnFile[], keep: boolean): Promise<Sources> {
    const write = keep && this.#s.keep.mode === 'writer';
    const before = this.#hashed.get(files);
    if (before && (before.kept || !write)) return before;
    const found = await this.#host.keep.request({ type: 'keep-sources', files: [...files], write });
    this.#hashed.set(files, found);
    if (found.kept) void Promise.resolve().then(() => this.sweep());
    return found;
  }

  /**
   * Makes the data set of a run again, in the place of what is open. Where its files are not here, Train asks for them.
   * @param sets what the run has learnt from: other tokens than those are said
   */
  async restore(
    { name, recipe }: { name: string; recipe: DataRecipe },
    sets: ExperimentData | null = null,
  ): Promise<void> {
    const { data, page } = this.#host;
    if (this.#isOpen(recipe) || !(await data.restore(name, recipe, () => this.#open(recipe)))) return;
    const { train, validation } = this.#d;
    if (sets && train && validation && !(same(train, sets.train) && same(validation, sets.validation))) {
      page.say('data', 'warning', { name: 'Warning', ...message('store.data.otherTokens', { data: name }) });
    }
  }

  /** Whether that very data set is open, with nothing chosen since. */
  #isOpen(recipe: DataRecipe): boolean {
    const sources = this.#hashed.get(this.#host.data.files);
    const { status, wanted, train } = this.#d;
    if (!sources || status !== 'ready' || wanted || !train) return false;
    return (
      JSON.stringify(dataRecipeSchema.safeParse(recipeOf(this.#d, sources.files)).data) ===
      JSON.stringify(dataRecipeSchema.safeParse(recipe).data)
    );
  }

  async #open({ origin, files }: DataRecipe): Promise<OwnFile[] | null> {
    if (origin.kind !== 'sample') {
      const kept = await this.#host.keep.request({ type: 'open-sources', files });
      if (kept) this.#hashed.set(kept, { files, kept: true });
      return kept;
    }
    const own = await this.#host.data.sampleFiles(origin.id);
    return (await this.#matching(own, files)) ? own : null;
  }

  /** Whether the files are those of a recipe, whatever they are called. */
  async #matching(own: readonly OwnFile[], files: readonly SourceFile[]): Promise<boolean> {
    const sizes = (all: readonly number[]) => all.toSorted((a, b) => a - b).join();
    if (sizes(own.map(({ file }) => file.size)) !== sizes(files.map((f) => f.bytes))) return false;
    const { files: found } = await this.#sources(
      own,
      this.#d.wanted !== null && this.#d.wanted.recipe.origin.kind !== 'sample',
    );
    const hashes = (all: readonly SourceFile[]) =>
      all
        .map((f) => f.hash)
        .toSorted()
        .join();
    return hashes(found) === hashes(files);
  }

  /** Takes the files that Train asks for. @returns whether they are those */
  async give(own: readonly OwnFile[]): Promise<boolean> {
    const { wanted } = this.#d;
    if (!wanted || wanted.state !== 'missing' || !(await this.#matching(own, wanted.recipe.files))) return false;
    // In the order of the recipe and under its names: what was chosen for a file was chosen by its name.
    const { files: found, kept } = await this.#sources(own, false);
    const inOrder = wanted.recipe.files.map(({ path, hash }) => ({
      path,
      file: own[found.findIndex((f) => f.hash === hash)].file,
    }));
    this.#hashed.set(inOrder, { files: wanted.recipe.files, kept });
    await this.#host.data.restore(wanted.name, wanted.recipe, () => Promise.resolve(inOrder));
    return true;
  }

  /** As `give`, where a person has chosen files for nothing else: what is wrong with them is said. */
  async giveOnly(own: readonly OwnFile[]): Promise<void> {
    const { page } = this.#host;
    page.dismiss('train');
    await page.command('train', async () => {
      if (!(await this.give(own))) throw new DataError(message('store.data.otherFile', { path: own[0]?.path ?? '' }));
    });
  }

  /**
   * Deletes the files that no run, checkpoint or desk needs any more. saved sessions lose theirs first where there is
   * no room, the oldest before the others.
   */
  sweep(): Promise<void> {
    // Between two keepings, never within one: what was kept a moment ago is known as wanted.
    const swept = this.#asking.then(() => this.#sweep());
    this.#asking = swept;
    return swept;
  }

  async #sweep(): Promise<void> {
    const session = await Promise.race([this.#s.runs.session?.recipe, UNKNOWN]);
    if (this.#s.keep.mode !== 'writer' || session === 'unknown') return;
    try {
      const records = (await this.#host.records()) as { endedAt?: number; recipe?: DataRecipe | null }[];
      const kept = records.toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0)).map((r) => r.recipe);
      const desk = readDesk()?.data?.recipe;
      const open = this.#hashed.get(this.#host.data.files);
      const wanted = [...(open?.files ?? []), ...[session, desk, ...kept].flatMap((recipe) => recipe?.files ?? [])];
      await this.#host.keep.request({ type: 'sweep-sources', wanted: [...new Set(wanted.map((f) => f.hash))] });
    } catch (error) {
      console.info('files that nobody needs are left', error);
    }
  }

  // ---- the desk --------------------------------------------------------------------------------------

  /** What was typed and chosen before a reload; null where there is nothing, or it belongs to another address. */
  readDesk(): Desk | null {
    const desk = readDesk();
    return desk?.link === this.#host.link ? desk : null;
  }

  /**
   * The model that was open before a reload of this address; the one that it asks for where there is none, which may be
   * null.
   */
  modelOf(desk: Desk | null): ModelSource | null {
    const { start } = this.#host;
    return desk?.model && JSON.stringify(desk.start) === JSON.stringify(start) ? desk.model : start;
  }

  /** The data set of the desk, open again; resolves where it is, or cannot be. */
  async restoreDesk({ data, model }: Desk): Promise<void> {
    if (!data) return;
    const { recipe } = data;
    const { prompt, completion } = recipe.template;
    // The chat template was another model's.
    const other = JSON.stringify(model) !== JSON.stringify(this.#s.model.source);
    const own = other ? { ...recipe, template: { prompt, completion } } : recipe;
    await this.restore({ ...data, recipe: own });
    // A new version of the page may bring another one under its name.
    if (this.#d.wanted?.recipe === own && recipe.origin.kind === 'sample')
      await this.#host.data.openSample(recipe.origin.id);
  }

  /** Keeps model, draft and data of this tab whenever they change. */
  watchDesk(): void {
    const choices = (s: State) => [s.runs.draft, chosenModel(s.model), shownSession(s), ...choicesOf(s.dataset)];
    let before = choices(this.#s);
    this.#host.page.store.subscribe((s) => {
      const now = choices(s);
      if (now.every((value, i) => value === before[i])) return;
      before = now;
      void this.#writeDesk();
    });
  }

  /** At once as far as it is known: whoever types may reload in the next moment. */
  async #writeDesk(): Promise<void> {
    const {
      dataset,
      model,
      runs: { draft },
    } = this.#s;
    const { link, start } = this.#host;
    const session = shownSession(this.#s) ?? this.shownBefore;
    const write = (data: Desk['data']) => writeDesk({ link, start, draft, model: chosenModel(model), data, session });
    const { wanted, status, origin } = dataset;
    if (wanted) write({ name: wanted.name, recipe: wanted.recipe });
    else if (status !== 'ready' || !origin) write(readDesk()?.data ?? null);
    else if (asAtStart(dataset)) write(null);
    else {
      const { files } = this.#host.data;
      const sources = this.#hashed.get(files);
      const recipe = sources && recipeOf(dataset, sources.files);
      write(recipe ? { name: this.#host.names.data(dataset.origin, dataset.samples), recipe } : null);
      if (!sources && (await this.recipe(dataset, files)) && this.#host.data.files === files) await this.#writeDesk();
    }
  }

  get #s(): State {
    return this.#host.page.state;
  }

  get #d(): DatasetSlice {
    return this.#s.dataset;
  }
}

/** A model that could not be opened is none to begin with. */
const chosenModel = ({ source, status }: State['model']): ModelSource | null => (status === 'failed' ? null : source);

/** Id of the saved session that is shown; null where none is, or it is not over. */
function shownSession({ runs: { session, phase }, keep }: State): string | null {
  if (!session || isLive(phase)) return null;
  return keep.runs.find((r) => r.startedAt === session.startedAt)?.id ?? null;
}

/** Whether two token sets are the same, token by token. */
function same(a: TokenSet, b: TokenSet): boolean {
  const equal = (x: ArrayLike<number>, y: ArrayLike<number>) => {
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
    return x.length === y.length;
  };
  const labels = ({ labels: own }: TokenSet) => own?.classes.map((name) => JSON.stringify(name)).join();
  return (
    equal(a.ids, b.ids) &&
    equal(a.offsets, b.offsets) &&
    equal(a.supervised, b.supervised) &&
    labels(a) === labels(b) &&
    equal(a.labels?.of ?? [], b.labels?.of ?? []) &&
    equal(a.pictures?.values ?? [], b.pictures?.values ?? [])
  );
}

function writeDesk(desk: Desk): void {
  try {
    siteData('sessionStorage')?.setItem(
      DESK,
      JSON.stringify(desk, (_, value: unknown) => (Number.isNaN(value) ? NAN : value)),
    );
  } catch (error) {
    console.info('what was typed is not kept', error);
    // Better nothing than what was typed before.
    siteData('sessionStorage')?.removeItem(DESK);
  }
}

function readDesk(): Desk | null {
  try {
    const text = siteData('sessionStorage')?.getItem(DESK);
    if (!text) return null;
    const desk = deskSchema.parse(JSON.parse(text, (_, value: unknown) => (value === NAN ? NaN : value)));
    return isDraft(desk.draft) ? { ...desk, draft: desk.draft } : null;
  } catch (error) {
    console.info('what was typed is not read', error);
    return null;
  }
}

/** Whether it has the fields of a draft: what is typed into them may be wrong. */
function isDraft(value: unknown): value is SessionConfig {
  const start = defaultSession();
  const alike = (own: unknown, like: object): boolean =>
    typeof own === 'object' &&
    own !== null &&
    Object.keys(like).every((key) => Object.hasOwn(own, key)) &&
    Object.keys(own).every((key) => Object.hasOwn(like, key));
  const draft = value as Partial<SessionConfig> | null;
  if (!alike(draft, start) || !alike(draft?.train, start.train) || !Array.isArray(draft?.runs)) return false;
  return (
    draft.runs.length > 0 &&
    draft.runs.every(
      (run) =>
        alike(run, start.runs[0]) &&
        (['gate', ...OWN_GROUPS] as const).every((group) => alike(run[group], start.runs[0][group])),
    )
  );
}
