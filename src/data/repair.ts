/** What a broken row becomes under the repairs a person has chosen. */
import type { ParsedTable, Repairs } from '../shared/data';

export const NO_REPAIRS: Repairs = { ragged: false, quote: false, encoding: false, duplicate: false, long: false, leak: false };

/** The row's cells, one per column, or null where it is broken and not repaired. */
export function cellsOf(table: ParsedTable, row: number, repairs: Repairs): string[] | null {
  const { columns, rows, separator } = table;
  const state = rows.state(row);
  let cells = rows.cells(row);
  switch (state) {
    case 'syntax':
    case 'huge':
      return null;
    case 'quote':
      if (!repairs.quote) return null;
      // Its quotes are characters now, except those that enclose a whole field.
      cells = cells[0].split(separator).map((f) => (/^"[^"]*"$/.test(f) ? f.slice(1, -1) : f));
      if (cells.length !== columns.length) cells = fill(cells, columns.length, separator);
      return cells;
    case 'encoding':
      if (!repairs.encoding) return null;
      if (separator !== '' && cells.length !== columns.length) return repairs.ragged ? fill(cells, columns.length, separator) : null;
      break;
    case 'ragged':
      return repairs.ragged ? fill(cells, columns.length, separator) : null;
  }
  // Rows of JSON leave out the columns that came after them.
  while (cells.length < columns.length) cells.push('');
  return cells;
}

/** Missing cells become empty; what is too much goes to the last column, with its separators. */
function fill(cells: string[], width: number, separator: string): string[] {
  const own = cells.slice(0, width);
  while (own.length < width) own.push('');
  if (cells.length > width) own[width - 1] = cells.slice(width - 1).join(separator);
  return own;
}
