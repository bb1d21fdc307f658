/**
 * JSON → rows, piece by piece: records are found by their brackets, whether they stand one a line, over several lines,
 * behind one another or in arrays. A record that is broken costs only itself.
 */
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import { JsonRows } from './jsonRows';
import { isTurn, rowsInside } from './jsonShapes';
import { parseLoosely } from './loose';
import { MAX_ROW_LENGTH, type TableBuilder } from './table';

export { plainText } from './jsonRows';

/** Takes text as it comes. What is complete becomes rows. */
export interface TextParser {
  push(text: string): void;
  /** @throws {DataError} when the text cannot end here. */
  end(): void;
}

/** A line that is longer is scanned as it comes. */
const WHOLE_LINE = 1 << 20;
/** Lines of a broken record that are looked at again, in case the fault is in its first one only. */
const LOOK_AGAIN = 64;

const [NEWLINE, BACKSLASH, QUOTE, COMMA, COLON, OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [...'\n\\",:[]{}'].map((c) =>
  c.charCodeAt(0),
);
/** Also the sign that RFC 7464 puts before every record. */
const isSpace = (c: number) => c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0x1e || c === 0xfeff || c === 0xa0;

/** A record that is being read. */
interface Open {
  line: number;
  /** Where in its line it began. */
  column: number;
  text: string;
  huge: boolean;
  /** Its brackets that are open, as the codes of what opens them. */
  stack: number[];
  inString: boolean;
  escaped: boolean;
  /** The last character that is no space, outside strings. */
  last: number;
  /** Where in `text` the first list of objects right inside of it begins; -1 where none has. */
  list: number;
  /** Anything but brackets and strings: ends with its line. */
  bare: boolean;
}

export class JsonRecords implements TextParser {
  /** 'json' where the file is an array, or one object that holds the rows. */
  format: 'json' | 'jsonl' = 'jsonl';
  readonly #table: TableBuilder;
  readonly #rows: JsonRows;
  #rest = '';
  #line = 1;
  #column = 0;
  /** Whether nothing but spaces has come on this line. */
  #lineStart = true;
  /** Whether records are entries of a top-level array, and of which `#first` is not complete. */
  #inArray = false;
  #arrayLine = 1;
  #open: Open | null = null;
  /** Where in its line a top-level array opened, until its first entry says what the array is. */
  #arrayColumn: number | null = null;
  #records = 0;
  /** Whether a good record took several lines: then a line is no record. */
  #tall = false;
  /** The first object of the file, until it is known whether it is the only one. */
  #only: { line: number; text: string; lines: number } | null = null;
  /** An array of plain values on one line: rows, or the cells of one row. */
  #values: { line: number; list: unknown[] } | null = null;
  #valueRows = false;
  /** Rows come from the list of one large object; once it has been read, the object's other keys follow. */
  #inner = false;
  #done = false;

  constructor(table: TableBuilder) {
    this.#table = table;
    this.#rows = new JsonRows(table);
  }

  push(text: string): void {
    this.#take(this.#rest + text, false);
  }

  end(): void {
    this.#take(this.#rest, true);
    if (this.#done) return;
    if (this.#open && !this.#inArray) this.#giveUp();
    if (this.#inArray)
      throw new DataError(message('data.file.openArray', { line: this.#line, records: this.#records }), this.#line);
    this.#flushValues(true);
    this.#unwrapOnly();
    this.#rows.end();
  }

  #take(all: string, last: boolean): void {
    let at = 0;
    this.#rest = '';
    while (at < all.length) {
      if (this.#done) return;
      if (!this.#open && this.#lineStart) {
        const end = all.indexOf('\n', at);
        if (end < 0 && !last && all.length - at < WHOLE_LINE) {
          this.#rest = all.slice(at);
          return;
        }
        const stop = end < 0 ? all.length : end;
        if (stop - at < WHOLE_LINE && this.#wholeLine(all.slice(at, stop))) {
          at = end < 0 ? stop : stop + 1;
          if (end >= 0) this.#newLine();
          continue;
        }
      }
      at = this.#scan(all, at);
    }
  }

  #newLine(): void {
    this.#line++;
    this.#column = 0;
    this.#lineStart = true;
  }

  /** A line that is one record, or blank: most are, and JSON.parse is faster than looking at every character. */
  #wholeLine(line: string): boolean {
    let from = 0;
    let to = line.length;
    while (from < to && isSpace(line.charCodeAt(from))) from++;
    while (to > from && (isSpace(line.charCodeAt(to - 1)) || line.charCodeAt(to - 1) === COMMA)) to--;
    if (from === to) return true;
    const text = line.slice(from, to);
    const first = text.charCodeAt(0);
    if (first !== OPEN_OBJECT && (first !== OPEN || this.#inArray)) return false;
    if (this.#arrayColumn !== null) return false;
    let value: unknown;
    try {
      value = JSON.parse(text) as unknown;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError) return false;
      throw error;
    }
    if (!Array.isArray(value)) this.#record({ line: this.#line, text, value, lines: 1 });
    else this.#topArray(text, value);
    return true;
  }

  /** An array at the top, on one line: one record where it is a list of turns, else one for every entry. */
  #topArray(text: string, list: unknown[]): void {
    const line = this.#line;
    if (list.length > 0 && list.every((v) => v === null || typeof v !== 'object')) {
      this.#flushOnly();
      if (this.#values || this.#valueRows) {
        this.#valueRows = true;
        this.#flushValues(false);
        this.#rows.addValue(line, list, text);
      } else this.#values = { line, list };
      this.#records++;
      return;
    }
    this.#flushOnly();
    this.#flushValues(true);
    if (isTurn(list[0])) this.#record({ line, text, value: list, lines: 1 });
    else {
      this.format = 'json';
      for (const value of list) this.#record({ line, text: null, value, lines: 1 });
    }
  }

  /** Looks at characters until a record is complete or the text ends. */
  #scan(text: string, from: number): number {
    let start = from;
    for (let i = from; i < text.length; i++) {
      const c = text.charCodeAt(i);
      const open = this.#open;
      if (c === NEWLINE) {
        if (open?.bare) {
          this.#close(text.slice(start, i));
          return i;
        }
        this.#newLine();
        if (!open) return i + 1;
        open.escaped = false;
        continue;
      }
      const column = this.#column++;
      if (this.#lineStart && !isSpace(c)) {
        this.#lineStart = false;
        if (open && this.#cannotStand(open, c, column)) {
          open.text += text.slice(start, i);
          this.#column = 0;
          this.#lineStart = true;
          this.#giveUp();
          return i - Math.min(column, i - from);
        }
      }
      if (!open) {
        if (isSpace(c) || c === COMMA) continue;
        if (!this.#begin(c, column)) return i + 1;
        start = i;
        continue;
      }
      if (open.bare) {
        if (this.#inArray && (c === COMMA || c === CLOSE) && !/^\s*(\/\/|#)/.test(open.text + text.slice(start, i))) {
          this.#close(text.slice(start, i));
          return i;
        }
        continue;
      }
      if (open.inString) {
        if (open.escaped) open.escaped = false;
        else if (c === BACKSLASH) open.escaped = true;
        else if (c === QUOTE) {
          open.inString = false;
          open.last = QUOTE;
          if (open.stack.length === 0) {
            this.#close(text.slice(start, i + 1));
            return i + 1;
          }
        }
        continue;
      }
      if (isSpace(c)) continue;
      if (c === QUOTE) open.inString = true;
      else if (c === OPEN || c === OPEN_OBJECT) {
        if (
          c === OPEN_OBJECT &&
          open.last === OPEN &&
          open.stack.length === 2 &&
          open.stack[0] === OPEN_OBJECT &&
          open.list < 0
        )
          open.list = open.text.length + (i - start) - 1;
        open.stack.push(c);
      } else if (c === CLOSE || c === CLOSE_OBJECT) {
        open.stack.pop();
        if (open.stack.length === 0) {
          this.#close(text.slice(start, i + 1));
          return i + 1;
        }
      }
      open.last = c;
    }
    if (this.#open) {
      this.#open.text += text.slice(start);
      this.#bound();
    }
    return text.length;
  }

  /** What begins here, outside of records. @returns whether a record does */
  #begin(c: number, column: number): boolean {
    if (c === CLOSE && this.#inArray) {
      this.#inArray = false;
      this.#arrayColumn = null;
      if (this.#inner) this.#done = true;
      return false;
    }
    if (c === OPEN && !this.#inArray) {
      this.#flushOnly();
      this.#flushValues(true);
      this.#inArray = true;
      this.#arrayLine = this.#line;
      this.#arrayColumn = column;
      if (this.#records === 0) this.format = 'json';
      return false;
    }
    const opens = c === OPEN || c === OPEN_OBJECT;
    this.#open = {
      line: this.#line,
      column,
      text: '',
      huge: false,
      stack: opens ? [c] : [],
      inString: c === QUOTE,
      escaped: false,
      last: c,
      list: -1,
      bare: !opens && c !== QUOTE,
    };
    return true;
  }

  /**
   * Whether a line that begins so says that the record before it has not come to its end: another one opens in the same
   * column, where none can stand inside of it.
   */
  #cannotStand(open: Open, c: number, column: number): boolean {
    if (c !== OPEN_OBJECT || column > open.column || open.stack[0] !== OPEN_OBJECT) return false;
    if (open.inString) return true;
    return open.stack.at(-1) === OPEN ? open.last !== OPEN && open.last !== COMMA : open.last !== COLON;
  }

  #bound(): void {
    const open = this.#open!;
    if (open.text.length <= MAX_ROW_LENGTH || open.huge) {
      if (open.huge) open.text = open.text.slice(0, 2000);
      return;
    }
    if (this.#records === 0 && !this.#inArray && open.list >= 0) {
      // One large object around a list: the list is what is read.
      const inside = open.text.slice(open.list);
      const { line } = open;
      this.#open = null;
      this.#line = line + newlines(open.text.slice(0, open.list));
      this.#column = 0;
      this.#lineStart = false;
      this.#inArray = this.#inner = true;
      this.format = 'json';
      this.#table.note(line, message('data.json.insideLarge'));
      for (let at = 1; at < inside.length && !this.#done; ) at = this.#scan(inside, at);
      return;
    }
    open.huge = true;
    open.text = open.text.slice(0, 2000);
  }

  #close(tail: string): void {
    const open = this.#open!;
    this.#open = null;
    if (open.bare && /^(\/\/|#)/.test(open.text + tail)) {
      this.#rows.passComment(open.line);
      return;
    }
    if (open.huge || open.text.length + tail.length > MAX_ROW_LENGTH) {
      this.#records++;
      this.#arrayColumn = null;
      this.#flushOnly();
      this.#rows.addHuge(open.line, open.huge ? open.text : open.text + tail);
      return;
    }
    const text = open.text + tail;
    const lines = this.#line - open.line + 1;
    const column = this.#arrayColumn;
    if (column !== null) {
      this.#arrayColumn = null;
      if (isTurn(quickly(text))) {
        // The array is one chat, and its first turn is read: it goes on as a record.
        this.#inArray = false;
        this.format = this.#records === 0 ? 'jsonl' : this.format;
        this.#open = {
          line: this.#arrayLine,
          column,
          text: `[${text}`,
          huge: false,
          stack: [OPEN],
          inString: false,
          escaped: false,
          last: CLOSE_OBJECT,
          list: -1,
          bare: false,
        };
        return;
      }
    }
    this.#record({ line: open.line, text, value: undefined, lines });
  }

  /** The open record is broken: it is left out, or, where only its first line is to blame, that line is. */
  #giveUp(): void {
    const { text, line, huge, stack } = this.#open!;
    this.#open = null;
    this.#arrayColumn = null;
    if (huge) {
      this.#rows.addHuge(line, text);
      return;
    }
    const lines = newlines(text);
    const end = text.indexOf('\n');
    const tall = this.#tall || (end >= 0 && text.slice(0, end).trim().length <= 1);
    const alone = lines === 0 || lines > LOOK_AGAIN || tall || stack[0] !== OPEN_OBJECT;
    this.#record({
      line,
      text: withoutCommas(alone ? text : text.slice(0, end)),
      value: undefined,
      lines: 1,
      broken: true,
    });
    if (alone) return;
    const now = this.#line;
    this.#line = line + 1;
    this.#column = 0;
    this.#lineStart = true;
    const rest = text.slice(end + 1);
    for (let at = 0; at < rest.length; ) {
      const next = !this.#open && this.#lineStart ? rest.indexOf('\n', at) : -1;
      const stop = next < 0 ? rest.length : next;
      if (!this.#open && this.#lineStart && this.#wholeLine(rest.slice(at, stop))) {
        at = next < 0 ? stop : stop + 1;
        if (next >= 0) this.#newLine();
      } else at = this.#scan(rest, at);
    }
    if (this.#open) this.#giveUp();
    this.#line = now;
    this.#column = 0;
    this.#lineStart = true;
  }

  /** @param value undefined where the text has not been read yet */
  #record({
    line,
    text,
    value,
    lines,
    broken = false,
  }: {
    line: number;
    text: string | null;
    value: unknown;
    lines: number;
    broken?: boolean;
  }): void {
    const first = this.#records++ === 0;
    if (lines > 1 && !broken) this.#tall = true;
    if (first && !broken && !this.#inArray && text !== null && text[0] === '{') {
      this.#only = { line, text, lines };
      return;
    }
    this.#flushOnly();
    this.#flushValues(true);
    if (value === undefined) this.#rows.addText(line, text!);
    else this.#rows.addValue(line, value, text ?? '');
  }

  #flushOnly(): void {
    if (!this.#only) return;
    const { line, text } = this.#only;
    this.#only = null;
    this.#rows.addText(line, text);
  }

  /** The file is one object: the rows are inside of it. */
  #unwrapOnly(): void {
    if (!this.#only) return;
    const { line, text, lines } = this.#only;
    const parsed = parseLoosely(text);
    const inside = parsed.ok ? rowsInside(parsed.value) : null;
    if (inside) {
      this.format = 'json';
      this.#only = null;
      this.#table.note(line, message('data.json.inside', { key: inside.key, others: inside.others.join(', ') }));
      inside.train.forEach((row, i) => this.#rows.addValue(i + 1, row, ''));
      if (inside.validation.length > 0) this.#table.beginValidation();
      inside.validation.forEach((row, i) => this.#rows.addValue(i + 1, row, ''));
      return;
    }
    if (lines > 1 && parsed.ok) throw new DataError(message('data.file.oneObject'));
    this.#flushOnly();
  }

  /** @param apart whether each value is a row of its own */
  #flushValues(apart: boolean): void {
    if (!this.#values) return;
    const { line, list } = this.#values;
    this.#values = null;
    if (!apart) this.#rows.addValue(line, list, '');
    else {
      this.format = 'json';
      for (const value of list) this.#rows.addValue(line, value, String(value));
    }
  }
}

/** Without blanks and commas at its end. A regular expression would try every run of them inside the text, too. */
function withoutCommas(text: string): string {
  let end = text.length;
  while (end > 0 && /[\s,]/.test(text[end - 1])) end--;
  return text.slice(0, end);
}

function newlines(text: string): number {
  let n = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) n++;
  return n;
}

function quickly(text: string): unknown {
  const parsed = parseLoosely(text);
  return parsed.ok ? parsed.value : undefined;
}
