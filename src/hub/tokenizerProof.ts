/**
 * Owns the worker in which a tokenizer is tried: what it is made of is a program (regular expressions, tables, ids).
 */
import { askWorker } from '../shared/askWorker';
import { type ErrorInfo, ModelError } from '../shared/errors';
import { startWorker } from '../shared/startWorker';
import { type Message, message } from '../shared/message';
import { appBase } from './source';
import { type TokenizerFile, entryCount } from './tokenizerFile';
import script from './tokenizerWorker.ts?worker&url';

export interface ProofRequest {
  json: unknown;
  config: unknown;
}

export type ProofReply = { kind: 'proven' } | { kind: 'failed'; error: ErrorInfo };

/**
 * What the smallest tokenizer may take, in ms, how much more for each entry of its tables, and the most: sixty times
 * what is usual of a large one. A machine with other work took more than ten times that for SmolLM2's, which was
 * refused.
 */
const LEAST = 1500;
const PER_ENTRY = 0.3;
const MOST = 120_000;

/**
 * Makes a tokenizer, and tokenises a text with it, in a worker that is ended after that.
 * @throws {ModelError} when it fails, or takes too long
 * @throws {WorkerError} when the worker does not start
 * @throws whatever `signal` was aborted with
 */
export async function proveTokenizer(
  file: TokenizerFile,
  [json, config]: [json: unknown, config: unknown],
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const limit = Math.min(MOST, LEAST + PER_ENTRY * entryCount(file));
  const refused = (why: Message | string) => new ModelError(message('hub.tokenizer', { why }));
  const reply = await askWorker<ProofReply>(
    startWorker(script, appBase(), 'tokenizer'),
    { json, config } satisfies ProofRequest,
    {
      limit,
      ...(signal && { signal }),
      slow: (seconds) => refused(message('hub.tokenizerHas.slow', { seconds })),
      stopped: refused,
    },
  );
  if (reply.kind === 'failed') throw new ModelError(reply.error);
}
