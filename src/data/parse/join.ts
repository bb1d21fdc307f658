/** Several files as one table: their rows behind one another, columns by name. */
import type { ParsedTable, RowSource } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import { MAX_ROWS } from '../rowStore';

/**
 * @param tables those to learn from first, then those to measure on
 * @param validation how many of the last ones are only measured on
 * @throws {DataError} where a file has none of the first one's columns, or there are too many rows
 */
export function joinTables(tables: readonly ParsedTable[], validation: number): ParsedTable {
  const [first] = tables;
  if (tables.length === 1) return first;
  const columns = [...first.columns];
  for (const table of tables.slice(1)) {
    if (!table.columns.some((c) => first.columns.includes(c)))
      throw new DataError(
        message('data.file.otherColumns', {
          path: table.fileName,
          own: table.columns.join(', '),
          others: first.columns.join(', '),
        }),
      );
    for (const name of table.columns) if (!columns.includes(name)) columns.push(name);
  }
  const rows = new JoinedRows(tables, columns);
  if (rows.length > MAX_ROWS) throw new DataError(message('data.file.manyRows', { millions: MAX_ROWS / 1e6 }));
  const learnt = tables.slice(0, tables.length - validation).reduce((n, table) => n + table.rows.length, 0);
  return {
    ...first,
    columns,
    rows,
    notes: tables.flatMap((table) =>
      table.notes.map((n) => ({
        ...n,
        message: message('data.table.ofFile', { file: table.fileName, note: n.message }),
      })),
    ),
    legacy: tables.find((table) => table.legacy)?.legacy ?? null,
    validationFrom: validation > 0 ? learnt : first.validationFrom,
  };
}

class JoinedRows implements RowSource {
  readonly length: number;
  readonly #tables: readonly ParsedTable[];
  readonly #starts: number[] = [];
  /** By table: where each of its columns stands in the whole; null where they are the same. */
  readonly #places: (number[] | null)[];
  readonly #width: number;

  constructor(tables: readonly ParsedTable[], columns: readonly string[]) {
    this.#tables = tables;
    this.#width = columns.length;
    let n = 0;
    for (const table of tables) {
      this.#starts.push(n);
      n += table.rows.length;
    }
    this.length = n;
    this.#places = tables.map((table) =>
      table.columns.every((name, c) => columns[c] === name) ? null : table.columns.map((name) => columns.indexOf(name)),
    );
  }

  #at(i: number): [table: number, row: number] {
    let k = this.#starts.length - 1;
    while (k > 0 && this.#starts[k] > i) k--;
    return [k, i - this.#starts[k]];
  }

  cells(i: number): string[] {
    const [k, row] = this.#at(i);
    const cells = this.#tables[k].rows.cells(row);
    const places = this.#places[k];
    const state = this.#tables[k].rows.state(row);
    // A broken row stays as it stands in its file.
    if (!places || (state !== 'ok' && state !== 'encoding')) return cells;
    const own = Array.from({ length: this.#width }, () => '');
    cells.forEach((cell, c) => {
      own[places[c]] = cell;
    });
    return own;
  }

  line(i: number): number {
    const [k, row] = this.#at(i);
    return this.#tables[k].rows.line(row);
  }

  state(i: number): ReturnType<RowSource['state']> {
    const [k, row] = this.#at(i);
    return this.#tables[k].rows.state(row);
  }

  continues(i: number): boolean {
    if (i >= this.length) return false;
    const [k, row] = this.#at(i);
    return this.#tables[k].rows.continues(row);
  }
}
