/** What the page has in its workers, in this process: the train service and the data desk, on one model. */
import { availableParallelism } from 'node:os';
import { type Device, openCpuDevice } from '../engine';
import { compileChatTemplate } from '../hub/chatTemplate';
import { fetchConfig } from '../hub/model';
import type { SessionConfig } from '../shared/config';
import type {
  ChatTemplate,
  DataKind,
  Mapping,
  OwnFile,
  PrepareOptions,
  PrepareReport,
  PromptTemplate,
  RenderChats,
} from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import { DataError } from '../shared/errors';
import { message } from '../shared/message';
import type { ModelDescription } from '../shared/model';
import { defaultTemplate } from '../shared/template';
import type { Prompt, TokenSet } from '../shared/types';
import { initialState } from '../store/slices';
import { carriedPrompt, comparePrompt, startMapping, withChatTemplate } from '../store/template';
import { DataDesk } from '../train/dataDesk';
import { hashOf } from '../train/keepSources';
import type { DataReplies, DataRequest, ModelInfo, TrainEvent } from '../train/protocol';
import { TrainService } from '../train/trainService';
import { openGpuInNode } from './node';
import type { NamedModel } from './setup';

/** Threads that gain something, see `shared/threads.ts`. */
const MOST_THREADS = 8;

export interface DeviceWish {
  kind: 'cpu' | 'gpu';
  /** Of the CPU; one a core, 8 at most, unless given. */
  threads?: number;
}

/** What a person says of the data; what is not said is guessed, or as the page has it at its start. */
export type DataChoices = Partial<Omit<DataRecipe, 'files' | 'origin' | 'ownMapping'>> & {
  /** Goes before what was guessed, as what a person chooses on the page does. */
  said?: { kind?: DataKind; roles: Record<string, string>; template: Partial<PromptTemplate> };
};

export interface ReadData {
  train: TokenSet;
  validation: TokenSet;
  report: PrepareReport;
  /** All by which it was made, but its files. */
  recipe: Omit<DataRecipe, 'files'>;
}

/** In this process: whoever starts it ends it with a key. */
const render: RenderChats = async (template, chats, as) => {
  const compiled = compileChatTemplate(template);
  return chats.map((turns) => compiled[as](turns));
};

export class Workplace {
  readonly service: TrainService;
  readonly #desk = new DataDesk(
    () => render,
    () => Promise.reject(new DataError(message('cli.pictures'))),
  );
  readonly #hearers = new Set<(event: TrainEvent) => void>();
  #device: Device | null = null;
  #templates: ChatTemplate[] = [];

  constructor(wish: DeviceWish) {
    this.service = new TrainService(
      (event) => {
        for (const hear of this.#hearers) hear(event);
      },
      async () => (this.#device = await openWished(wish)),
    );
  }

  /** @returns what ends it */
  listen(hear: (event: TrainEvent) => void): () => void {
    this.#hearers.add(hear);
    return () => void this.#hearers.delete(hear);
  }

  async openModel(model: NamedModel): Promise<ModelInfo> {
    const info = await this.service.openModel({ type: 'open-model', ...model });
    await this.#openTokenizer(model);
    return info;
  }

  /** The tokenizer and the architecture alone: data can be read, and no weights are needed. */
  async openDescription(model: NamedModel): Promise<ModelDescription> {
    await this.#openTokenizer(model);
    return fetchConfig(model.source);
  }

  async #openTokenizer(model: NamedModel): Promise<void> {
    this.#templates = (await this.#ask({ type: 'open-tokenizer', ...model })).templates;
  }

  /**
   * Reads files as the page does: what is not chosen is guessed.
   * @throws {DataError} where they cannot be read, or give nothing to train on
   */
  async readData(
    files: OwnFile[],
    chosen: DataChoices,
    { train: { maxSequenceLength, taskType } }: SessionConfig,
  ): Promise<ReadData> {
    const start = initialState().dataset;
    const choices = chosen.choices ?? start.choices;
    const parsed = await this.#ask({ type: 'parse', files, choices });
    const { completionOnly, validationShare, seed, maxExamples, stratify, chatChoice } = { ...start, ...chosen };
    const guessed = chosen.mapping ?? parsed.detection.mapping;
    const { kind = guessed.kind, roles, template: written = {} } = chosen.said ?? {};
    const begun = kind === guessed.kind ? guessed : startMapping(kind, parsed.table.columns);
    const mapping: Mapping = { ...begun, roles: { ...begun.roles, ...roles } };
    const plain = (!chosen.said?.kind && chosen.template) || defaultTemplate(mapping);
    const template = {
      ...(plain.chat ? plain : withChatTemplate(plain, kind, this.#templates, chatChoice)),
      ...written,
    };
    const own = { mapping, template, completionOnly, validationShare, seed, maxExamples, stratify };
    const decisions = chosen.decisions ?? { repairs: parsed.repairs, edits: { excluded: [], changed: [] } };
    const options: PrepareOptions = { ...own, maxSequenceLength, taskType, ...decisions };
    const { report, train, validation } = await this.#ask({ type: 'prepare', options });
    if (report.problem) throw new DataError(report.problem);
    const recipe: ReadData['recipe'] = {
      ...own,
      origin: { kind: 'file', name: files[0].path },
      choices,
      ownMapping: chosen.mapping !== undefined || chosen.said !== undefined,
      chatChoice,
      decisions,
    };
    return { train, validation, report, recipe };
  }

  /** What a person typed, as the prompts of an adapter were in training. */
  promptOf(typed: string, template: PromptTemplate | null): Promise<Prompt> {
    const { mapping, template: used } = carriedPrompt(template ?? { prompt: '', completion: '' });
    return comparePrompt(typed, mapping, used, async (chat, chats) => {
      return (await this.#ask({ type: 'applyChatTemplate', template: chat, chats })).prompts;
    });
  }

  async #ask<T extends DataRequest['type'] & keyof DataReplies>(
    request: Extract<DataRequest, { type: T }>,
  ): Promise<DataReplies[T]> {
    return (await this.#desk.answer(request, {})).value as DataReplies[T];
  }

  /** Nothing can be asked of it any more, and nothing of it keeps the process alive. */
  async close(): Promise<void> {
    await this.service.reset();
    this.#device?.destroy();
  }
}

/** Reads files as `readData` does, and says what they were. */
export async function readSets(
  place: Workplace,
  files: OwnFile[],
  { choices, config }: { choices: DataChoices; config: SessionConfig },
): Promise<Omit<ReadData, 'recipe'> & { recipe: DataRecipe }> {
  const { recipe: made, ...read } = await place.readData(files, choices, config);
  const recipe: DataRecipe = { ...made, files: [] };
  for (const { path, file } of files) recipe.files.push({ path, bytes: file.size, hash: await hashOf(file) });
  return { ...read, recipe };
}

function openWished({ kind, threads = Math.min(MOST_THREADS, availableParallelism()) }: DeviceWish): Promise<Device> {
  return kind === 'gpu' ? openGpuInNode() : openCpuDevice({ threads });
}
