/** JSON lines and JSON arrays → rows, piece by piece; a broken record costs only itself. */
import { DataError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import { excerpt } from './excerpt';
import { MAX_ROW_LENGTH, type TableBuilder } from './table';

/** Takes text as it comes. What is complete becomes rows. */
export interface TextParser {
  push(text: string): void;
  /** @throws {DataError} when the text cannot end here. */
  end(): void;
}

/** One JSON object (or string) per line. Blank lines are passed over. */
export class JsonLines implements TextParser {
  readonly #table: TableBuilder;
  #rest = '';
  #line = 1;
  #huge: string | null = null;

  constructor(table: TableBuilder) {
    this.#table = table;
  }

  push(text: string): void {
    const all = this.#rest + text;
    let from = 0;
    for (let at = all.indexOf('\n'); at >= 0; at = all.indexOf('\n', from)) {
      this.#one(all.slice(from, at));
      this.#line++;
      from = at + 1;
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > MAX_ROW_LENGTH) {
      this.#huge ??= this.#rest.slice(0, 2000);
      this.#rest = '';
    }
  }

  end(): void {
    this.#one(this.#rest);
  }

  #one(text: string): void {
    if (this.#huge !== null || text.length > MAX_ROW_LENGTH) {
      addHuge(this.#table, this.#line, this.#huge ?? text);
      this.#huge = null;
    } else if (text.trim() !== '') addRecord(this.#table, this.#line, text);
  }
}

/**
 * A JSON array of objects (or strings), cut (possibly damaged) at its top-level commas, minding strings and brackets.
 * The pieces are whole when the array is; a piece that is not is found when it is parsed.
 */
export class JsonArray implements TextParser {
  readonly #table: TableBuilder;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  #records = 0;
  #closed = false;
  #after = false;
  /** The record that is being read: what earlier texts brought of it, and where it began. */
  #open: { line: number; text: string; huge: boolean } | null = null;

  constructor(table: TableBuilder) {
    this.#table = table;
  }

  push(text: string): void {
    let start = 0;
    const take = (end: number) => {
      const open = this.#open!;
      if (!open.huge) open.text += text.slice(start, end);
      if (open.text.length > MAX_ROW_LENGTH) {
        open.huge = true;
        open.text = open.text.slice(0, 2000);
      }
    };
    const finish = (end: number) => {
      if (!this.#open) return;
      take(end);
      this.#records++;
      if (this.#open.huge) addHuge(this.#table, this.#open.line, this.#open.text);
      else addRecord(this.#table, this.#open.line, this.#open.text);
      this.#open = null;
    };
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === NEWLINE) this.#line++;
      if (this.#closed) {
        if (this.#after || isSpace(c)) continue;
        this.#table.addLost(this.#line, text[i], 'syntax', texts().errors.data.row.afterEnd);
        this.#after = true;
        continue;
      }
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (c === BACKSLASH) this.#escaped = true;
        else if (c === QUOTE) this.#inString = false;
        continue;
      }
      if (!this.#open && this.#depth >= 1 && !isSpace(c) && c !== COMMA && !(this.#depth === 1 && c === CLOSE)) {
        this.#open = { line: this.#line, text: '', huge: false };
        start = i;
      }
      if (c === QUOTE) this.#inString = true;
      else if (c === OPEN || c === OPEN_OBJECT) this.#depth++;
      else if (c === CLOSE || c === CLOSE_OBJECT) {
        this.#depth--;
        if (this.#depth === 0) {
          finish(i);
          this.#closed = true;
        }
      } else if (c === COMMA && this.#depth === 1) finish(i);
    }
    if (this.#open) take(text.length);
  }

  end(): void {
    if (this.#closed) return;
    throw new DataError(texts().errors.data.file.openArray(this.#line, this.#records), this.#line);
  }
}

const [NEWLINE, BACKSLASH, QUOTE, COMMA, OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [...'\n\\",[]{}'].map((c) => c.charCodeAt(0));
const isSpace = (c: number) => c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0xfeff || c === 0xa0;

/** Whether the text is one JSON object over several lines, and so neither a list nor JSON lines. */
export function isOneObject(text: string): boolean {
  const start = text.trim();
  return start.startsWith('{') && start.includes('\n') && parseJson(start).ok;
}

function addHuge(table: TableBuilder, line: number, text: string): void {
  table.addLost(line, text, 'huge', texts().errors.data.row.huge(MAX_ROW_LENGTH >> 20, excerpt(text)));
}

function addRecord(table: TableBuilder, line: number, text: string): void {
  const t = texts().errors.data.row;
  const parsed = parseJson(text);
  if (!parsed.ok) {
    table.addLost(line, text.trim(), 'syntax', t.notJson(excerpt(text)));
    return;
  }
  const value = parsed.value;
  if (typeof value === 'string') {
    table.addNamed(line, [['text', value]]);
  } else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    // Object.entries lists own keys only, so `__proto__` and `constructor` are keys like any other.
    const cells = Object.entries(value).map(([key, cell]): [string, string | null] => [key, plainText(cell)]);
    const deep = cells.find(([, cell]) => cell === null);
    if (deep) table.addLost(line, text, 'syntax', t.deep(excerpt(deep[0])));
    else table.addNamed(line, cells as [string, string][]);
  } else {
    table.addLost(line, text.trim(), 'syntax', Array.isArray(value) ? t.list : t.value(String(value)));
  }
}

/** A JSON value as one cell; null when it is nested too deeply to write down. */
export function plainText(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return value.toISOString();
  try {
    return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
  } catch (error) {
    if (error instanceof RangeError) return null; // the call stack ended
    throw error;
  }
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return { ok: false };
    throw error;
  }
}
