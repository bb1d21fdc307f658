/**
 * What a person says of the columns of the data set that is open: their roles, and the template that they are filled
 * into.
 */
import type { ChatTemplate, DataKind, Mapping, PromptTemplate, Segment, Speaker } from '../shared/data';
import type { Names } from '../shared/names';
import { defaultTemplate } from '../shared/template';
import type { DataClient } from './dataClient';
import type { Page } from './page';
import type { DatasetSlice } from './slices';
import { chosenTemplate, startMapping, withChatTemplate } from './template';

export interface MappingHost {
  page: Page;
  client: Pick<DataClient, 'request'>;
  names: Names;
  /** Makes the tokens again, once the settings have been still for `delay` ms. */
  prepare(delay?: number): void;
}

export class MappingCommands {
  readonly #host: MappingHost;

  constructor(host: MappingHost) {
    this.#host = host;
  }

  /** What kind of data it is: as detected, or with columns that are guessed again. */
  setKind(kind: DataKind): void {
    const parsed = this.#d.parsed;
    if (!parsed) return;
    const detected = parsed.detection.mapping.kind === kind;
    const mapping = detected ? parsed.detection.mapping : startMapping(kind, parsed.table.columns);
    this.#patch({
      mapping,
      ownMapping: true,
      template: this.withOwn(detected ? parsed.template : defaultTemplate(mapping), mapping),
    });
    this.#host.prepare(0);
  }

  /** Which column plays a role; null = none. */
  setRole(role: string, column: string | null): void {
    const { mapping, template } = this.#d;
    if (!mapping) return;
    const next = { ...mapping, roles: { ...mapping.roles, [role]: column } };
    // A template that nobody has changed follows: a second text that was chosen must be read.
    const asWas = defaultTemplate(mapping);
    const own = asWas.prompt === template.prompt && asWas.completion === template.completion;
    this.#patch({
      mapping: next,
      ownMapping: true,
      ...(own && { template: this.withOwn(defaultTemplate(next), next) }),
    });
    this.#host.prepare(0);
  }

  /** Who speaks under a name in chats; null = nobody that is known. */
  setSpeaker(name: string, speaker: Speaker | null): void {
    const { mapping } = this.#d;
    if (!mapping) return;
    const { [name]: _, ...others } = mapping.speakers ?? {};
    this.#patch({
      mapping: { ...mapping, speakers: speaker === null ? others : { ...others, [name]: speaker } },
      ownMapping: true,
    });
    this.#host.prepare(0);
  }

  /** Whether of several answers one alone is learnt. */
  setAnswers(choice: Pick<Mapping, 'lastAnswer' | 'firstAnswer'>): void {
    const { mapping } = this.#d;
    if (!mapping) return;
    this.#patch({ mapping: { ...mapping, ...choice }, ownMapping: true });
    this.#host.prepare(0);
  }

  /** What stands around the columns' texts. */
  setTemplate(patch: Partial<PromptTemplate>): void {
    this.#patch({ template: { ...this.#d.template, ...patch }, ownMapping: true });
    this.#host.prepare();
  }

  /** Chats go into the model's own template of this name, or, where it is null, into the plain one. */
  setChatTemplate(chatChoice: string | null): void {
    const { mapping, template } = this.#d;
    if (!mapping) return;
    this.#patch({ chatChoice });
    this.#patch({ template: this.withOwn(template, mapping) });
    this.#host.prepare(0);
  }

  /** Changes the text of the model's own template for this data; its name tells. */
  editChatTemplate(source: string): void {
    const own = this.#ownTemplate();
    if (own)
      this.setTemplate({
        chat: source === own.source ? own : { ...own, name: this.#host.names.editedTemplate(own.name), source },
      });
  }

  #ownTemplate(): ChatTemplate | undefined {
    const { chatTemplates, chatChoice } = this.#d;
    return chosenTemplate(chatTemplates, chatChoice);
  }

  /** The template with the model's own in it where that is wanted. */
  withOwn(template: PromptTemplate, { kind }: Mapping): PromptTemplate {
    const { chatTemplates, chatChoice } = this.#d;
    return withChatTemplate(template, kind, chatTemplates, chatChoice);
  }

  /** What the first row becomes. @throws {WorkerFault} when the template does not take it */
  async tryTemplate(mapping: Mapping, template: PromptTemplate): Promise<Segment[]> {
    return (await this.#host.client.request({ type: 'try-template', mapping, template })).segments;
  }

  get #d(): DatasetSlice {
    return this.#host.page.state.dataset;
  }

  #patch(patch: Partial<DatasetSlice>): void {
    this.#host.page.patch('dataset', patch);
  }
}
