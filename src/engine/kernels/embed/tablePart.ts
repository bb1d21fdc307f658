import type { Weight } from '../matmul/weight';

/** A table of `rows` rows that starts at row `first` of the whole one: large tables are split over bindings. */
export interface TablePart {
  first: number;
  rows: number;
  weight: Weight;
}
