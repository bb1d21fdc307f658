/** The command line: finds the command, gives it what it needs, and puts what goes wrong into words. */
import { version } from '../../package.json';
import { appBase } from '../hub/source';
import { DATA_FORMATS, DATA_KINDS } from '../shared/data';
import { ConfigError, SieveError } from '../shared/errors';
import { message } from '../shared/message';
import { LANGUAGES, type Language, speak, speakOfErrors, texts } from '../shared/texts';
import { sayError } from '../shared/texts/say';
import { fetchModels } from '../store/shipped';
import { compare, exportAdapter, generate } from './adapters';
import type { CliWords, Command } from './command';
import { evaluateCommand } from './eval';
import { EXIT } from './exit';
import { serveSite } from './node';
import { oneOf, parseOptions } from './options';
import { prepare } from './prepare';
import { type Terminal, processTerminal } from './terminal';
import { train } from './train';

const COMMANDS: Record<string, Command> = {
  train,
  prepare,
  eval: evaluateCommand,
  generate,
  compare,
  export: exportAdapter,
};

const LANGUAGE_CODES = Object.keys(LANGUAGES) as Language[];

/** The language that the terminal is set to, where there are words in it. */
function ownLanguage(): Language {
  const [set] = (process.env.LC_ALL || process.env.LANG || '').split(/[_.]/);
  return LANGUAGE_CODES.find((code) => code === set) ?? 'en';
}

const help = async (words: CliWords): Promise<string> =>
  words.help({
    languages: LANGUAGE_CODES.join(', '),
    models: (await fetchModels(appBase())).map(({ id }) => id),
    formats: DATA_FORMATS.join(', '),
    // The browser decodes pictures.
    kinds: DATA_KINDS.filter((kind) => kind !== 'picture-label').join(', '),
  });

/** The first signal asks to end well; the next ends the process as ever. */
const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

/**
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function main(
  args: readonly string[],
  {
    terminal = processTerminal(),
    interrupted = signalled,
  }: { terminal?: Terminal; interrupted?: () => Promise<void> } = {},
): Promise<number> {
  await speakOfErrors();
  await speak(ownLanguage());
  serveSite();
  let json = args.includes('--json');
  try {
    const { words, options } = parseOptions(args);
    json = options.json === true;
    if (options.language !== undefined) await speak(oneOf('language', options.language, LANGUAGE_CODES));
    const { words: cliWords } = texts().errors.cli;
    if (options.version) {
      terminal.print(version);
      return EXIT.done;
    }
    const [name, ...rest] = words;
    if (options.help || name === undefined) {
      terminal.print(await help(cliWords));
      return options.help ? EXIT.done : EXIT.usage;
    }
    if (!Object.hasOwn(COMMANDS, name))
      throw new ConfigError(message('cli.unknownCommand', { name, known: Object.keys(COMMANDS).join(', ') }));
    return await COMMANDS[name]({ options, words: rest, terminal, texts: cliWords, interrupted });
  } catch (error) {
    terminal.progress('');
    if (!(error instanceof SieveError)) throw error;
    const { message: said, hint } = sayError(error);
    if (json) terminal.print(JSON.stringify({ type: 'error', code: error.code, message: said, hint }));
    else terminal.note([texts().errors.cli.words.error({ text: said }), hint].filter(Boolean).join('\n'));
    return error instanceof ConfigError ? EXIT.usage : EXIT.failed;
  }
}
