/**
 * Plain text → rows, piece by piece: one or one per document, every line, every paragraph, or lines that begin with
 * their label.
 */
import type { TextUnit } from '../../shared/data';
import type { TextParser } from './json';
import { type Labelled, labelledLine } from './labelled';
import { MAX_ROW_LENGTH, type TableBuilder } from './table';

/** A longer document is kept in parts, which the cutting into windows joins again. In UTF-16 units. */
export const MAX_PART = 4 << 20;

/** A line that parts documents. */
const BOUNDARY = /^[ \t]*<\|endoftext\|>[ \t]*\n?/my;

/** One text, or one per document where lines of `<|endoftext|>` part them. */
export class PlainText implements TextParser {
  readonly #table: TableBuilder;
  /** Text of the open document that is not a row yet. */
  #rest = '';
  /** How much of it holds no boundary. */
  #seen = 0;
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
    this.#documents(this.#rest.lastIndexOf('\n') + 1);
    while (this.#rest.length > MAX_PART) this.#part();
  }

  end(): void {
    if (this.#cr) this.#rest += '\n';
    this.#documents(this.#rest.length);
    this.#close(this.#rest);
  }

  /** Closes every document that ends before `until`. */
  #documents(until: number): void {
    let from = 0;
    for (
      let mark = this.#rest.indexOf('<|endoftext|>', this.#seen);
      mark >= 0 && mark < until;
      mark = this.#rest.indexOf('<|endoftext|>', mark + 1)
    ) {
      // Only as far back as blanks go: a long line of marks would be read from its start for each of them.
      let start = mark;
      while (start > from && /[ \t]/.test(this.#rest[start - 1])) start--;
      if (start > from && this.#rest[start - 1] !== '\n') continue;
      BOUNDARY.lastIndex = start;
      const found = BOUNDARY.exec(this.#rest);
      const end = found ? BOUNDARY.lastIndex : 0;
      if (!found || !(found[0].endsWith('\n') || end === this.#rest.length)) continue;
      this.#close(this.#rest.slice(from, found.index));
      this.#line += found[0].endsWith('\n') ? 1 : 0;
      from = end;
    }
    this.#rest = this.#rest.slice(from);
    this.#seen = Math.max(0, until - from);
  }

  #close(text: string): void {
    const body = (this.#begun ? text : text.slice(leadingBreaks(text))).trimEnd();
    const breaks = newlines(text);
    if (body !== '') this.#table.add(this.#line, [body], { lastLine: this.#line + breaks, continues: this.#begun });
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
    const body = this.#begun ? text : text.slice(leadingBreaks(text));
    const breaks = newlines(text);
    if (body !== '') {
      this.#table.add(this.#line, [body], { lastLine: this.#line + breaks, continues: this.#begun });
      this.#begun = true;
    }
    this.#line += breaks;
    this.#rest = this.#rest.slice(end);
    this.#seen = Math.max(0, this.#seen - end);
  }
}

/** Every line, or every paragraph, as a row; where lines begin with labels, as label and text. */
export class TextLines implements TextParser {
  readonly #table: TableBuilder;
  readonly #unit: Exclude<TextUnit, 'whole'>;
  readonly #labelled: Labelled | null;
  #rest = '';
  #line = 1;
  /** Lines of the open paragraph, and where it began. */
  #paragraph: { line: number; lines: string[]; length: number } | null = null;

  constructor(table: TableBuilder, unit: Exclude<TextUnit, 'whole'>, labelled: Labelled | null) {
    this.#table = table;
    this.#unit = unit;
    this.#labelled = labelled;
    table.setColumns(labelled ? labelled.columns : ['text']);
  }

  push(text: string): void {
    const all = this.#rest + text;
    let from = 0;
    for (let at = all.indexOf('\n'); at >= 0; at = all.indexOf('\n', from)) {
      this.#one(all.slice(from, at));
      from = at + 1;
    }
    this.#rest = all.slice(from);
    // A text without line breaks is no list of lines; it is cut so that it does not fill the memory twice.
    if (this.#rest.length > MAX_ROW_LENGTH) {
      this.#one(this.#rest);
      this.#line--;
      this.#rest = '';
    }
  }

  end(): void {
    this.#one(this.#rest);
    this.#flush();
  }

  #one(raw: string): void {
    const text = raw.trim();
    const line = this.#line++;
    if (this.#unit === 'lines') {
      if (text === '') return;
      const cells = this.#labelled ? labelledLine(this.#labelled, text) : [text];
      if (cells) this.#table.add(line, cells);
      else this.#table.add(line, [text], { state: 'ragged' });
      return;
    }
    if (text === '') this.#flush();
    else {
      this.#paragraph ??= { line, lines: [], length: 0 };
      this.#paragraph.lines.push(raw.trimEnd());
      this.#paragraph.length += raw.length;
      if (this.#paragraph.length > MAX_ROW_LENGTH) this.#flush();
    }
  }

  #flush(): void {
    if (!this.#paragraph) return;
    const { line, lines } = this.#paragraph;
    this.#paragraph = null;
    this.#table.add(line, [lines.join('\n').trim()], { lastLine: line + lines.length - 1 });
  }
}

function leadingBreaks(text: string): number {
  let n = 0;
  while (text[n] === '\n') n++;
  return n;
}

function newlines(text: string): number {
  let n = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) n++;
  return n;
}
