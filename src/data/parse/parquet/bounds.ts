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

/** What one file may unpack to, all pages together: bytes, and values times the depth at which they lie. */
export class Budget {
  #bytes: number;
  #values: number;
  readonly #size: number;

  /** @param size bytes of the file */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Math.max(FREE_BYTES, size * MAX_RATIO);
    this.#values = FREE_VALUES + size * VALUES_PER_BYTE;
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
