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
      const opened = await openChatTokenizer(request.source, { signal: hooks.signal });
      ({ tokenizer } = opened);
      return { value: { templates: opened.templates } };
    }
    case 'close-tokenizer':
      prepared = last = null;
      tokenizer = null;
      return { value: null };
    case 'parse': {
      try {
        table = await parseFile(request.fileName, request.file, request.header, hooks);
      } catch (error) {
        // Who changes their mind goes on with what was there.
        if (!(error instanceof Cancelled)) prepared = last = table = null;
        throw error;
      }
      prepared = last = null;
      const { rows, ...info } = table;
      const detection = detect(table);
      return { value: { table: info, sample: readableRows(table, SAMPLE_ROWS).map((cells) => cells.map((cell) => cell.slice(0, 2000))), rowCount: rows.length, detection, template: defaultTemplate(detection.mapping) } };
    }
    case 'prepare': {
      if (!table) throw new DataError(texts().errors.train.dataWorker.noData);
      if (!tokenizer) throw new DataError(texts().errors.train.dataWorker.noTokenizer);
      const own = tokenizer;
      // Kept until the next set is there, for what it can take over; but nothing is listed from it any more.
      const previous = last;
      prepared = null;
      const set = await prepare(table, request.options, own, { ...hooks, render: renderer.rendering(hooks.signal) }, previous);
      if (tokenizer !== own) throw new Cancelled();
      last = { set, options: request.options };
      prepared = { set, view: new TableView(table, request.options.mapping, set, own) };
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
  'open-tokenizer': ['open-tokenizer', 'prepare', 'list', 'rejected'],
  'close-tokenizer': ['open-tokenizer', 'prepare', 'list', 'rejected'],
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
/** Files are read while a tokenizer is on its way: it may come from far. */
let opening: Promise<void> = Promise.resolve();
let queue: Promise<void> = Promise.resolve();

interface Job {
  type: DataRequest['type'];
  abort: AbortController;
  done: Promise<void>;
}
const waiting = new Set<Job>();

openInbox<DataRequest>(scope, (request) => {
  const ended = [...waiting].filter((job) => ENDS[request.type]?.includes(job.type));
  for (const job of ended) job.abort.abort();
  const abort = new AbortController();
  const run = async () => {
    const { requestId } = request;
    try {
      if (abort.signal.aborted) throw new Cancelled();
      const { value, transfer } = await answer(request, {
        signal: abort.signal,
        onProgress: (label, loaded, total) => post({ kind: 'event', event: { type: 'progress', label, loaded, total } }),
      });
      post({ kind: 'reply', requestId, value }, transfer);
    } catch (error) {
      // What was ended may have failed of that in words of its own.
      post({ kind: 'failed', requestId, error: toErrorInfo(abort.signal.aborted ? new Cancelled() : error) });
    } finally {
      waiting.delete(job);
    }
  };
  const job: Job = { type: request.type, abort, done: Promise.resolve() };
  waiting.add(job);
  switch (request.type) {
    case 'cancel':
      job.done = Promise.all(ended.map(({ done }) => done)).then(run);
      break;
    case 'open-tokenizer':
    case 'close-tokenizer':
      job.done = opening = opening.then(run);
      break;
    default:
      if (ASIDE.includes(request.type)) job.done = opening.then(run);
      else job.done = queue = queue.then(run);
  }
});
