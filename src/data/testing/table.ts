/** Tables for tests: made from rows, and written out to be compared with rows. */
import type { DataFormat, ParsedTable, TableInfo } from '../../shared/data';
import { cellsOf, NO_REPAIRS } from '../repair';
import { RowStore } from '../rowStore';
import { say } from '../../shared/texts/say';
import { lostRow } from '../parse/table';

/** What is said of a table with these columns, in a file without anything unusual. */
export const infoOf = (fileName: string, columns: string[], format: DataFormat = 'csv'): TableInfo => ({
  fileName,
  format,
  columns,
  header: null,
  separator: ',',
  quote: 'double',
  surplus: columns.length - 1,
  unit: format === 'txt' ? 'whole' : null,
  notes: [],
  encoding: 'utf-8',
  legacy: null,
  packed: null,
  files: [],
  validationFrom: null,
});

/** A table that holds these rows; row i stands on line i + 1. */
export function tableOf(columns: string[], rows: string[][], format: DataFormat = 'csv'): ParsedTable {
  const store = new RowStore();
  rows.forEach((cells, i) => store.add(i + 1, cells));
  return { ...infoOf('a', columns, format), rows: store };
}

/** The table with whole rows as arrays, and the others as (line, state, cells). */
export function plainTable(table: ParsedTable) {
  const rows: string[][] = [];
  const broken: { line: number; state: string; cells: string[] }[] = [];
  for (let i = 0; i < table.rows.length; i++) {
    const cells = cellsOf(table, i, NO_REPAIRS);
    if (cells) rows.push(cells);
    else {
      const state = table.rows.state(i);
      const stands = table.rows.cells(i);
      const { text, why } = state === 'syntax' || state === 'huge' ? lostRow(stands) : { text: '', why: null };
      broken.push({ line: table.rows.line(i), state, cells: why ? [text, say(why)] : stands });
    }
  }
  return { ...table, rows, broken };
}
