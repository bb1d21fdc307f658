/** The table that a parser fills, row by row: columns, broken rows with what is wrong, notes, and the point at which it gives up. */
import type { DataFormat, ParsedTable, RowNote, RowState, TableInfo } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { RowStore } from '../rowStore';
import { excerpt } from './excerpt';

export const MAX_COLUMNS = 256;
/** Rows that nothing can repair are left out up to this share of the file. */
export const MAX_BROKEN_SHARE = 0.2;
/** Fewer examples cannot be split into a part to train on and a part to test on. */
export const MIN_ROWS = 2;
/** Longest row that is read, in UTF-16 units. A longer one is left out, and its beginning shown. */
export const MAX_ROW_LENGTH = 16 << 20;
/** Notes kept in full; the rest is only counted. */
const MAX_NOTES = 200;
const SHOWN_OF_HUGE = 1000;

const LONE_SURROGATE = /\p{Cs}/u;

export class TableBuilder {
  readonly rows = new RowStore();
  // A Map, not an object: any key is just a key.
  #columns = new Map<string, number>();
  #notes: RowNote[] = [];
  #more = 0;
  #lost = 0;
  #firstLost: { line: number; message: string } | null = null;
  /** Lines whose bytes are not valid UTF-8, in order; told by the decoder. */
  #badLines: number[] = [];

  /** The columns, where they are known before the first row. */
  setColumns(names: readonly string[]): void {
    this.#columns = new Map(names.map((name, c) => [name, c]));
  }

  get columns(): string[] {
    return [...this.#columns.keys()];
  }

  badLine(line: number): void {
    this.#badLines.push(line);
  }

  /** Adds a row of which every column is known; `lastLine` is the last line of the file it takes. */
  add(line: number, cells: readonly string[], state: RowState = 'ok', lastLine = line, continues = false): void {
    const clean = cells.map((c) => this.repair(c, line));
    this.rows.add(line, clean, state === 'ok' && this.#isBad(line, lastLine) ? 'encoding' : state, continues);
  }

  /** Adds a row given as (column, value) pairs; new columns are appended. */
  addNamed(line: number, cells: readonly (readonly [string, string])[]): void {
    const row: string[] = [];
    for (const [rawName, value] of cells) {
      const name = this.repair(rawName, line).trim() || '(no name)';
      let column = this.#columns.get(name);
      if (column === undefined) {
        column = this.#columns.size;
        if (column >= MAX_COLUMNS) throw new DataError(`Line ${line} brings the columns to more than ${MAX_COLUMNS}.`, 'Keep only the columns that hold text to learn from.', line);
        this.#columns.set(name, column);
      }
      while (row.length < column) row.push('');
      row[column] = value;
    }
    this.add(line, row);
  }

  /** Adds a row that cannot be read. */
  addLost(line: number, text: string, state: 'syntax' | 'huge', message: string): void {
    this.#lost++;
    this.#firstLost ??= { line, message };
    this.add(line, [text.slice(0, SHOWN_OF_HUGE), message], state);
  }

  /** Something was repaired or is worth knowing; the row stays. */
  note(line: number, message: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push({ line, message });
    else this.#more++;
  }

  /** The text with every half of a surrogate pair replaced: it stands for no character and has no UTF-8. */
  repair(text: string, line: number): string {
    if (!LONE_SURROGATE.test(text)) return text;
    this.note(line, 'half a character (a lone surrogate) was replaced by U+FFFD');
    return text.replace(/\p{Cs}/gu, '\uFFFD');
  }

  /**
   * Ends the parse.
   * @throws {DataError} when too few rows are there, or (naming the first) when more than a fifth of them can be read by no means.
   */
  finish(info: Pick<TableInfo, 'fileName' | 'header' | 'separator' | 'encoding' | 'packed'> & { format: DataFormat }): ParsedTable {
    const total = this.rows.length;
    if (this.#firstLost && this.#lost > total * MAX_BROKEN_SHARE) {
      throw new DataError(
        `${this.#lost} of ${total} rows cannot be read. The first is on line ${this.#firstLost.line}: ${excerpt(this.#firstLost.message, 120)}.`,
        'Correct that line, or check that this is the kind of file you meant.',
        this.#firstLost.line,
      );
    }
    if (info.format !== 'txt' && total - this.#lost < MIN_ROWS) {
      const many = total - this.#lost === 1 ? 'only one row' : 'no rows';
      throw new DataError(`The file has ${info.header?.used ? 'a header line and ' : ''}${many}.`, `At least ${MIN_ROWS} examples are needed: one to train on and one to test on.`);
    }
    if (total === 0) throw new DataError('The file holds no text.', `Choose a file with at least ${MIN_ROWS} examples.`);
    const notes = this.#notes.slice();
    if (this.#more > 0) notes.push({ line: notes[notes.length - 1].line, message: `… and ${this.#more} more notes` });
    return { ...info, columns: this.columns, rows: this.rows, notes };
  }

  #isBad(line: number, lastLine: number): boolean {
    const bad = this.#badLines;
    if (bad.length === 0) return false;
    // Rows come in order, as the bad lines do: what lies before this row is done with.
    let done = 0;
    while (done < bad.length && bad[done] < line) done++;
    if (done > 0) bad.splice(0, done);
    return bad.length > 0 && bad[0] <= lastLine;
  }
}
