/**
 * Delimited text → records (RFC 4180), piece by piece. A quote that does not close, or closes in the middle of a field,
 * costs its own line only: reading goes on at the next one.
 */
import type { Quote } from '../../shared/data';

export interface CsvRecord {
  /** 1-based lines on which it begins and ends. */
  line: number;
  lastLine: number;
  fields: string[];
  /** Its quotes cannot be read; `fields` is then the line as it stands, in one piece. */
  broken: boolean;
}

/** A quoted field that is longer than this is taken for a quote that was never closed. */
const MAX_QUOTED = 1 << 20;

type Found = { fields: string[]; end: number; broken: boolean } | null;

export class CsvReader {
  readonly #separator: string;
  readonly #mark: string;
  readonly #escapes: boolean;
  #rest = '';
  #line = 1;
  #searched: string | null = null;
  #found = -1;

  /**
   * @param separator empty where every line is one cell.
   * @param quote 'none': quotes are characters like any other.
   */
  constructor(separator: string, quote: Quote) {
    this.#separator = separator;
    this.#mark = quote === 'none' ? '' : quote === 'single' ? "'" : '"';
    this.#escapes = quote === 'backslash';
  }

  /** The records that are complete now. @param last whether no text follows. */
  push(text: string, last: boolean): CsvRecord[] {
    const all = this.#rest + text;
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < all.length) {
      const found = this.#record(all, at, last);
      if (!found) break;
      const line = this.#line;
      for (let b = all.indexOf('\n', at); b >= 0 && b < found.end; b = all.indexOf('\n', b + 1)) this.#line++;
      const lastLine = all[found.end - 1] === '\n' ? this.#line - 1 : this.#line;
      records.push({ line, lastLine, fields: found.fields, broken: found.broken });
      at = found.end;
    }
    this.#rest = all.slice(at);
    return records;
  }

  /** The record that begins at `at`, or null where its end has not come yet. */
  #record(text: string, at: number, last: boolean): Found {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0 && !last)
      return text.length - at > MAX_QUOTED * 16 ? this.#asItStands(text, at, text.length) : null;
    const stop = lineEnd < 0 ? text.length : lineEnd + 1;
    const quote = this.#mark ? this.#next(text, at) : -1;
    if (quote < 0 || quote >= stop) {
      const end = lineEnd < 0 ? text.length : lineEnd;
      const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
      return { fields: this.#separator === '' ? [line] : line.split(this.#separator), end: stop, broken: false };
    }
    return this.#quoted(text, at, stop, last);
  }

  /** The next quote: remembered, so that a file without quotes is searched once and not once a line. */
  #next(text: string, at: number): number {
    if (this.#searched !== text || (this.#found >= 0 && this.#found < at)) {
      this.#searched = text;
      this.#found = text.indexOf(this.#mark, at);
    }
    return this.#found;
  }

  #asItStands(text: string, at: number, stop: number): Found {
    return { fields: [text.slice(at, stop).replace(/\r?\n$/, '')], end: stop, broken: true };
  }

  /** A record with quotes somewhere in its first line, which ends at `stop`. */
  #quoted(text: string, at: number, stop: number, last: boolean): Found {
    const fields: string[] = [];
    const mark = this.#mark;
    let from = at;
    for (;;) {
      let field: string;
      if (text[from] === mark) {
        const close = this.#closing(text, from + 1);
        if (close - from > MAX_QUOTED) return this.#asItStands(text, at, stop);
        if (close < 0 || (close + 1 === text.length && !last))
          return last || text.length - from > MAX_QUOTED ? this.#asItStands(text, at, stop) : null;
        field = text.slice(from + 1, close).replaceAll(mark + mark, mark);
        if (this.#escapes) field = field.replace(/\\(["\\])/g, '$1');
        from = close + 1;
        while (text[from] === ' ' && this.#separator !== ' ') from++;
      } else {
        let end = from;
        while (end < text.length && text[end] !== '\n' && !this.#parts(text, end)) end++;
        const cut = text[end - 1] === '\r' && (end === text.length || text[end] === '\n') && end > from ? end - 1 : end;
        field = text.slice(from, cut);
        from = end;
      }
      if (text[from] === '\r' && (text[from + 1] === '\n' || from + 1 === text.length)) from++;
      if (from >= text.length && !last) return null;
      fields.push(field);
      if (from >= text.length) return { fields, end: from, broken: false };
      if (text[from] === '\n') return { fields, end: from + 1, broken: false };
      if (this.#parts(text, from)) from += this.#separator.length;
      else return this.#asItStands(text, at, stop);
    }
  }

  /** Where the quoted field ends whose text begins at `at`; -1 where its end has not come. */
  #closing(text: string, at: number): number {
    for (let close = text.indexOf(this.#mark, at); close >= 0; close = text.indexOf(this.#mark, close + 1)) {
      if (this.#escapes && isEscaped(text, close, at)) continue;
      if (text[close + 1] !== this.#mark) return close;
      close++;
    }
    return -1;
  }

  #parts(text: string, at: number): boolean {
    return this.#separator !== '' && text.startsWith(this.#separator, at);
  }
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number, from: number): boolean {
  let n = 0;
  while (at - n > from && text[at - n - 1] === '\\') n++;
  return n % 2 === 1;
}
