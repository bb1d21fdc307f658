/** Which rows a kernel in WebAssembly runs over; see rows.as.ts. */
import type { Cpu } from '../../device/cpu/cpu';
import { type Rows, isActive } from './rows';

export interface RowsNow {
  /** Address of the list of open rows; 0: the pass's rows, all of them. */
  list: number;
  /** Rows of a segment, and from one segment to the next. */
  rows: number;
  stride: number;
  /** Rows in all. */
  count: number;
}

/** `rows` as they are now. */
export function rowsNow(cpu: Cpu, rows: Rows): RowsNow {
  if (isActive(rows)) {
    const count = cpu.word(rows.list, 0);
    return { list: cpu.at(rows.list), rows: count, stride: 0, count };
  }
  const { rows: each, segments, stride } = cpu.dims(rows);
  return { list: 0, rows: each, stride, count: each * segments };
}
