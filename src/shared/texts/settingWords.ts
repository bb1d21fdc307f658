/** A setting's words by its name, in the language in use. */
import type { Named } from '../settings';
import type { Words } from '../settings/words';
import { texts } from './index';

export function wordsOf({ group, key }: Pick<Named, 'group' | 'key'>): Words {
  const words: Record<string, Words> = texts().settings[group];
  return words[key];
}

/** What its field is called, with the unit: "Eval interval (steps)". */
export function labelOf(named: Named): string {
  const t = texts().settings;
  const { unit } = named.setting;
  const { label } = wordsOf(named);
  return unit ? t.withUnit(label, t.unit[unit]) : label;
}

/** A share in percent, without what binary fractions leave. */
export const toPercent = (share: number): number => Math.round(share * 1e4) / 100;

/** A value as a person reads it, in the unit of its label. */
export function valueWords(named: Named, value: unknown): string {
  const t = texts().settings;
  const { off, options } = wordsOf(named);
  if (value === null || (named.setting.kind === 'optional' && value === named.setting.off)) return off!;
  if (typeof value === 'boolean') return value ? t.yes : t.no;
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'number' && named.setting.unit === 'percent') return String(toPercent(value));
  return options?.[value as string] ?? String(value);
}
