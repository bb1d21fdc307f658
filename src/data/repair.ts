/** What a broken row becomes under the repairs a person has chosen. */
import type { ParsedTable, Repairs } from '../shared/data';

export const NO_REPAIRS: Repairs = {
  ragged: false,
  quote: false,
  encoding: false,
  noText: false,
  marks: false,
  duplicate: false,
  long: false,
  leak: false,
};
/** Every broken row that can be read is. */
export const READ_ALL: Repairs = { ...NO_REPAIRS, ragged: true, quote: true, encoding: true };

/** The row's cells, one per column, or null where it is broken and not repaired. */
export function cellsOf(table: ParsedTable, row: number, repairs: Repairs): string[] | null {
  const { columns, rows, separator, surplus } = table;
  const filled = (own: string[]) => fill(own, columns.length, surplus, separator);
  const state = rows.state(row);
  let cells = rows.cells(row);
  switch (state) {
    case 'syntax':
    case 'huge':
      return null;
    case 'quote':
      if (!repairs.quote) return null;
      // Its quotes are characters now, except those that enclose a whole field.
      cells = (separator === '' ? cells : cells[0].split(separator)).map((f) =>
        /^"[^"]*"$/.test(f) ? f.slice(1, -1) : f,
      );
      return cells.length === columns.length ? cells : filled(cells);
    case 'encoding':
      if (!repairs.encoding) return null;
      if (separator !== '' && cells.length !== columns.length) return repairs.ragged ? filled(cells) : null;
      break;
    case 'ragged':
      return repairs.ragged ? filled(cells) : null;
  }
  // Rows of JSON leave out the columns that came after them.
  while (cells.length < columns.length) cells.push('');
  return cells;
}

/**
 * Missing cells become empty; what is too much is joined, with its separators, in the column with the longest texts.
 */
function fill(cells: string[], width: number, surplus: number, separator: string): string[] {
  if (cells.length <= width) return [...cells, ...Array.from({ length: width - cells.length }, () => '')];
  const more = cells.length - width + 1;
  // Written texts have a space behind their commas; where those are as many as are too much, they are the ones.
  const inText = cells.flatMap((cell, c) => (c > 0 && /^[ \u00a0]\S/.test(cell) ? [c] : []));
  if (separator !== '' && inText.length === more - 1) {
    return cells.reduce<string[]>((joined, cell, c) => {
      if (inText.includes(c)) joined[joined.length - 1] += separator + cell;
      else joined.push(cell);
      return joined;
    }, []);
  }
  return [
    ...cells.slice(0, surplus),
    cells.slice(surplus, surplus + more).join(separator),
    ...cells.slice(surplus + more),
  ];
}
