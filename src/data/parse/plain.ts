/** Plain text → one row, or one per document where lines of `<|endoftext|>` part them, piece by piece. */
import type { TextParser } from './json';
import type { TableBuilder } from './table';

/** A longer document is kept in parts, which the cutting into windows joins again. In UTF-16 units. */
export const MAX_PART = 4 << 20;

const BOUNDARY = /^[ \t]*<\|endoftext\|>[ \t]*\n?/m;

export class PlainText implements TextParser {
  readonly #table: TableBuilder;
  /** Text of the open document that is not a row yet. */
  #rest = '';
  #line = 1;
  /** Whether a part of the open document is a row already. */
  #begun = false;
  /** A CR that may be the first half of a line break. */
  #cr = '';

  constructor(table: TableBuilder) {
    this.#table = table;
    table.setColumns(['text']);
  }

  push(text: string): void {
    let whole = this.#cr + text;
    this.#cr = whole.endsWith('\r') ? '\r' : '';
    if (this.#cr) whole = whole.slice(0, -1);
    this.#rest += whole.replace(/\r\n?/g, '\n');
    // A boundary may be cut in two: only whole lines are looked at.
    const lines = this.#rest.lastIndexOf('\n') + 1;
    const tail = this.#rest.slice(lines);
    this.#rest = this.#documents(this.#rest.slice(0, lines)) + tail;
    while (this.#rest.length > MAX_PART) this.#part();
  }

  end(): void {
    this.#rest = this.#documents(this.#rest + (this.#cr ? '\n' : ''));
    this.#close(this.#rest);
  }

  /** Closes every document that ends in the text; what follows the last boundary comes back. */
  #documents(text: string): string {
    let rest = text;
    for (let found = BOUNDARY.exec(rest); found; found = BOUNDARY.exec(rest)) {
      this.#close(rest.slice(0, found.index));
      this.#line += found[0].endsWith('\n') ? 1 : 0;
      rest = rest.slice(found.index + found[0].length);
    }
    return rest;
  }

  #close(text: string): void {
    const body = (this.#begun ? text : text.replace(/^\n+/g, '')).replace(/\s+$/g, '');
    const breaks = newlines(text);
    if (body !== '') this.#table.add(this.#line, [body], 'ok', this.#line + breaks, this.#begun);
    this.#line += breaks;
    this.#begun = false;
  }

  /** Makes a row of the document's beginning, cut after a paragraph, else a line, else anywhere between characters. */
  #part(): void {
    let end = MAX_PART;
    const paragraph = this.#rest.lastIndexOf('\n\n', end - 2) + 2;
    const line = this.#rest.lastIndexOf('\n', end - 1) + 1;
    if (paragraph > MAX_PART / 2) end = paragraph;
    else if (line > MAX_PART / 2) end = line;
    else if (/[\uD800-\uDBFF]/.test(this.#rest[end - 1])) end--;
    const text = this.#rest.slice(0, end);
    const body = this.#begun ? text : text.replace(/^\n+/, '');
    const breaks = newlines(text);
    if (body !== '') {
      this.#table.add(this.#line, [body], 'ok', this.#line + breaks, this.#begun);
      this.#begun = true;
    }
    this.#line += breaks;
    this.#rest = this.#rest.slice(end);
  }
}

function newlines(text: string): number {
  let n = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) n++;
  return n;
}
