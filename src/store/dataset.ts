/** What a person can do under Data, as commands: choosing a file, saying how it is read, preparing it. */
import { type ChatTemplate, type OwnFile, READ_AUTO, type ReadChoices } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import { DataError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import type { Names } from '../shared/names';
import { pastedName } from './checks';
import type { DataClient } from './dataClient';
import { DataRows } from './dataRows';
import { MappingCommands } from './mapping';
import type { Page } from './page';
import { chosenIn, nothingOpen } from './recipe';
import { RowDecisions } from './rowDecisions';
import { fetchSample, fetchSamples } from './shipped';
import { type DatasetSlice, type DataOrigin, noDecisions, type Progress, type SessionView } from './slices';
import type { ExperimentData } from './experiments/library';
import type { ApplyChatTemplate } from './template';
import { isCancelled } from './workerClient';

/** Pause before a changed setting is sent to the worker, in ms. */
export const SETTLE = 250;
/** Largest data file that is read, in bytes. */
const MAX_DATA_BYTES = 256 << 20;
export const PREVIEW_COUNT = 6;

/** Files that may be those of the data set that is wanted. @returns whether they were, and are read as it now */
export type Claim = (files: readonly OwnFile[]) => Promise<boolean>;

export interface DatasetHost {
  page: Page;
  client: DataClient;
  /** Where `datasets/` lies. */
  baseUrl: string;
  names: Names;
  /** Asked only while a data set is wanted. */
  claim?: Claim;
}

export class DatasetCommands {
  /** Its rows, one by one. */
  readonly rows: DataRows;
  readonly decisions: RowDecisions;
  readonly mapping: MappingCommands;
  readonly #page: Page;
  readonly #client: DataClient;
  readonly #baseUrl: string;
  /** The files that are open. */
  #files: readonly OwnFile[] = [];
  /** Opens the tokenizer of the model in use. */
  #openTokenizer: () => Promise<ChatTemplate[] | null> = () => Promise.resolve(null);
  /** The worker is being brought back to where it was. */
  #reviving = false;
  #parseTurn = 0;
  #prepareTurn = 0;
  #prepareTimer: ReturnType<typeof setTimeout> | null = null;
  /** Something that tokens depend on has changed while a file was being read. */
  #outdated = false;
  #prepared: Promise<void> = Promise.resolve();
  #tokenizer: Promise<boolean> = Promise.resolve(false);
  readonly #names: Names;
  readonly #claim: Claim;

  constructor({ page, client, baseUrl, names, claim = () => Promise.resolve(false) }: DatasetHost) {
    this.#claim = claim;
    this.#page = page;
    this.#client = client;
    this.#baseUrl = baseUrl;
    this.#names = names;
    this.rows = new DataRows({ page, client, turn: () => this.#prepareTurn });
    this.mapping = new MappingCommands({ page, client, names, prepare: (delay) => this.prepareSoon(delay) });
    this.decisions = new RowDecisions({
      page,
      client,
      turn: () => this.#parseTurn,
      withOwn: (template, mapping) => this.mapping.withOwn(template, mapping),
      prepare: () => this.prepareSoon(0),
      prepareAfter: (before) => {
        this.#patch({ preparing: true });
        this.#prepared = before.then(() => {
          this.prepareSoon(0);
          return this.#prepared;
        });
      },
    });
  }

  /** The files that are open: another list where others are. */
  get files(): readonly OwnFile[] {
    return this.#files;
  }

  /**
   * The sample sets; the first is opened where nothing else is. @param restored settles once an earlier data set is
   * open again, or cannot be
   */
  async loadSamples(restored: Promise<void> | null = null, asked: string | null = null): Promise<void> {
    try {
      const samples = await fetchSamples(this.#baseUrl);
      this.#patch({ samples });
      await restored;
      const first = samples.find((s) => s.id === asked) ?? samples.at(0);
      if (first && this.#d.status === 'empty' && !this.#d.wanted) await this.openSample(first.id);
    } catch (error) {
      this.#page.report('data', error);
    }
  }

  async openSample(id: string): Promise<void> {
    const turn = this.#beginReading({ kind: 'sample', id });
    try {
      const files = await this.sampleFiles(id);
      if (turn === this.#parseTurn) await this.#read(turn, { kind: 'sample', id }, files);
    } catch (error) {
      this.#readingFailed(turn, error);
    }
  }

  /**
   * The file of a sample set. A run may be resumed before the page has their list. @throws {DataError} when there is
   * none, or it cannot be had
   */
  async sampleFiles(id: string): Promise<OwnFile[]> {
    const samples = this.#d.samples.length > 0 ? this.#d.samples : await fetchSamples(this.#baseUrl);
    return [await fetchSample(this.#baseUrl, samples, id)];
  }

  /**
   * Makes the data set of a run again. Nothing is open until it is there: what was must not pass for it.
   * @param open its files, or null where they are not to be had: the page then asks for them
   * @returns whether it is open
   */
  async restore(name: string, recipe: DataRecipe, open: () => Promise<readonly OwnFile[] | null>): Promise<boolean> {
    const turn = this.#beginReading(recipe.origin);
    this.#prepareTurn++;
    clearTimeout(this.#prepareTimer ?? undefined);
    this.#files = [];
    this.#patch({ ...nothingOpen(), origin: recipe.origin, wanted: { name, recipe, state: 'reading' } });
    try {
      const files = await open();
      if (turn !== this.#parseTurn) return false;
      if (files) await this.#read(turn, recipe.origin, files, { choices: recipe.choices, recipe });
      else this.#stay();
    } catch (error) {
      this.#readingFailed(turn, error);
    }
    return turn === this.#parseTurn && this.#d.wanted === null;
  }

  /**
   * Opens one file, or several that belong together: those to learn from and those to measure on are told by their
   * names.
   */
  async openFiles(files: readonly OwnFile[]): Promise<void> {
    if (files.length === 0) return;
    if (this.#d.wanted && (await this.#claim(files))) return;
    const turn = this.#beginReading({ kind: 'file', name: files[0].path });
    const size = files.reduce((n, { file }) => n + file.size, 0);
    if (size > MAX_DATA_BYTES) {
      this.#readingFailed(
        turn,
        new DataError(
          message('store.data.tooLarge', {
            file: files[0].path,
            mb: Math.round(size / 2 ** 20),
            most: MAX_DATA_BYTES >> 20,
          }),
        ),
      );
      return;
    }
    await this.#read(turn, { kind: 'file', name: files[0].path }, files);
  }

  async openPaste(text: string): Promise<void> {
    const turn = this.#beginReading({ kind: 'paste' });
    await this.#read(turn, { kind: 'paste' }, [{ path: pastedName(text), file: new Blob([text]) }]);
  }

  /** Something was dropped that holds no file. */
  refuseDrop(why: Message): void {
    this.#page.dismiss('data');
    this.#page.report('data', new DataError(why));
  }

  /** How the file is to be read: format, header, separator, … Reads the same bytes again. */
  async setReading(choices: Partial<ReadChoices>): Promise<void> {
    const { origin } = this.#d;
    if (this.#files.length === 0 || !origin) return;
    const turn = this.#beginReading(origin);
    await this.#read(turn, origin, this.#files, { choices: { ...this.#d.choices, ...choices } });
  }

  /** What was open stays until the new is read. */
  #beginReading(origin: DataOrigin): number {
    this.#page.dismiss('data');
    // While nothing is open, the name of what is being read stands in the place of the name.
    this.#patch({ status: 'reading', progress: null, ...(this.#d.parsed ? {} : { origin }) });
    return ++this.#parseTurn;
  }

  async #read(
    turn: number,
    origin: DataOrigin,
    files: readonly OwnFile[],
    { choices = READ_AUTO, recipe = null }: { choices?: ReadChoices; recipe?: DataRecipe | null } = {},
  ): Promise<void> {
    try {
      const parsed = await this.#client.request({ type: 'parse', files: [...files], choices });
      // The template of a recipe is the model's own, or a person's: what a tokenizer brings must not come after it.
      if (recipe) await this.#tokenizer;
      if (turn !== this.#parseTurn) return;
      this.#files = recipe ? files : [...files];
      const { mapping } = parsed.detection;
      const several = files.length > 1 || parsed.table.files.length > 1;
      this.#patch({
        status: 'ready',
        progress: null,
        origin:
          origin.kind === 'file' && several
            ? { kind: 'file', name: this.#fileNames(files, parsed.table.fileName) }
            : origin,
        choices,
        parsed,
        mapping,
        ownMapping: false,
        template: this.mapping.withOwn(parsed.template, mapping),
        decisions: { ...noDecisions(), repairs: parsed.repairs },
        past: [],
        report: null,
        preview: [],
        previewFrom: 0,
        train: null,
        validation: null,
        wanted: null,
        ...(recipe && chosenIn(recipe)),
      });
      this.prepareSoon(0);
      await this.#prepared;
    } catch (error) {
      this.#readingFailed(turn, error);
    }
  }

  #fileNames(files: readonly OwnFile[], first: string): string {
    return files.length > 1 ? this.#names.severalFiles(first, files.length) : first;
  }

  #readingFailed(turn: number, error: unknown): void {
    if (turn !== this.#parseTurn) return;
    if (isCancelled(error)) {
      this.#stay();
      return;
    }
    const { parsed, wanted } = this.#d;
    if (parsed) this.#stay();
    else this.#patch({ status: 'failed', progress: null, wanted: wanted && { ...wanted, state: 'missing' } });
    this.#page.report('data', error);
  }

  /**
   * Goes on with what was open. Its tokens are made again only where reading ended their making, or something has
   * changed.
   */
  #stay(): void {
    const { parsed, wanted } = this.#d;
    if (!parsed) {
      this.#patch({ status: 'empty', origin: null, progress: null, wanted: wanted && { ...wanted, state: 'missing' } });
      return;
    }
    const whole = this.#d.report !== null && !this.#d.preparing && !this.#outdated;
    this.#patch({ status: 'ready', progress: null });
    if (!whole) this.prepareSoon(0);
  }

  readonly applyChatTemplate: ApplyChatTemplate = async (template, chats) =>
    (await this.#client.request({ type: 'applyChatTemplate', template, chats })).prompts;

  setPreparation(
    patch: Partial<Pick<DatasetSlice, 'completionOnly' | 'validationShare' | 'seed' | 'maxExamples' | 'stratify'>>,
  ): void {
    this.#patch(patch);
    this.prepareSoon();
  }

  /** Shows the examples from `from` on. */
  async showPreview(from: number): Promise<void> {
    try {
      const { examples } = await this.#client.request({ type: 'preview', from, count: PREVIEW_COUNT });
      this.#patch({ preview: examples, previewFrom: from });
    } catch (error) {
      this.#page.report('data', error);
    }
  }

  /** Ends reading or preparing, whether the worker hears it or not. */
  async cancel(): Promise<void> {
    const turn = this.#parseTurn;
    await this.#client.insist({ type: 'cancel' }).catch((error: unknown) => this.#page.report('data', error));
    // A sample that is still on its way from the server has not come to the worker.
    if (this.#d.status !== 'reading' || turn !== this.#parseTurn) return;
    this.#parseTurn++;
    this.#stay();
  }

  /** The worker was ended, or has ended itself: a new one is brought to where it was. */
  revive(): void {
    this.#follow(this.#openTokenizer(), this.#readAgain());
    // What was being prepared may be what it did not survive.
    if (!this.#d.preparing) this.prepareSoon(0);
  }

  async #readAgain(): Promise<void> {
    // What ends it twice is what it was given.
    if (this.#reviving) this.#files = [];
    if (this.#files.length === 0) return;
    this.#reviving = true;
    try {
      await this.#client.request({ type: 'parse', files: [...this.#files], choices: this.#d.choices });
    } catch (error) {
      if (isCancelled(error)) return;
      this.#patch({ status: 'failed', parsed: null, mapping: null, progress: null, preparing: false });
      this.#page.report('data', error);
    } finally {
      this.#reviving = false;
    }
  }

  /** How far the worker is. */
  progress(progress: Progress): void {
    if (this.#d.status === 'reading' || this.#d.preparing) this.#patch({ progress });
  }

  /** Makes the tokens again, once the settings have been still for `delay` ms. */
  prepareSoon(delay = SETTLE): void {
    if (this.#prepareTimer !== null) clearTimeout(this.#prepareTimer);
    this.#prepareTimer = null;
    this.#outdated = this.#d.status === 'reading';
    if (this.#d.status !== 'ready') return;
    this.#patch({ preparing: true });
    if (delay === 0) this.#prepared = this.#prepare();
    else this.#prepareTimer = setTimeout(() => this.prepareSoon(0), delay);
  }

  async #prepare(): Promise<void> {
    const turn = ++this.#prepareTurn;
    this.#page.dismiss('data');
    const open = await this.#tokenizer;
    if (turn !== this.#prepareTurn) return;
    if (!open) {
      this.#patch({ preparing: false });
      return;
    }
    const { mapping, template, completionOnly, validationShare, seed, maxExamples, stratify, decisions } = this.#d;
    const { maxSequenceLength, taskType } = this.#page.state.runs.draft.train;
    if (!mapping || !Number.isInteger(maxSequenceLength) || maxSequenceLength < 1) {
      this.#patch({ preparing: false });
      return;
    }
    try {
      const { report, preview, train, validation } = await this.#client.request({
        type: 'prepare',
        options: {
          mapping,
          template,
          completionOnly,
          maxSequenceLength,
          taskType,
          validationShare,
          seed,
          maxExamples,
          stratify,
          ...decisions,
        },
      });
      if (turn !== this.#prepareTurn) return;
      const sets = report.problem ? { train: null, validation: null } : { train, validation };
      this.#patch({
        report,
        preview: preview.slice(0, PREVIEW_COUNT),
        previewFrom: 0,
        ...sets,
        preparing: false,
        progress: null,
        version: this.#d.version + 1,
      });
      if (report.problem) this.#page.report('data', new DataError(report.problem));
    } catch (error) {
      if (turn !== this.#prepareTurn) return;
      this.#patch({ report: null, preview: [], train: null, validation: null, preparing: false, progress: null });
      if (!isCancelled(error)) this.#page.report('data', error);
    }
  }

  /**
   * Tokens made with another tokenizer must not reach the next model: they are made again, once it is there.
   * @param openTokenizer opens it, now and wherever the worker has to start again: the chat templates that it brings,
   *   or null where it could not be opened
   */
  useTokenizer(openTokenizer: () => Promise<ChatTemplate[] | null>): void {
    this.#openTokenizer = openTokenizer;
    this.#bring([]);
    this.#follow(openTokenizer());
    this.#patch({ report: null, preview: [], train: null, validation: null });
    this.prepareSoon(0);
  }

  /** As `useTokenizer`, but only wherever the worker starts again. */
  wantTokenizer(openTokenizer: () => Promise<ChatTemplate[] | null>): void {
    this.#openTokenizer = openTokenizer;
  }

  /** Prepares with this tokenizer once it is open and the worker has `read` what it should have. */
  #follow(open: Promise<ChatTemplate[] | null>, read: Promise<void> = Promise.resolve()): void {
    const tokenizer: Promise<boolean> = open.then(async (templates) => {
      await read;
      if (templates && this.#tokenizer === tokenizer) this.#bring(templates);
      return templates !== null;
    });
    this.#tokenizer = tokenizer;
  }

  #bring(chatTemplates: ChatTemplate[]): void {
    this.#patch({ chatTemplates });
    const { mapping, template } = this.#d;
    if (mapping) this.#patch({ template: this.mapping.withOwn(template, mapping) });
  }

  /**
   * The data set as it is prepared, once nothing is on its way through the tokenizer. @throws {DataError} when there is
   * none
   */
  async current(): Promise<
    { data: ExperimentData } & Pick<SessionView, 'template' | 'mapping' | 'dataName' | 'dataOrigin'>
  > {
    if (this.#prepareTimer !== null) this.prepareSoon(0);
    await this.#prepared;
    const { train, validation, template, mapping } = this.#d;
    if (!train || !validation) throw new DataError(message('store.data.none'));
    return {
      data: { train, validation },
      dataName: this.#names.data(this.#d.origin, this.#d.samples),
      template,
      mapping,
      ...(this.#d.origin && { dataOrigin: this.#d.origin }),
    };
  }

  get #d(): DatasetSlice {
    return this.#page.state.dataset;
  }

  #patch(patch: Partial<DatasetSlice>): void {
    this.#page.patch('dataset', patch);
  }
}
