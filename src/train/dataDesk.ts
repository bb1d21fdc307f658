/**
 * What the data worker keeps and answers: the last table, tokenizer and prepared set. Apart from the worker, so that
 * the page's own path can be walked wherever there is no worker.
 */
import { message } from '../shared/message';
import { detect } from '../data/detect';
import { Cancelled, Pace, type PaceHooks } from '../data/pace';
import { parseFiles } from '../data/parse';
import { decodePicture } from '../data/pictures/decode';
import { preparePictures } from '../data/pictures/prepare';
import type { DecodePicture } from '../data/pictures/patches';
import { prepare, type Prepared, type Previous } from '../data/prepare';
import { cellsOf, NO_REPAIRS, READ_ALL } from '../data/repair';
import { compileTexts, type TemplateTools, templatedPrompts } from '../data/texts';
import { TableView } from '../data/view';
import { giveFolder } from '../hub/source';
import { openChatTokenizer } from '../hub/tokenizer';
import type { ChatTemplate, ParsedTable, PrepareOptions, RenderChats, Repairs } from '../shared/data';
import { DataError } from '../shared/errors';
import { unguard } from '../shared/guard';
import { defaultTemplate } from '../shared/template';
import { arraysOf } from '../shared/tokenSets';
import type { Tokenizer } from '../shared/types';
import type { DataReplies, DataRequest } from './protocol';

/** Rows and examples that come with a reply; more are asked for with `list` and `preview`. */
const SAMPLE_ROWS = 20;
const PREVIEW_EXAMPLES = 8;
const MOST_LISTED = 500;
/** Rows by which it is told which columns are empty. */
const LOOKED_AT = 2000;
const SHOWN = 2000;

export interface DeskAnswer<T> {
  value: T;
  transfer?: Transferable[];
}

/** Renders chats for work that a signal may end. */
export type RenderingWorker = (signal?: AbortSignal) => RenderChats;

export class DataDesk {
  readonly #rendering: RenderingWorker;
  readonly #decode: DecodePicture;
  #tokenizer: Tokenizer | null = null;
  #table: ParsedTable | null = null;
  #prepared: { set: Prepared; view: TableView } | null = null;
  /** The set prepared last from this table by this tokenizer. */
  #last: Previous | null = null;

  constructor(rendering: RenderingWorker, decode: DecodePicture = decodePicture) {
    this.#rendering = rendering;
    this.#decode = decode;
  }

  /** Takes a tokenizer that is open already. The prepared set speaks the old one's ids. */
  useTokenizer(tokenizer: Tokenizer | null): void {
    this.#prepared = this.#last = null;
    this.#tokenizer = tokenizer;
  }

  /** @throws {SieveError} in words for a person */
  async answer(request: DataRequest, hooks: PaceHooks): Promise<DeskAnswer<DataReplies[keyof DataReplies]>> {
    switch (request.type) {
      case 'open-tokenizer': {
        this.useTokenizer(null);
        if (request.files) giveFolder(request.source.id, request.files);
        const opened: { tokenizer: Tokenizer; templates: ChatTemplate[] } = await openChatTokenizer(request.source, {
          signal: hooks.signal,
        });
        this.#tokenizer = opened.tokenizer;
        return { value: { templates: opened.templates } };
      }
      case 'close-tokenizer':
        this.useTokenizer(null);
        return { value: null };
      case 'parse':
        return { value: await this.#parse(request, hooks) };
      case 'detect':
        return { value: this.#detected(this.#needTable(), request.repairs) };
      case 'prepare':
        return this.#prepare(request, hooks);
      case 'preview':
        return {
          value: { examples: await this.#ready().set.preview(request.from, Math.min(request.count, MOST_LISTED)) },
        };
      case 'list':
        return {
          value: await this.#ready().view.list(
            { ...request, count: Math.min(request.count, MOST_LISTED) },
            new Pace({ signal: hooks.signal }),
          ),
        };
      case 'detail':
        return { value: await this.#ready().view.detail(request.item) };
      case 'lost':
        return { value: { rows: this.#ready().view.lost() } };
      case 'rejected':
        return { value: { file: await this.#rejected(request.why, hooks) } };
      case 'try-template': {
        const table = this.#needTable();
        const [cells] = readableRows(table, 1);
        if (!cells) throw new DataError(message('train.dataWorker.noData'));
        const [{ segments, problem, noChat }] = await compileTexts(
          table.columns,
          request,
          this.#tokenizer && this.#templateTools(hooks.signal),
        )([cells]);
        const why = noChat ?? problem;
        if (why !== null) throw new DataError(why);
        return { value: { segments: segments.map(({ text, trained }) => ({ text: unguard(text), trained })) } };
      }
      case 'applyChatTemplate':
        return {
          value: {
            prompts: (await templatedPrompts(request.template, request.chats, this.#templateTools())).map(
              (templated) => ({
                templated,
              }),
            ),
          },
        };
      case 'cancel':
        return { value: null };
    }
  }

  async #parse(
    { files, choices }: Extract<DataRequest, { type: 'parse' }>,
    hooks: PaceHooks,
  ): Promise<DataReplies['parse']> {
    // What was open stays until the new is read.
    const table = await parseFiles(files, choices, hooks);
    this.#prepared = this.#last = null;
    this.#table = table;
    const { rows, picture: _, ...info } = table;
    const repairs = neededRepairs(table);
    const looked = readableRows(table, LOOKED_AT, repairs);
    return {
      table: info,
      rowCount: rows.length,
      repairs,
      sample: looked.slice(0, SAMPLE_ROWS).map((cells) => cells.map((cell) => cell.slice(0, SHOWN))),
      empty: table.columns.filter((_, c) => looked.every((cells) => (cells[c] ?? '').trim() === '')),
      ...this.#detected(table, repairs),
    };
  }

  #detected(table: ParsedTable, repairs: Repairs): DataReplies['detect'] {
    const detection = detect(table, Object.values(repairs).some(Boolean) ? repairs : undefined);
    return { detection, template: defaultTemplate(detection.mapping) };
  }

  async #prepare(
    { options }: Extract<DataRequest, { type: 'prepare' }>,
    hooks: PaceHooks,
  ): Promise<DeskAnswer<DataReplies['prepare']>> {
    const table = this.#needTable();
    const tokenizer = this.#needTokenizer();
    // Kept until the next set is there, for what it can take over; but nothing is listed from it any more.
    const previous = this.#last;
    this.#prepared = null;
    const set = await this.#setOf(table, options, { ...hooks, previous });
    if (this.#tokenizer !== tokenizer) throw new Cancelled();
    this.#last = { set, options };
    this.#prepared = { set, view: new TableView(table, options.mapping, set, tokenizer) };
    const { report, train, validation } = set;
    const transfer = [train, validation].flatMap((tokens) => arraysOf(tokens).map(({ buffer }) => buffer));
    return { value: { report, preview: await set.preview(0, PREVIEW_EXAMPLES), train, validation }, transfer };
  }

  /** Pictures for a model that reads pictures, texts for one that reads texts. */
  #setOf(
    table: ParsedTable,
    options: PrepareOptions,
    hooks: PaceHooks & { previous: Previous | null },
  ): Promise<Prepared> {
    const tokenizer = this.#needTokenizer();
    const { pictures: format } = tokenizer;
    const { picture } = table;
    if (picture && format)
      return preparePictures({ ...table, picture }, options, { ...hooks, format, decode: this.#decode });
    if (picture) throw new DataError(message('data.pictures.textModel'));
    if (format) throw new DataError(message('data.pictures.pictureModel'));
    return prepare(table, options, tokenizer, { ...hooks, render: this.#rendering(hooks.signal) });
  }

  /**
   * Every row that is not used, as a file; parts are handed to the browser as they fill up, so that none weighs on the
   * heap.
   */
  async #rejected(why: readonly string[], hooks: PaceHooks): Promise<Blob> {
    const parts: Blob[] = [];
    let text = '';
    for await (const line of this.#ready().view.rejected(why, new Pace(hooks))) {
      text += line;
      if (text.length > 1 << 20) {
        parts.push(new Blob([text]));
        text = '';
      }
    }
    return new Blob([...parts, text], { type: 'application/x-ndjson' });
  }

  #needTable(): ParsedTable {
    if (!this.#table) throw new DataError(message('train.dataWorker.noData'));
    return this.#table;
  }

  #needTokenizer(): Tokenizer {
    if (!this.#tokenizer) throw new DataError(message('train.dataWorker.noTokenizer'));
    return this.#tokenizer;
  }

  #templateTools(signal?: AbortSignal): TemplateTools {
    return { render: this.#rendering(signal), special: this.#needTokenizer().special };
  }

  #ready(): { set: Prepared; view: TableView } {
    if (!this.#prepared) throw new DataError(message('train.dataWorker.noExamples'));
    return this.#prepared;
  }
}

function readableRows(from: ParsedTable, most: number, repairs: Repairs = NO_REPAIRS): string[][] {
  const found: string[][] = [];
  for (let i = 0; i < from.rows.length && found.length < most; i++) {
    const cells = cellsOf(from, i, repairs) ?? (repairs === NO_REPAIRS ? null : cellsOf(from, i, READ_ALL));
    if (cells) found.push(cells);
  }
  return found;
}

/**
 * Repairs that a table asks for by itself: a file without one line that speaks for UTF-8 is written in another
 * encoding.
 */
function neededRepairs({ legacy }: ParsedTable): Repairs {
  return { ...NO_REPAIRS, encoding: legacy?.all ?? false };
}
