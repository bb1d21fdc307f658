/**
 * The rows of a table as UTF-8 in pages, decoded one at a time when they are asked for: a file of 200 MB costs about
 * its own size outside the JavaScript heap and a few bytes a row inside of it.
 *
 * A row in its page: number of cells and their lengths in UTF-16 units as LEB128, then the cells' text, joined.
 */
import type { RowState } from '../shared/data';
import { DataError } from '../shared/errors';
import { message } from '../shared/message';
import { Growing } from './growing';

/** Most text that is kept, in bytes. */
export const MAX_TEXT_BYTES = 256 * 2 ** 20;
export const MAX_ROWS = 4_000_000;
const PAGE = 1 << 20;
/** Most files are small. */
const FIRST_PAGE = 1 << 14;

const STATES: readonly RowState[] = ['ok', 'ragged', 'quote', 'encoding', 'syntax', 'huge'];
/** Marks a part of a long text that goes on from the row before. */
const CONTINUES = 0x80;

const encoder = new TextEncoder();
// What goes in is repaired by `repairText`, so nothing is replaced here.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class RowStore {
  #pages: Uint8Array[] = [];
  #used = PAGE;
  #bytes = 0;
  readonly #page = new Growing(new Uint32Array(1024));
  readonly #offset = new Growing(new Uint32Array(1024));
  readonly #line = new Growing(new Uint32Array(1024));
  readonly #state = new Growing(new Uint8Array(1024));

  get length(): number {
    return this.#line.length;
  }

  /** Bytes of text that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param line 1-based line of the file on which the row begins.
   * @param state what is wrong with it; its cells are then as they stood in the file.
   * @param continues whether it goes on from the row before (parts of one long text).
   * @throws {DataError} when the table would take more memory than a tab should.
   */
  add(line: number, cells: readonly string[], state: RowState = 'ok', continues = false): void {
    const text = cells.length === 1 ? cells[0] : cells.join('');
    const most = text.length * 3 + 5 * (cells.length + 1);
    if (this.length >= MAX_ROWS) throw new DataError(message('data.file.manyRows', { millions: MAX_ROWS / 1e6 }), line);
    let page = this.#pages[this.#pages.length - 1];
    const alone = most > PAGE / 4;
    if (alone || this.#used + most > (page?.length ?? 0)) {
      page = new Uint8Array(alone ? most : this.#pages.length === 0 ? Math.max(most, FIRST_PAGE) : PAGE);
      this.#pages.push(page);
      this.#used = 0;
    }
    const start = this.#used;
    let at = writeNumber(page, start, cells.length);
    for (const cell of cells) at = writeNumber(page, at, cell.length);
    at += encoder.encodeInto(text, page.subarray(at)).written;
    this.#bytes += at - start;
    if (this.#bytes > MAX_TEXT_BYTES)
      throw new DataError(message('data.file.muchText', { mb: MAX_TEXT_BYTES / 2 ** 20, what: 'text' }), line);
    // Only what is used is kept; the page is full then, so that the next row opens one of its own.
    if (alone) this.#pages[this.#pages.length - 1] = page.slice(0, at);
    this.#used = at;
    this.#page.push(this.#pages.length - 1);
    this.#offset.push(start);
    this.#line.push(line);
    this.#state.push(STATES.indexOf(state) | (continues ? CONTINUES : 0));
  }

  /** Cells of a row as they were added. */
  cells(i: number): string[] {
    const page = this.#pages[this.#page.at(i)];
    const last = i + 1 === this.length;
    const end = last ? this.#used : this.#page.at(i + 1) === this.#page.at(i) ? this.#offset.at(i + 1) : page.length;
    const head = { at: this.#offset.at(i) };
    const lengths = Array.from({ length: readNumber(page, head) }, () => readNumber(page, head));
    // The last row of a page may be followed by zeros, which `lengths` cuts off.
    const text = decoder.decode(page.subarray(head.at, end));
    let from = 0;
    return lengths.map((n) => text.slice(from, (from += n)));
  }

  line(i: number): number {
    return this.#line.at(i);
  }

  state(i: number): RowState {
    return STATES[this.#state.at(i) & ~CONTINUES];
  }

  continues(i: number): boolean {
    return i < this.length && (this.#state.at(i) & CONTINUES) !== 0;
  }
}

function writeNumber(page: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    page[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  page[at++] = rest;
  return at;
}

function readNumber(page: Uint8Array, head: { at: number }): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = page[head.at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
