/** `npm run settings`: writes docs/settings.md from the entries of the settings. A test looks that it is up to date. */
import { writeFileSync } from 'node:fs';
import { METHOD_NAMES } from '../src/shared/config';
import {
  GROUP_NAMES,
  type GroupName,
  type Named,
  fieldOf,
  flagOf,
  methodsOf,
  pathOf,
  rulesOf,
  settingsOf,
  sweptSetting,
} from '../src/shared/settings';
import type { NumberSetting, Setting } from '../src/shared/settings/setting';
import { texts } from '../src/shared/texts';
import { labelOf, wordsOf } from '../src/shared/texts/settingWords';

const HEAD = ['setting', 'what it does', 'key', 'values', 'default', 'flag', 'PEFT, TRL', 'counts for', 'sweep'];

export function settingsTable(): string {
  return `# Settings

Made by \`npm run settings\` from \`src/shared/settings/\` and the English catalogue. Do not edit it by hand.

A setting stands in a settings file or link under its key (\`runs.n\`: each run), and has a flag of [\`sieve train\`](terminal.md) and \`npm run demo\`. A share is a number from 0 to 1 there, and a percentage in the form. Values: \`off\` and \`auto\` leave a number out. Sweep: the setting may vary in an experiment.

${GROUP_NAMES.map(part).join('\n')}`;
}

function part(group: GroupName): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...settingsOf(group).map(row)].map((cells) => `| ${cells.join(' | ')} |`);
  return `## ${texts().settings.group[group]}\n\n${lines.join('\n')}\n`;
}

function row(named: Named): string[] {
  const { group, key, setting } = named;
  const { library } = setting;
  return [
    labelOf(named),
    wordsOf(named).help,
    `\`${pathOf(group, 'n')}.${key}\``,
    values(setting),
    inFile(setting.default),
    `\`--${flagOf(named)}\``,
    library ? `${library.name} \`${library.parameter}\`` : '',
    countsFor(named),
    sweptSetting(fieldOf(named))?.group === group ? 'yes' : '',
  ];
}

function values(setting: Setting): string {
  switch (setting.kind) {
    case 'number':
      return range(setting);
    case 'optional':
      return `${setting.off ?? 'off'}, or ${range(setting)}`;
    case 'choice':
      return setting.values.map((value) => `\`${value}\``).join(', ');
    case 'flag':
      return 'true, false';
    case 'own':
      return `${setting.default === null ? 'off, or ' : ''}${setting.list ? 'names' : 'a name'}`;
  }
}

/** A value as flags and files have it. */
const inFile = (value: Setting['default']): string => `\`${value ?? 'off'}\``;

function range({ whole, min, above, max }: Pick<NumberSetting, 'whole' | 'min' | 'above' | 'max'>): string {
  return `${above === undefined ? min : `above ${above}`} to ${max}${whole ? ', whole' : ''}`;
}

/** Methods and gate rules, where not all. */
function countsFor(named: Named): string {
  const methods = methodsOf(named);
  const rules = rulesOf(named);
  return [methods?.map((m) => METHOD_NAMES[m]).join(', '), rules && `rules ${rules.join(', ')}`]
    .filter(Boolean)
    .join('; ');
}

export async function main(): Promise<number> {
  writeFileSync('docs/settings.md', settingsTable());
  return 0;
}
