/**
 * What a message lies in on its way: exactly one `reply` or `failed` answers a request. Errors cross as `ErrorInfo`.
 */
import type { ErrorInfo } from '../../shared/errors';

export type Envelope<R> = R & { requestId: number };
export type FromWorker<E> =
  | { kind: 'reply'; requestId: number; value: unknown }
  | { kind: 'failed'; requestId: number; error: ErrorInfo }
  | { kind: 'event'; event: E };
