/** The command line's options: those of settings come from their entries, all others are listed here. */
import { parseArgs } from 'node:util';
import { ConfigError } from '../shared/errors';
import { message } from '../shared/message';
import { settingFlags } from './flags';

/** Takes a value, several by being given several times, or none. */
type Takes = 'value' | 'values' | 'nothing';

const OPTIONS = {
  help: 'nothing',
  version: 'nothing',
  language: 'value',
  json: 'nothing',
  model: 'value',
  'model-file': 'value',
  device: 'value',
  threads: 'value',
  data: 'values',
  validation: 'values',
  'validation-share': 'value',
  'data-seed': 'value',
  'max-examples': 'value',
  'all-tokens': 'nothing',
  'no-stratify': 'nothing',
  kind: 'value',
  column: 'values',
  'prompt-template': 'value',
  'completion-template': 'value',
  out: 'value',
  fresh: 'nothing',
  'hand-over': 'nothing',
  prompt: 'value',
  'max-new-tokens': 'value',
  temperature: 'value',
  'top-p': 'value',
  'sampling-seed': 'value',
  to: 'value',
  values: 'value',
} as const satisfies Record<string, Takes>;
type Name = keyof typeof OPTIONS;

/** Options that are not settings. */
export const optionNames = Object.keys(OPTIONS) as readonly Name[];

type ValueOf<T extends Takes> = T extends 'nothing' ? true : T extends 'values' ? string[] : string;

export type Options = { [K in Name]?: ValueOf<(typeof OPTIONS)[K]> } & {
  /** Flags of settings, as typed. */
  settings: Record<string, string>;
};

export interface Parsed {
  /** What is no option: the command, and what it is about. */
  words: string[];
  options: Options;
}

/** What an option takes; undefined for one that there is not. */
const takes = (name: string): Takes | undefined =>
  Object.hasOwn(OPTIONS, name) ? OPTIONS[name as Name] : settingFlags.includes(name) ? 'value' : undefined;

/** @throws {ConfigError} for an option that there is not, or one with a value too many or too few */
export function parseOptions(args: readonly string[]): Parsed {
  const type = (name: string) => (takes(name) === 'nothing' ? ('boolean' as const) : ('string' as const));
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries([...optionNames, ...settingFlags].map((name) => [name, { type: type(name) }])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  const words: string[] = [];
  const options: Record<string, unknown> & { settings: Record<string, string> } = { settings: {} };
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName: option, value } = token;
    const how = takes(name);
    if (how === undefined) throw new ConfigError(message('cli.unknownOption', { option }));
    if (how === 'nothing') {
      if (value !== undefined) throw new ConfigError(message('cli.noValueWanted', { option }));
      options[name] = true;
    } else {
      if (value === undefined) throw new ConfigError(message('cli.valueMissing', { option }));
      if (!Object.hasOwn(OPTIONS, name)) options.settings[name] = value;
      else options[name] = how === 'values' ? [...((options[name] as string[] | undefined) ?? []), value] : value;
    }
  }
  return { words, options: options as Options };
}

/** A number between bounds. @throws {ConfigError} naming the option */
export function numberOf(option: Name, text: string, [least, most]: readonly [number, number], whole = true): number {
  const n = text.trim() === '' ? NaN : Number(text);
  if (!(n >= least && n <= most) || (whole && !Number.isInteger(n)))
    throw new ConfigError(message('cli.range', { option: `--${option}`, least, most, whole }));
  return n;
}

/** One of several words. @throws {ConfigError} naming the option */
export function oneOf<T extends string>(option: Name, text: string, known: readonly T[]): T {
  if (!(known as readonly string[]).includes(text))
    throw new ConfigError(message('cli.oneOf', { option: `--${option}`, known: known.join(', ') }));
  return text as T;
}
