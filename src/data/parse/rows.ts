/** A table that grows row by row, with bounds on its size. */
import type { RowProblem } from '../../shared/data';
import { DataError } from '../../shared/errors';
import type { Problems } from './problems';

/** What every parser returns. */
export interface Rows {
  columns: string[];
  rows: string[][];
  problems: RowProblem[];
}

export const MAX_COLUMNS = 256;
export const MAX_CELLS = 8_000_000;

const LONE_SURROGATE = /\p{Cs}/u;

/** The text with every half of a surrogate pair replaced: it stands for no character and has no UTF-8. */
export function repairText(text: string, line: number, problems: Problems): string {
  if (!LONE_SURROGATE.test(text)) return text;
  problems.note(line, 'half a character (a lone surrogate) was replaced by U+FFFD');
  return text.replace(/\p{Cs}/gu, '\uFFFD');
}

export class RowTable {
  // A Map, not an object: any key is just a key.
  #columns = new Map<string, number>();
  #rows: string[][] = [];

  /** Adds a row given as (column, value) pairs; new columns are appended. */
  add(line: number, cells: [string, string][], problems: Problems): void {
    const row: string[] = [];
    for (const [rawName, value] of cells) {
      const name = repairText(rawName, line, problems).trim() || '(no name)';
      let column = this.#columns.get(name);
      if (column === undefined) {
        column = this.#columns.size;
        if (column >= MAX_COLUMNS) throw new DataError(`Line ${line} brings the columns to more than ${MAX_COLUMNS}.`, 'Keep only the columns that hold text to learn from.', line);
        this.#columns.set(name, column);
      }
      row[column] = repairText(value, line, problems);
    }
    this.#rows.push(row);
    checkSize(this.#rows.length, this.#columns.size);
  }

  rows(): { columns: string[]; rows: string[][] } {
    const columns = [...this.#columns.keys()];
    return { columns, rows: this.#rows.map((row) => columns.map((_, c) => row[c] ?? '')) };
  }
}

/** @throws {DataError} when a table of this size would not fit in memory comfortably. */
export function checkSize(rows: number, columns: number): void {
  if (rows * columns > MAX_CELLS) throw new DataError(`The table has more than ${MAX_CELLS / 1e6} million cells.`, 'Take a part of it: a few thousand examples are plenty here.');
}
