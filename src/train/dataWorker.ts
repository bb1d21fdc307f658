/**
 * Worker for files, tokens and previews: keeps the last table, tokenizer and prepared set, and answers `DataRequest`s in
 * order. Long work rests often enough to hear of a cancel, or of a request that makes it pointless.
 */
import { detect } from '../data/detect';
import { Cancelled, Pace, type PaceHooks } from '../data/pace';
import { parseFile } from '../data/parse';
import { prepare, type Prepared, type Previous } from '../data/prepare';
import { cellsOf, NO_REPAIRS } from '../data/repair';
import { compileTexts, type Dresser, dressedPrompts } from '../data/texts';
import { TableView } from '../data/view';
import { openChatTokenizer } from '../hub/tokenizer';
import type { ParsedTable } from '../shared/data';
import { DataError, toErrorInfo } from '../shared/errors';
import { unguard } from '../shared/guard';
import { defaultTemplate } from '../shared/template';
import { texts } from '../shared/texts';
import type { Tokenizer } from '../shared/types';
import { ChatRenderer } from './chatRenderer';
import { openInbox } from './inbox';
import type { DataEvent, DataReplies, DataRequest, FromWorker } from './protocol';

/** Rows and examples that come with a reply; more are asked for with `list` and `preview`. */
const SAMPLE_ROWS = 20;
const PREVIEW_EXAMPLES = 8;
const MOST_LISTED = 500;

const renderer = new ChatRenderer();
let tokenizer: Tokenizer | null = null;
let table: ParsedTable | null = null;
let prepared: { set: Prepared; view: TableView } | null = null;
/** The set prepared last from this table by this tokenizer. */
let last: Previous | null = null;

interface Answer<T> {
  value: T;
  transfer?: Transferable[];
}

function dresser(signal?: AbortSignal): Dresser {
  if (!tokenizer) throw new DataError(texts().errors.train.dataWorker.noTokenizer);
  return { render: renderer.rendering(signal), special: tokenizer.special };
}

function ready(): { set: Prepared; view: TableView } {
  if (!prepared) throw new DataError(texts().errors.train.dataWorker.noExamples);
  return prepared;
}

async function answer(request: DataRequest, hooks: PaceHooks): Promise<Answer<DataReplies[keyof DataReplies]>> {
  switch (request.type) {
    case 'open-tokenizer': {
      // The prepared set speaks the old tokenizer's ids.
      prepared = last = null;
      tokenizer = null;
      const opened = await openChatTokenizer(request.source);
      ({ tokenizer } = opened);
      return { value: { templates: opened.templates } };
    }
    case 'parse': {
      prepared = last = null;
      table = null;
      table = await parseFile(request.fileName, request.file, request.header, hooks);
      const { rows, ...info } = table;
      const detection = detect(table);
      return { value: { table: info, sample: readableRows(table, SAMPLE_ROWS).map((cells) => cells.map((cell) => cell.slice(0, 2000))), rowCount: rows.length, detection, template: defaultTemplate(detection.mapping) } };
    }
    case 'prepare': {
      if (!table) throw new DataError(texts().errors.train.dataWorker.noData);
      if (!tokenizer) throw new DataError(texts().errors.train.dataWorker.noTokenizer);
      // Kept until the next set is there, for what it can take over; but nothing is listed from it any more.
      const previous = last;
      prepared = null;
      const set = await prepare(table, request.options, tokenizer, { ...hooks, render: renderer.rendering(hooks.signal) }, previous);
      last = { set, options: request.options };
      prepared = { set, view: new TableView(table, request.options.mapping, set, tokenizer) };
      const { report, train, heldOut } = set;
      const transfer = [train, heldOut].flatMap((s) => [s.ids.buffer, s.offsets.buffer, s.supervised.buffer]);
      return { value: { report, preview: await set.preview(0, PREVIEW_EXAMPLES), train, heldOut }, transfer };
    }
    case 'preview':
      return { value: { examples: await ready().set.preview(request.from, Math.min(request.count, MOST_LISTED)) } };
    case 'list':
      return { value: await ready().view.list(request.filter, request.search, request.from, Math.min(request.count, MOST_LISTED), new Pace({ signal: hooks.signal })) };
    case 'detail':
      return { value: await ready().view.detail(request.item) };
    case 'rejected': {
      // Parts are handed to the browser as they fill up, so that none of them weighs on the heap.
      const parts: Blob[] = [];
      let text = '';
      for await (const line of ready().view.rejected(new Pace(hooks))) {
        text += line;
        if (text.length > 1 << 20) {
          parts.push(new Blob([text]));
          text = '';
        }
      }
      return { value: { file: new Blob([...parts, text], { type: 'application/x-ndjson' }) } };
    }
    case 'try-template': {
      const [cells] = table ? readableRows(table, 1) : [];
      if (!table || !cells) throw new DataError(texts().errors.train.dataWorker.noData);
      const [{ segments, problem }] = await compileTexts(table.columns, request, tokenizer && dresser(hooks.signal))([cells]);
      if (problem !== null) throw new DataError({ message: problem });
      return { value: { segments: segments.map(({ text, trained }) => ({ text: unguard(text), trained })) } };
    }
    case 'dress':
      return { value: { prompts: (await dressedPrompts(request.template, request.chats, dresser())).map((dressed) => ({ dressed })) } };
    case 'cancel':
      return { value: null };
  }
}

function readableRows(from: ParsedTable, most: number): string[][] {
  const found: string[][] = [];
  for (let i = 0; i < from.rows.length && found.length < most; i++) {
    const cells = cellsOf(from, i, NO_REPAIRS);
    if (cells) found.push(cells);
  }
  return found;
}

/** Which kinds of work a request makes pointless. */
const ENDS: Partial<Record<DataRequest['type'], readonly DataRequest['type'][]>> = {
  parse: ['parse', 'prepare', 'list', 'rejected'],
  prepare: ['prepare', 'list', 'rejected'],
  list: ['list'],
  'try-template': ['try-template'],
  cancel: ['parse', 'prepare', 'list', 'rejected'],
};

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (message: FromWorker<DataEvent>, transfer: Transferable[] = []) => scope.postMessage(message, transfer);
/** What is answered whatever is under way, once the tokenizer is there. */
const ASIDE: readonly DataRequest['type'][] = ['try-template', 'dress'];
let opening: Promise<void> = Promise.resolve();
let queue: Promise<void> = Promise.resolve();
const waiting = new Set<{ type: DataRequest['type']; abort: AbortController }>();

openInbox<DataRequest>(scope, (request) => {
  for (const job of waiting) if (ENDS[request.type]?.includes(job.type)) job.abort.abort();
  const job = { type: request.type, abort: new AbortController() };
  waiting.add(job);
  const run = async () => {
    const { requestId } = request;
    try {
      if (job.abort.signal.aborted) throw new Cancelled();
      const { value, transfer } = await answer(request, {
        signal: job.abort.signal,
        onProgress: (label, loaded, total) => post({ kind: 'event', event: { type: 'progress', label, loaded, total } }),
      });
      post({ kind: 'reply', requestId, value }, transfer);
    } catch (error) {
      post({ kind: 'failed', requestId, error: toErrorInfo(error) });
    } finally {
      waiting.delete(job);
    }
  };
  if (ASIDE.includes(request.type)) void opening.then(run);
  else queue = queue.then(run);
  if (request.type === 'open-tokenizer') opening = queue;
});
