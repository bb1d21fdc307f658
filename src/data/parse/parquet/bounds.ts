/** What a Parquet file may cost, and how it is said that it is broken. */
import { DataError } from '../../../shared/errors';
import { type Message, message } from '../../../shared/message';

/** @param what is wrong with the file: an entry of `data.file.parquetHas` */
export const broken = (what: Message): DataError => new DataError(message('data.file.parquet', { what }));

/** Largest page, unpacked. */
export const MAX_PAGE = 64 << 20;
/** Pages may unpack to this many times the file's size, once they are more than `FREE_BYTES`. */
const MAX_RATIO = 200;
const FREE_BYTES = 16 << 20;
/** A value that repeats costs almost no bytes in the file, but a step and a slot here. */
const VALUES_PER_BYTE = 64;
const FREE_VALUES = 1 << 21;
/** Work for a file and for each MB of it, in ms: many times what honest ones take on a slow machine. */
const FREE_MS = 10_000;
const MS_PER_MB = 20_000;

/**
 * What one file may cost, all pages together: bytes that it unpacks to, values times the depth at which they lie, and
 * time that is worked on it.
 */
export class Budget {
  #bytes: number;
  #values: number;
  #ms: number;
  /** Since when the work goes on. */
  #since = performance.now();
  readonly #size: number;

  /** @param size bytes of the file */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Math.max(FREE_BYTES, size * MAX_RATIO);
    this.#values = FREE_VALUES + size * VALUES_PER_BYTE;
    this.#ms = FREE_MS + (size / 2 ** 20) * MS_PER_MB;
  }

  /** Before a rest. @throws {DataError} when more time was worked on the file than its size lets expect */
  worked(): void {
    this.#ms -= performance.now() - this.#since;
    if (this.#ms < 0) throw broken(message('data.file.parquetHas.slow', { bytes: this.#size }));
  }

  /** After a rest. */
  rested(): void {
    this.#since = performance.now();
  }

  /** @throws {DataError} when the file unpacks to more than its size lets expect */
  bytes(n: number): void {
    this.#bytes -= n;
    if (this.#bytes < 0) throw broken(message('data.file.parquetHas.bomb', { times: MAX_RATIO }));
  }

  /** @throws {DataError} when there are more values than the file's size lets expect */
  values(n: number): void {
    this.#values -= n;
    if (this.#values < 0) throw broken(message('data.file.parquetHas.values', { bytes: this.#size }));
  }
}
