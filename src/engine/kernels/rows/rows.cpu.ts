/** Which rows a kernel in WebAssembly runs over; see rows.as.ts. */
import type { Call, Cpu, CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
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

/** What says which rows they are now. It looks up once where the list lies: see `Call`. */
export function rowsReader(rows: Rows): (cpu: Cpu) => RowsNow {
  if (!isActive(rows)) {
    return (cpu) => {
      const { rows: each, segments, stride } = cpu.dims(rows);
      return { list: 0, rows: each, stride, count: each * segments };
    };
  }
  let list = 0;
  return (cpu) => {
    list ||= cpu.at(rows.list);
    const count = cpu.wordAt(list);
    return { list, rows: count, stride: 0, count };
  };
}

/** A range has so many rows at least: less is done before another thread has asked for the next range. */
const LEAST_ROWS = 32;

/** Runs `call`, which takes (…, rows, stride, from, to), over all rows of a pass. */
export function overRows({ dims }: Pick<RowCount, 'dims'>, call: Call): CpuFunction {
  return (cpu) => {
    const { rows, segments, stride } = cpu.dims({ dims });
    call.run(cpu, rows * segments, [rows, stride], { alone: false, least: LEAST_ROWS });
  };
}
