/**
 * The table that a parser fills, row by row: columns, broken rows with what is wrong, notes, and the point at which it
 * gives up.
 */
import type { ParsedTable, RowNote, RowState, TableInfo } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { type Message, type MessageCode, message } from '../../shared/message';
import { meaningsOf } from '../columnNames';
import { RowStore } from '../rowStore';

export const MAX_COLUMNS = 256;
/** Rows that nothing can repair are left out up to this share of the file. */
const MAX_BROKEN_SHARE = 0.2;
/** Fewer examples cannot be split into a part to train on and a part to test on. */
export const MIN_ROWS = 2;
/** Longest row that is read, in UTF-16 units. A longer one is left out, and its beginning shown. */
export const MAX_ROW_LENGTH = 16 << 20;
/** Notes kept in full; the rest is only counted. */
const MAX_NOTES = 200;
const SHOWN_OF_HUGE = 1000;
const MEASURED_ROWS = 2000;

const LONE_SURROGATE = /\p{Cs}/u;

type Tallied = Extract<MessageCode, `data.json.loose.${string}`> | 'data.table.headerAgain';

/** A row of a file that cannot be read, as its cells hold it: its beginning, and why. */
export function lostRow([text, why]: readonly string[]): { text: string; why: Message } {
  return { text, why: JSON.parse(why) as Message };
}

export class TableBuilder {
  readonly rows = new RowStore();
  /** The first row that is only measured on; null where there is none. */
  validationFrom: number | null = null;
  // A Map, not an object: any key is just a key.
  #columns = new Map<string, number>();
  #notes: RowNote[] = [];
  #more = 0;
  #lost = 0;
  #firstLost: { line: number; why: Message } | null = null;
  /** What is worth knowing of many rows: told once, with the first line and the number. */
  readonly #tallies = new Map<Tallied, { line: number; n: number }>();
  /** Characters by column, of whole rows. */
  #characters: number[] = [];
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

  /** What is added from here on is only measured on. */
  beginValidation(): void {
    this.validationFrom = this.rows.length;
  }

  /** Adds a row of which every column is known; `lastLine` is the last line of the file it takes. */
  add(
    line: number,
    cells: readonly string[],
    {
      state = 'ok',
      lastLine = line,
      continues = false,
    }: { state?: RowState; lastLine?: number; continues?: boolean } = {},
  ): void {
    const clean = cells.map((c) => this.repair(c, line));
    // The first rows tell which column has the long texts.
    if (state === 'ok' && this.rows.length < MEASURED_ROWS)
      for (let c = 0; c < clean.length; c++) this.#characters[c] = (this.#characters[c] ?? 0) + clean[c].length;
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
        if (column >= MAX_COLUMNS)
          throw new DataError(message('data.table.moreColumns', { line, most: MAX_COLUMNS }), line);
        this.#columns.set(name, column);
      }
      while (row.length < column) row.push('');
      row[column] = value;
    }
    this.add(line, row);
  }

  /** Adds a row that cannot be read. */
  addLost(line: number, text: string, state: 'syntax' | 'huge', why: Message): void {
    this.#lost++;
    this.#firstLost ??= { line, why };
    this.add(line, [text.slice(0, SHOWN_OF_HUGE), JSON.stringify(why)], { state });
  }

  /** Something was repaired or is worth knowing; the row stays. */
  note(line: number, message: Message): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push({ line, message });
    else this.#more++;
  }

  /** As `note`, once for all rows of a kind. */
  tally(code: Tallied, line: number): void {
    const known = this.#tallies.get(code);
    if (known) known.n++;
    else this.#tallies.set(code, { line, n: 1 });
  }

  /** The text with every half of a surrogate pair replaced: it stands for no character and has no UTF-8. */
  repair(text: string, line: number): string {
    if (!LONE_SURROGATE.test(text)) return text;
    this.note(line, message('data.row.halfCharacter'));
    return text.replace(/\p{Cs}/gu, '\uFFFD');
  }

  /**
   * Ends the parse.
   * @param least rows that must be there; fewer where other files add theirs
   * @throws {DataError} when too few rows are there, or (naming the first) when more than a fifth of them can be read
   *   by no means.
   */
  finish(info: Omit<TableInfo, 'columns' | 'notes' | 'surplus'>, least = MIN_ROWS): ParsedTable {
    const total = this.rows.length;
    const good = total - this.#lost;
    if (this.#firstLost && this.#lost > total * MAX_BROKEN_SHARE) {
      const { line, why } = this.#firstLost;
      throw new DataError(message('data.table.broken', { lost: this.#lost, total, line, why }), line);
    }
    if (info.unit !== 'whole' && good < least)
      throw new DataError(
        message('data.table.fewRows', { rows: good, header: info.header?.used ?? false, least: MIN_ROWS }),
      );
    if (total === 0) throw new DataError(message('data.file.noText', { least: MIN_ROWS }));
    for (const [code, { line, n }] of this.#tallies) this.note(line, message(code, { n }));
    const notes = this.#notes.slice();
    if (this.#more > 0)
      notes.push({ line: notes[notes.length - 1].line, message: message('data.row.moreNotes', { n: this.#more }) });
    const { columns } = this;
    const most = Math.max(0, ...this.#characters.slice(0, columns.length));
    // Without a whole row to go by, the one whose name says that it holds texts.
    const named = columns.findIndex((name) =>
      meaningsOf(name).some((m) => m === 'text' || m === 'asked' || m === 'passage' || m === 'instruction'),
    );
    const surplus = most > 0 ? this.#characters.indexOf(most) : named >= 0 ? named : Math.max(0, columns.length - 1);
    return { ...info, columns, surplus, rows: this.rows, notes };
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
