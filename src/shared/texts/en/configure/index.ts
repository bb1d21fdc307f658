/** Configure section and the settings of runs. */
import { adapter } from './adapter';
import { memory, time } from './costs';
import { gate } from './gate';
import { preset } from './presets';
import { share } from './share';
import { train } from './train';

export const configure = {
  lead: 'All runs train on the same batches in the same order from the same seed. What differs is the method.',
  settings: 'Settings',
  runs: 'Runs, side by side',
  costs: 'Time and memory',
  add: (method: string) => `Add ${method}`,
  allChanged: (n: number) => (n === 0 ? 'Everything is at its default.' : `${n} changed from default.`),
  allReset: 'Back to the defaults',
  changed: 'changed',
  countChanged: (n: number) => `${n} changed`,
  reset: 'Reset',
  resetOf: (what: string) => `Reset ${what}`,
  /** What is wrong with a number in a field, in words that follow its name. */
  between: (min: number, max: number) => `must lie between ${min} and ${max} %`,
  preset,
  train,
  adapter,
  gate,
  memory,
  time,
  share,
};
