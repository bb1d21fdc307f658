/** Words that several parts use: units, times, fields, notices. */
export const common = {
  of: (done: string, total: string) => `${done} of ${total}`,
  asTable: 'As a table',
  step: (n: string) => `step ${n}`,
  notice: {
    text: '{head} {message}',
    error: 'Error.',
    warning: 'Note.',
    inLine: { error: (line: number) => `Error in line ${line}.`, warning: (line: number) => `Note in line ${line}.` },
    dismiss: 'Dismiss this message',
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
  unnamedGpu: 'unnamed adapter',
  pastedText: 'pasted text',
  token: {
    /** A token that holds only a part of a character. */
    partOf: (bytes: string, character: string) => `${bytes.includes(' ') ? 'bytes' : 'byte'} ${bytes} of “${character}”`,
    broken: (bytes: string) => `${bytes.includes(' ') ? 'bytes' : 'byte'} ${bytes} of a broken character`,
  },
  /** By the names under which experiments keep the classes of tokens. */
  tokenClass: {
    group: { Kind: 'Kind', Part: 'Part', 'Place in the text': 'Place in the text', Frequency: 'Frequency' },
    name: {
      whitespace: 'whitespace', punctuation: 'punctuation', digits: 'digits', 'function word': 'function word', 'other word': 'other word', 'inside a word': 'inside a word', mark: 'mark',
      prompt: 'prompt', answer: 'answer',
      first: 'first', '2–4': '2–4', '5–8': '5–8', '9–16': '9–16', '17–32': '17–32', '33–64': '33–64', 'after 64': 'after 64',
      'the 10 commonest': 'the 10 commonest', 'the next 90': 'the next 90', 'the next 900': 'the next 900', rarer: 'rarer', 'not in the training data': 'not in the training data',
    },
  },
};
