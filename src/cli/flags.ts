/** Settings from the command line: every setting has a flag, and its value stands as in a settings file. */
import { type SessionConfig, parseSession } from '../shared/config';
import { GROUP_NAMES, type Named, flagOf, settingsOf } from '../shared/settings';

const FLAGS = new Map(GROUP_NAMES.flatMap((group) => settingsOf(group)).map((named) => [flagOf(named), named]));

/** The flags there are, without their dashes. */
export const settingFlags: readonly string[] = [...FLAGS.keys()];

function read({ setting }: Named, text: string): unknown {
  switch (setting.kind) {
    case 'number':
      return Number(text);
    case 'optional':
      return text === 'off' || text === 'auto' ? setting.off : Number(text);
    case 'choice':
      return text;
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'own':
      return text === 'off' ? null : setting.list ? text.split(',') : text;
  }
}

/**
 * The experiment with what the flags say; a flag of a run's setting holds for all runs. Other options are left alone.
 * @throws {ConfigError} naming the setting whose value is not allowed
 */
export function withFlags(config: SessionConfig, named: Readonly<Record<string, string>>): SessionConfig {
  const { train, runs } = structuredClone(config);
  for (const [flag, text] of Object.entries(named)) {
    const setting = FLAGS.get(flag);
    if (!setting) continue;
    const { group, key } = setting;
    const targets = group === 'train' ? [train] : runs.map((run) => (group === 'run' ? run : run[group]));
    for (const target of targets) Object.assign(target, { [key]: read(setting, text) });
  }
  return parseSession({ train, runs });
}
