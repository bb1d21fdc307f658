/** What every command is given. */
import type { texts } from '../shared/texts';
import type { Options } from './options';
import type { Terminal } from './terminal';

/** The command line's own words, in the language in use. */
export type CliWords = ReturnType<typeof texts>['errors']['cli']['words'];

interface Given {
  options: Options;
  /** What follows the command's name. */
  words: string[];
  terminal: Terminal;
  texts: CliWords;
  /** Resolves when a person wants it to end; until it is called, the process ends at once. */
  interrupted: () => Promise<void>;
}

/** @returns the exit code; errors are thrown */
export type Command = (given: Given) => Promise<number>;
