/** Choosing data, saying what their columns mean, and turning them into tokens: the commands of the data section. */
import type { DataKind, PromptTemplate, SampleSet } from '../shared/data';
import { DataError } from '../shared/errors';
import { defaultTemplate } from '../shared/template';
import { pastedName } from './checks';
import type { DataClient } from './dataClient';
import type { Page } from './page';
import type { DataOrigin, HeaderMode, Session, State } from './slices';
import type { StudyData } from './studies/library';
import { startMapping } from './template';

/** Pause before a changed setting is sent to a worker, in ms. */
export const SETTLE = 250;
/** Largest data file that is read, in bytes. */
export const MAX_DATA_BYTES = 256 << 20;
export const PREVIEW_COUNT = 6;

export class Dataset {
  readonly #page: Page;
  readonly #client: DataClient;
  readonly #baseUrl: string;
  #bytes: { fileName: string; blob: Blob } | null = null;
  #parseTurn = 0;
  #prepareTurn = 0;
  #prepareTimer: ReturnType<typeof setTimeout> | null = null;
  #prepared: Promise<void> = Promise.resolve();
  #tokenizer: Promise<boolean> = Promise.resolve(false);

  constructor(page: Page, client: DataClient, baseUrl: string) {
    this.#page = page;
    this.#client = client;
    this.#baseUrl = baseUrl;
  }

  /** Tokens made with another tokenizer must not reach the new model: they are made again once `tokenizer` is there. */
  useTokenizer(tokenizer: Promise<boolean>): void {
    this.#tokenizer = tokenizer;
    this.#page.patch('dataset', { report: null, preview: [], train: null, heldOut: null });
    this.prepareSoon(0);
  }

  /** The sets that ship with the page; the first is opened where nothing is yet. */
  async loadSamples(): Promise<void> {
    try {
      const response = await fetch(`${this.#baseUrl}datasets/index.json`);
      // A host that answers unknown paths with its start page says 200 and sends HTML.
      if (!response.ok || !response.headers.get('content-type')?.includes('json')) throw new DataError(`The list of sample sets could not be loaded (HTTP ${response.status}).`, 'Drop a file of your own, or reload the page.');
      const samples = (await response.json()) as SampleSet[];
      this.#page.patch('dataset', { samples });
      if (samples.length > 0 && this.#page.state.dataset.status === 'empty') await this.openSample(samples[0].id);
    } catch (error) {
      this.#page.report('data', error);
    }
  }

  async openSample(id: string): Promise<void> {
    const sample = this.#page.state.dataset.samples.find((x) => x.id === id);
    if (!sample) throw new DataError(`There is no sample set named ${id}.`);
    const turn = this.#beginReading({ kind: 'sample', id });
    try {
      const response = await fetch(`${this.#baseUrl}datasets/${sample.file}`);
      if (!response.ok) throw new DataError(`The sample set could not be loaded (HTTP ${response.status}).`, 'Drop a file of your own, or reload the page.');
      const blob = await response.blob();
      if (turn === this.#parseTurn) await this.#read(turn, sample.file, blob);
    } catch (error) {
      this.#readingFailed(turn, error);
    }
  }

  async openFile(file: File): Promise<void> {
    const turn = this.#beginReading({ kind: 'file', name: file.name });
    if (file.size > MAX_DATA_BYTES) {
      this.#readingFailed(turn, new DataError(`${file.name} has ${Math.round(file.size / 2 ** 20)} MB; at most ${MAX_DATA_BYTES >> 20} MB are read.`, 'Cut the file into smaller ones.'));
      return;
    }
    await this.#read(turn, file.name, file);
  }

  async openPaste(text: string): Promise<void> {
    const turn = this.#beginReading({ kind: 'paste' });
    await this.#read(turn, pastedName(text), new Blob([text]));
  }

  /** Whether the first line names the columns. Reads the same bytes again. */
  async setHeader(header: HeaderMode): Promise<void> {
    if (!this.#bytes || !this.#page.state.dataset.origin) return;
    const turn = this.#beginReading(this.#page.state.dataset.origin);
    this.#page.patch('dataset', { header });
    await this.#read(turn, this.#bytes.fileName, this.#bytes.blob);
  }

  #beginReading(origin: DataOrigin): number {
    this.#page.dismiss('data');
    this.#page.patch('dataset', {
      origin, status: 'reading', header: 'auto', parsed: null, mapping: null, report: null, preview: [], previewFrom: 0, train: null, heldOut: null,
    });
    return ++this.#parseTurn;
  }

  async #read(turn: number, fileName: string, blob: Blob): Promise<void> {
    try {
      const bytes = await blob.arrayBuffer();
      if (turn !== this.#parseTurn) return;
      const parsed = await this.#client.request({ type: 'parse', fileName, bytes, header: this.#page.state.dataset.header }, [bytes]);
      if (turn !== this.#parseTurn) return;
      this.#bytes = { fileName, blob };
      this.#page.patch('dataset', { status: 'ready', parsed, mapping: parsed.detection.mapping, template: parsed.template });
      this.prepareSoon(0);
      await this.#prepared;
    } catch (error) {
      this.#readingFailed(turn, error);
    }
  }

  #readingFailed(turn: number, error: unknown): void {
    if (turn !== this.#parseTurn) return;
    this.#page.patch('dataset', { status: 'failed' });
    this.#page.report('data', error);
  }

  setKind(kind: DataKind): void {
    const parsed = this.#page.state.dataset.parsed;
    if (!parsed) return;
    const detected = parsed.detection.mapping.kind === kind;
    const mapping = detected ? parsed.detection.mapping : startMapping(kind, parsed.table.columns);
    this.#page.patch('dataset', { mapping, template: detected ? parsed.template : defaultTemplate(mapping) });
    this.prepareSoon(0);
  }

  setRole(role: string, column: string | null): void {
    const mapping = this.#page.state.dataset.mapping;
    if (!mapping) return;
    this.#page.patch('dataset', { mapping: { ...mapping, roles: { ...mapping.roles, [role]: column } } });
    this.prepareSoon(0);
  }

  setTemplate(patch: Partial<PromptTemplate>): void {
    this.#page.patch('dataset', { template: { ...this.#page.state.dataset.template, ...patch } });
    this.prepareSoon();
  }

  setPreparation(patch: Partial<Pick<State['dataset'], 'completionOnly' | 'heldOutShare' | 'seed'>>): void {
    this.#page.patch('dataset', patch);
    this.prepareSoon();
  }

  /** Shows the examples from `from` on. */
  async showPreview(from: number): Promise<void> {
    try {
      const { examples } = await this.#client.request({ type: 'preview', from, count: PREVIEW_COUNT });
      this.#page.patch('dataset', { preview: examples, previewFrom: from });
    } catch (error) {
      this.#page.report('data', error);
    }
  }

  /** Makes tokens anew once nothing has changed for `delay` ms. */
  prepareSoon(delay = SETTLE): void {
    if (this.#prepareTimer !== null) clearTimeout(this.#prepareTimer);
    this.#prepareTimer = null;
    if (this.#page.state.dataset.status !== 'ready') return;
    this.#page.patch('dataset', { preparing: true });
    if (delay === 0) this.#prepared = this.#prepare();
    else this.#prepareTimer = setTimeout(() => this.prepareSoon(0), delay);
  }

  async #prepare(): Promise<void> {
    const turn = ++this.#prepareTurn;
    const open = await this.#tokenizer;
    if (turn !== this.#prepareTurn) return;
    if (!open) {
      this.#page.patch('dataset', { preparing: false });
      return;
    }
    const { mapping, template, completionOnly, heldOutShare, seed } = this.#page.state.dataset;
    const { maxTokens } = this.#page.state.runs.draft.train;
    if (!mapping || !Number.isInteger(maxTokens) || maxTokens < 1) {
      this.#page.patch('dataset', { preparing: false });
      return;
    }
    this.#page.dismiss('data');
    try {
      const { report, preview, train, heldOut } = await this.#client.request({
        type: 'prepare', options: { mapping, template, completionOnly, maxTokens, heldOutShare, seed },
      });
      if (turn !== this.#prepareTurn) return;
      this.#page.patch('dataset', { report, preview: preview.slice(0, PREVIEW_COUNT), previewFrom: 0, train, heldOut, preparing: false });
    } catch (error) {
      if (turn !== this.#prepareTurn) return;
      this.#page.patch('dataset', { report: null, preview: [], train: null, heldOut: null, preparing: false });
      this.#page.report('data', error);
    }
  }

  /** The data set as it is prepared now. @throws {DataError} when there is none */
  async current(): Promise<{ data: StudyData; name: string } & Pick<Session, 'template' | 'mapping'>> {
    if (this.#prepareTimer !== null) this.prepareSoon(0);
    await this.#prepared;
    const { train, heldOut, template, mapping, parsed } = this.#page.state.dataset;
    if (!train || !heldOut) throw new DataError('There is nothing to train on yet.', 'Choose a sample set or a file under Data.');
    return { data: { train, heldOut }, name: parsed?.table.fileName ?? 'data', template, mapping };
  }
}
