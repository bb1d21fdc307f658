/** Words that several parts use: units, times, fields, notices. */
export const common = {
  of: (done: string, total: string) => `${done} of ${total}`,
  asTable: 'As a table',
  table: {
    menu: (title: string) => `${title}: files`,
    file: (kind: string, title: string) => `${kind} of ${title}`,
    format: { md: 'Markdown', tex: 'LaTeX', csv: 'CSV' },
  },
  /** What a table says of where its numbers come from. */
  provenance: {
    model: 'Base model',
    device: 'Device',
    data: 'Data',
    hash: 'SHA-256 of the data',
    split: 'Seed of the split',
    seed: 'Seed of training',
    software: 'Written by',
  },
  notice: {
    text: '{head} {message}',
    error: 'Error.',
    warning: 'Note.',
    inLine: { error: (line: number) => `Error in line ${line}.`, warning: (line: number) => `Note in line ${line}.` },
    dismiss: 'Dismiss this message',
    details: 'Diagnostics',
    copyDetails: 'Copy diagnostics',
    copied: 'Copied',
  },
  field: {
    changed: 'changed',
    changedHelp: (initial: string | number) => `Changed; the default is ${initial}`,
    fromDefault: (initial: string | number) => `from default ${initial}`,
  },
  unit: { s: 's', min: 'min', h: 'h' },
  /** From one time to another; the first has its unit only where the second has another. */
  range: (from: string, to: string) => `${from} to ${to}`,
  ago: {
    now: 'just now',
    minutes: (n: number) => `${n} minute${n === 1 ? '' : 's'} ago`,
    hours: (n: number) => `${n} hour${n === 1 ? '' : 's'} ago`,
    days: (n: number) => `${n} day${n === 1 ? '' : 's'} ago`,
  },
  million: (n: string) => `${n} million`,
  billion: (n: string) => `${n} billion`,
  /** What a run is computed on. */
  device: {
    unknown: 'unknown device',
    /** Between two devices that a run was computed on, one after the other. */
    afterwards: ', then ',
  },
  pastedText: 'pasted text',
  /** Data from several files. */
  severalFiles: (first: string, n: number) => `${first} and ${n - 1} more`,
  token: {
    /** A token that holds only a part of a character. */
    partOf: (bytes: string, character: string) =>
      `${bytes.includes(' ') ? 'bytes' : 'byte'} ${bytes} of “${character}”`,
    broken: (bytes: string) => `${bytes.includes(' ') ? 'bytes' : 'byte'} ${bytes} of a broken character`,
  },
};
