import { type Message, message } from './message';

let describe = ({ code, params }: Message): string => `${code} ${JSON.stringify(params)}`;

/** Whoever has words says how `Error.message` reads from now on; until then it is the code and what varies in it. */
export function describeErrors(by: (said: Message) => string): void {
  describe = by;
}

/**
 * Errors a person may see: a code and what varies, put into words at the edge. They cross worker borders as
 * `ErrorInfo`.
 */
export class SieveError extends Error implements Message {
  readonly code: Message['code'];
  readonly params: Message['params'];
  constructor(said: Message) {
    super(describe(said));
    this.name = new.target.name;
    this.code = said.code;
    this.params = said.params;
  }
}

/** A setting is missing, out of range or unknown. */
export class ConfigError extends SieveError {}
/** A data file or its text cannot be used; `line` counts from 1 where it is known. */
export class DataError extends SieveError {
  readonly line: number | undefined;
  constructor(said: Message, line?: number) {
    super(said);
    this.line = line;
  }
}
/** A model's files are missing, damaged, or describe something Sieve cannot train. */
export class ModelError extends SieveError {}
/** The GPU is missing, too small, or stopped. */
export class GpuError extends SieveError {}
/** The GPU has no room for what was asked for; less may fit. */
export class OutOfMemoryError extends GpuError {}
/** A kernel that does not compile here. */
export class KernelError extends GpuError {
  /** What of it has a plainer form, by name. */
  readonly variants: readonly string[];
  constructor(said: Message, variants: readonly string[]) {
    super(said);
    this.variants = variants;
  }
}
/** Training cannot go on (a tensor is no longer finite, say). */
export class TrainError extends SieveError {}
/** An adapter file cannot be read or does not fit the model. */
export class AdapterError extends SieveError {}

/** Files could not be pushed to a hub. */
export class PushError extends SieveError {}

/** A worker of the page did not start. */
export class WorkerError extends SieveError {}

/** The browser's storage is full, forbidden, damaged, or held by another tab. */
export class StorageError extends SieveError {}

/** An error as it crosses a worker border. */
export interface ErrorInfo extends Message {
  name: string;
  line?: number;
  /** For whoever looks into it; to be copied. */
  details?: string;
}

/** What a thrown value says, as plain data; unknown errors keep their own message. */
export function messageOf(error: unknown): Message {
  if (error instanceof SieveError) return { code: error.code, params: error.params };
  return message('shared.foreign', { text: error instanceof Error ? error.message : String(error) });
}

/** Any thrown value as `ErrorInfo`. */
export function toErrorInfo(error: unknown): ErrorInfo {
  const line = error instanceof DataError ? error.line : undefined;
  return {
    name: error instanceof Error ? error.name : 'Error',
    ...messageOf(error),
    ...(line === undefined ? {} : { line }),
  };
}
