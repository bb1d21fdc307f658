/** Rows that cannot be read, by what is said of them. */
import type { LostRow } from '../shared/data';
import { say } from '../shared/texts/say';

/** Those whose reason holds `search`, whatever its case. */
export const rowsThatSay = (search: string, rows: readonly LostRow[]): number[] =>
  rows.filter(({ why }) => say(why).toLowerCase().includes(search.toLowerCase())).map(({ row }) => row);
