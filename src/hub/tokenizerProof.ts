/** Owns the worker in which a tokenizer is tried: what it is made of is a program (regular expressions, tables, ids). */
import { type ErrorInfo, ModelError } from '../shared/errors';
import { startWorker } from '../shared/startWorker';
import { type Message, message } from '../shared/message';
import { appBase } from './source';
import type { TokenizerFile } from './tokenizerFile';
import script from './tokenizerWorker.ts?worker&url';

export interface ProofRequest {
  json: unknown;
  config: unknown;
}

export type ProofEvent =
  /** Once, when it can be asked. */
  { kind: 'ready' } | { kind: 'proven' } | { kind: 'failed'; error: ErrorInfo };

/** What the smallest tokenizer may take, in ms, and how much more for each entry of its tables: ten times what is usual. */
const LEAST = 1500;
const PER_ENTRY = 0.05;
/** For the worker's own script to come. */
const START = 30_000;

/**
 * Makes a tokenizer, and tokenises a text with it, in a worker that is ended after that.
 * @throws {ModelError} when it fails, or takes too long; whatever `signal` was aborted with
 */
export function proveTokenizer(
  file: TokenizerFile,
  [json, config]: [json: unknown, config: unknown],
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const { vocab, merges = [] } = file.model;
  const limit = LEAST + PER_ENTRY * (Object.keys(vocab).length + merges.length);
  const worker = startWorker(script, appBase(), 'tokenizer');
  return new Promise<void>((resolve, reject) => {
    const refuse = (why: Message) => reject(new ModelError(message('hub.tokenizer', { why })));
    const within = (ms: number, why: Message) => setTimeout(() => refuse(why), ms);
    let timer = within(START, message('hub.tokenizerHas.noWorker'));
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onmessage = ({ data: event }: MessageEvent<ProofEvent>) => {
      clearTimeout(timer);
      if (event.kind === 'ready') {
        worker.postMessage({ json, config } satisfies ProofRequest);
        timer = within(limit, message('hub.tokenizerHas.slow', { seconds: Math.round(limit / 1000) }));
      } else if (event.kind === 'proven') resolve();
      else reject(new ModelError(event.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      refuse(message('hub.tokenizerHas.noWorker'));
    };
  }).finally(() => worker.terminate());
}
