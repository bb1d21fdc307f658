/** Worker for files, tokens and previews: keeps the last table, tokenizer and prepared set, and answers `DataRequest`s in order. */
import { detect } from '../data/detect';
import { parseFile } from '../data/parse';
import { prepare, type Prepared } from '../data/prepare';
import { openTokenizer } from '../hub/tokenizer';
import type { ParsedTable } from '../shared/data';
import { DataError, toErrorInfo } from '../shared/errors';
import { defaultTemplate } from '../shared/template';
import type { Tokenizer } from '../shared/types';
import type { DataReplies, DataRequest, Envelope, FromWorker } from './protocol';

/** Rows and examples that come with a reply; more are asked for with `preview`. */
const SAMPLE_ROWS = 20;
const PREVIEW_EXAMPLES = 8;

let tokenizer: Tokenizer | null = null;
let table: ParsedTable | null = null;
let prepared: Prepared | null = null;

interface Answer<T> {
  value: T;
  transfer: Transferable[];
}

async function answer(request: DataRequest): Promise<Answer<DataReplies[keyof DataReplies]>> {
  switch (request.type) {
    case 'open-tokenizer':
      // The prepared set speaks the old tokenizer's ids.
      prepared = null;
      tokenizer = null;
      tokenizer = await openTokenizer(request.source);
      return { value: null, transfer: [] };
    case 'parse': {
      prepared = null;
      table = null;
      table = parseFile(request.fileName, new Uint8Array(request.bytes), request.header);
      const { rows, ...rest } = table;
      const detection = detect(table);
      const template = defaultTemplate(detection.mapping);
      return { value: { table: rest, sample: rows.slice(0, SAMPLE_ROWS).map((r) => r.map((cell) => cell.slice(0, 2000))), rowCount: rows.length, detection, template }, transfer: [] };
    }
    case 'prepare': {
      if (!table) throw new DataError('There is no data yet.', 'Choose a file or a sample set first.');
      if (!tokenizer) throw new DataError('There is no tokenizer yet.', 'Open a model first: its tokenizer cuts the text.');
      prepared = null;
      const next = prepare(table, request.options, tokenizer);
      prepared = next;
      const { report, train, heldOut } = next;
      const transfer = [train, heldOut].flatMap((s) => [s.ids.buffer, s.offsets.buffer, s.supervised.buffer]);
      return { value: { report, preview: next.preview(0, PREVIEW_EXAMPLES), train, heldOut }, transfer };
    }
    case 'preview':
      if (!prepared) throw new DataError('There are no examples yet.', 'Prepare the data first.');
      return { value: { examples: prepared.preview(request.from, Math.min(request.count, 200)) }, transfer: [] };
  }
}

const scope = self as unknown as DedicatedWorkerGlobalScope;
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: request }: MessageEvent<Envelope<DataRequest>>) => {
  queue = queue.then(async () => {
    const { requestId } = request;
    try {
      const { value, transfer } = await answer(request);
      scope.postMessage({ kind: 'reply', requestId, value } satisfies FromWorker<never>, transfer);
    } catch (error) {
      scope.postMessage({ kind: 'failed', requestId, error: toErrorInfo(error) } satisfies FromWorker<never>);
    }
  });
};
