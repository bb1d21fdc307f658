/** What went wrong, in plain words, and what to do about it; an entry of the catalogue (`texts().errors`). */
export interface Said {
  message: string;
  hint?: string;
}

/** Errors a person may see. They cross worker borders as plain `ErrorInfo` objects. */
export class SieveError extends Error {
  readonly hint: string;
  constructor({ message, hint = '' }: Said) {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** A setting is missing, out of range or unknown. */
export class ConfigError extends SieveError {}
/** A data file or its text cannot be used; `line` counts from 1 where it is known. */
export class DataError extends SieveError {
  readonly line: number | undefined;
  constructor(said: Said, line?: number) {
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
  constructor(said: Said, variants: readonly string[]) {
    super(said);
    this.variants = variants;
  }
}
/** Training cannot go on (a tensor is no longer finite, say). */
export class TrainError extends SieveError {}
/** An adapter file cannot be read or does not fit the model. */
export class AdapterError extends SieveError {}

/** The browser's storage is full, forbidden, damaged, or held by another tab. */
export class StorageError extends SieveError {}

/** An error as it crosses a worker border. */
export interface ErrorInfo {
  name: string;
  message: string;
  hint: string;
  line?: number;
  /** For whoever looks into it; to be copied. */
  details?: string;
}

/** Any thrown value as `ErrorInfo`; unknown errors keep their own message. */
export function toErrorInfo(error: unknown): ErrorInfo {
  if (error instanceof SieveError) {
    const line = error instanceof DataError ? error.line : undefined;
    return { name: error.name, message: error.message, hint: error.hint, ...(line === undefined ? {} : { line }) };
  }
  if (error instanceof Error) return { name: error.name, message: error.message, hint: '' };
  return { name: 'Error', message: String(error), hint: '' };
}
