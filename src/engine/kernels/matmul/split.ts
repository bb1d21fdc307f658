/** Long products are cut into several dispatches, so that the screen is never held up for long. */
import type { Device } from '../../device/device';
import type { Counts } from '../../device/program';
import { macsOfDispatch } from '../../device/watchdog';

/** Workgroups [first, first + size) of a product, by rows and by columns. */
export interface SplitPart {
  firstRows: number;
  rowGroups: number;
  firstColumns: number;
  columnGroups: number;
}

/**
 * Ranges of workgroups that each stay under the limit: by rows, and by columns as well where one row of workgroups
 * is too much. The last range by rows is open: it takes what there is.
 *
 * @param macs of one workgroup
 */
export function split(device: Device, macs: number, rowGroups: number, columnGroups: number): SplitPart[] {
  const most = Math.max(1, Math.floor(macsOfDispatch(device) / macs));
  const columns = Math.min(columnGroups, most);
  const rows = Math.max(1, Math.floor(most / columns));
  const parts: SplitPart[] = [];
  for (let firstColumns = 0; firstColumns < columnGroups; firstColumns += columns) {
    for (let firstRows = 0; firstRows < rowGroups; firstRows += rows) {
      parts.push({
        firstRows,
        rowGroups: firstRows + rows < rowGroups ? rows : Infinity,
        firstColumns,
        columnGroups: Math.min(columns, columnGroups - firstColumns),
      });
    }
  }
  return parts;
}

/** Rows of a part when there are `rows` in all. */
export const rowsOf = (part: SplitPart, rowsPerGroup: number, rows: number): number =>
  Math.max(0, Math.min(rows, (part.firstRows + part.rowGroups) * rowsPerGroup) - part.firstRows * rowsPerGroup);

/** Workgroups of a part, for the counts of a pass. */
export const groupsOf =
  (part: SplitPart, rowsPerGroup: number, of: (counts: Counts) => number) =>
  (counts: Counts): [number, number, number] => [
    Math.ceil(rowsOf(part, rowsPerGroup, of(counts)) / rowsPerGroup),
    part.columnGroups,
    1,
  ];
