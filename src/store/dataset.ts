/** What a person can do under Data, as commands: choosing a file, saying what it means, preparing it. */
import type { StoreApi } from 'zustand/vanilla';
import type { DataKind, PromptTemplate, SampleSet } from '../shared/data';
import { DataError } from '../shared/errors';
import { defaultTemplate } from '../shared/template';
import { pastedName } from './checks';
import type { DataClient } from './dataClient';
import type { DatasetSlice, DataOrigin, HeaderMode, State } from './slices';
import { startMapping } from './template';

/** Pause before a changed setting is sent to the worker, in ms. */
const SETTLE = 250;
/** Largest data file that is read, in bytes. */
export const MAX_DATA_BYTES = 256 << 20;
export const PREVIEW_COUNT = 6;

/** What the commands need of the studio. */
export interface DatasetHost {
  store: StoreApi<State>;
  client: DataClient;
  /** Where `datasets/` lies. */
  baseUrl: string;
  /** Says an error where the data is. */
  report: (error: unknown) => void;
  /** Takes back what was said there. */
  dismiss: () => void;
}

export class DatasetCommands {
  readonly #host: DatasetHost;
  #bytes: { fileName: string; blob: Blob } | null = null;
  #parseTurn = 0;
  #prepareTurn = 0;
  #prepareTimer: ReturnType<typeof setTimeout> | null = null;
  #prepared: Promise<void> = Promise.resolve();
  #tokenizer: Promise<boolean> = Promise.resolve(false);

  constructor(host: DatasetHost) {
    this.#host = host;
  }

  /** The sample sets; the first is opened where nothing else is. */
  async loadSamples(): Promise<void> {
    try {
      const response = await fetch(`${this.#host.baseUrl}datasets/index.json`);
      // A host that answers unknown paths with its start page says 200 and sends HTML.
      if (!response.ok || !response.headers.get('content-type')?.includes('json')) throw new DataError(`The list of sample sets could not be loaded (HTTP ${response.status}).`, 'Drop a file of your own, or reload the page.');
      const samples = (await response.json()) as SampleSet[];
      this.#patch({ samples });
      if (samples.length > 0 && this.#d.status === 'empty') await this.openSample(samples[0].id);
    } catch (error) {
      this.#host.report(error);
    }
  }

  async openSample(id: string): Promise<void> {
    const sample = this.#d.samples.find((x) => x.id === id);
    if (!sample) throw new DataError(`There is no sample set named ${id}.`);
    const turn = this.#beginReading({ kind: 'sample', id });
    try {
      const response = await fetch(`${this.#host.baseUrl}datasets/${sample.file}`);
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
    if (!this.#bytes || !this.#d.origin) return;
    const turn = this.#beginReading(this.#d.origin);
    this.#patch({ header });
    await this.#read(turn, this.#bytes.fileName, this.#bytes.blob);
  }

  #beginReading(origin: DataOrigin): number {
    this.#host.dismiss();
    this.#patch({
      origin, status: 'reading', header: 'auto', parsed: null, mapping: null, report: null, preview: [], previewFrom: 0, train: null, heldOut: null,
    });
    return ++this.#parseTurn;
  }

  async #read(turn: number, fileName: string, blob: Blob): Promise<void> {
    try {
      const bytes = await blob.arrayBuffer();
      if (turn !== this.#parseTurn) return;
      const parsed = await this.#host.client.request({ type: 'parse', fileName, bytes, header: this.#d.header }, [bytes]);
      if (turn !== this.#parseTurn) return;
      this.#bytes = { fileName, blob };
      this.#patch({ status: 'ready', parsed, mapping: parsed.detection.mapping, template: parsed.template });
      this.prepareSoon(0);
      await this.#prepared;
    } catch (error) {
      this.#readingFailed(turn, error);
    }
  }

  #readingFailed(turn: number, error: unknown): void {
    if (turn !== this.#parseTurn) return;
    this.#patch({ status: 'failed' });
    this.#host.report(error);
  }

  setKind(kind: DataKind): void {
    const parsed = this.#d.parsed;
    if (!parsed) return;
    const detected = parsed.detection.mapping.kind === kind;
    const mapping = detected ? parsed.detection.mapping : startMapping(kind, parsed.table.columns);
    this.#patch({ mapping, template: detected ? parsed.template : defaultTemplate(mapping) });
    this.prepareSoon(0);
  }

  setRole(role: string, column: string | null): void {
    const mapping = this.#d.mapping;
    if (!mapping) return;
    this.#patch({ mapping: { ...mapping, roles: { ...mapping.roles, [role]: column } } });
    this.prepareSoon(0);
  }

  setTemplate(patch: Partial<PromptTemplate>): void {
    this.#patch({ template: { ...this.#d.template, ...patch } });
    this.prepareSoon();
  }

  setPreparation(patch: Partial<Pick<DatasetSlice, 'completionOnly' | 'heldOutShare' | 'seed'>>): void {
    this.#patch(patch);
    this.prepareSoon();
  }

  /** Shows the examples from `from` on. */
  async showPreview(from: number): Promise<void> {
    try {
      const { examples } = await this.#host.client.request({ type: 'preview', from, count: PREVIEW_COUNT });
      this.#patch({ preview: examples, previewFrom: from });
    } catch (error) {
      this.#host.report(error);
    }
  }

  /** Makes the tokens again, once the settings have been still for `delay` ms. */
  prepareSoon(delay = SETTLE): void {
    if (this.#prepareTimer !== null) clearTimeout(this.#prepareTimer);
    this.#prepareTimer = null;
    if (this.#d.status !== 'ready') return;
    this.#patch({ preparing: true });
    if (delay === 0) this.#prepared = this.#prepare();
    else this.#prepareTimer = setTimeout(() => this.prepareSoon(0), delay);
  }

  async #prepare(): Promise<void> {
    const turn = ++this.#prepareTurn;
    const open = await this.#tokenizer;
    if (turn !== this.#prepareTurn) return;
    if (!open) {
      this.#patch({ preparing: false });
      return;
    }
    const { mapping, template, completionOnly, heldOutShare, seed } = this.#d;
    const { maxTokens } = this.#host.store.getState().runs.draft.train;
    if (!mapping || !Number.isInteger(maxTokens) || maxTokens < 1) {
      this.#patch({ preparing: false });
      return;
    }
    this.#host.dismiss();
    try {
      const { report, preview, train, heldOut } = await this.#host.client.request({
        type: 'prepare', options: { mapping, template, completionOnly, maxTokens, heldOutShare, seed },
      });
      if (turn !== this.#prepareTurn) return;
      this.#patch({ report, preview: preview.slice(0, PREVIEW_COUNT), previewFrom: 0, train, heldOut, preparing: false });
    } catch (error) {
      if (turn !== this.#prepareTurn) return;
      this.#patch({ report: null, preview: [], train: null, heldOut: null, preparing: false });
      this.#host.report(error);
    }
  }

  /** Tokens made with another tokenizer must not reach the next model: they are made again, once `open` says that it is there. */
  useTokenizer(open: Promise<boolean>): void {
    this.#tokenizer = open;
    this.#patch({ report: null, preview: [], train: null, heldOut: null });
    this.prepareSoon(0);
  }

  /** Resolves once nothing is on its way through the tokenizer. */
  async prepared(): Promise<void> {
    if (this.#prepareTimer !== null) this.prepareSoon(0);
    await this.#prepared;
  }

  get #d(): DatasetSlice {
    return this.#host.store.getState().dataset;
  }

  #patch(patch: Partial<DatasetSlice>): void {
    this.#host.store.setState((s) => ({ dataset: { ...s.dataset, ...patch } }));
  }
}
