import type { Columns } from '../../../shared/model';

/** Where each column of a part lies in the whole. */
export const columnsRef = ({ first, groups, width, stride }: Columns): number[] =>
  Array.from({ length: groups * width }, (_, c) => first + Math.floor(c / width) * stride + (c % width));
