/**
 * What a setting is: its values, its default and where it counts, as data. The schema, the form, the config diff, the
 * experiment grid, links, files, flags and docs/settings.md are made from these entries. Their words are in the
 * catalogue (`texts().settings`), typed by key.
 */
import { z } from '../zod';

/** What a number counts. `percent`: a share from 0 to 1 that is shown and typed in percent. */
type Unit = 'percent' | 'tokens' | 'steps' | 'evaluations';

/** What of a gate decides which of its settings count. */
export interface GateValues {
  rule: string;
  tauLearningRate: number | 'auto';
  targetSparsity: number | null;
  gradientFrom: 'train' | 'dev';
  follows: string | null;
}

interface Common {
  /** In sight at once, or behind a disclosure. */
  place: 'main' | 'more';
  unit?: Unit;
  /** Of a gate's: where it means something besides what its rule says; always unless said. */
  when?: (gate: GateValues) => boolean;
  /** May vary in an experiment: the values that its form starts with, as typed. */
  sweep?: string;
  /** The same setting in Hugging Face's libraries. */
  library?: { name: 'PEFT' | 'TRL'; parameter: string };
  /** On the command line, without the dashes, where the key does not say it. */
  flag?: string;
  /** Its key in version 1 of the configuration, where that was another. */
  was?: string;
  /** What it was before version 3 where a link said nothing of it, if that was another value. */
  wasDefault?: unknown;
}

interface Bounds {
  whole?: true;
  min?: number;
  /** Lowest value, itself excluded. */
  above?: number;
  max: number;
}

export interface NumberSetting extends Common, Bounds {
  kind: 'number';
  default: number;
}

/**
 * A number that may be left out: null = off, 'auto' = the program's choice. Left out unless its entry has a default.
 */
export interface OptionalSetting<Off extends null | 'auto'> extends Common, Bounds {
  kind: 'optional';
  off: Off;
  default: Off | number;
  /** What the number starts at in the form. */
  start: number;
}

export interface ChoiceSetting<V extends string> extends Common {
  kind: 'choice';
  values: readonly V[];
  default: V;
  /** What version 1 called some of them. */
  wasValue?: Readonly<Record<string, string>>;
}

export interface FlagSetting extends Common {
  kind: 'flag';
  default: boolean;
}

/** A value with a form of its own, as its schema says. */
export interface OwnSetting<T> extends Common {
  kind: 'own';
  /** Several names. */
  list?: true;
  schema: z.ZodType<T>;
  default: T;
}

export type Setting =
  | NumberSetting
  | OptionalSetting<null>
  | OptionalSetting<'auto'>
  | ChoiceSetting<string>
  | FlagSetting
  | OwnSetting<Names>;

/** Values of settings with a form of their own: a list of names, or one. */
type Names = readonly string[] | string | null;

export type Settings = Record<string, Setting>;

export const number = (setting: Omit<NumberSetting, 'kind'>): NumberSetting => ({ kind: 'number', ...setting });

export const optional = <Off extends null | 'auto'>(
  setting: Omit<OptionalSetting<Off>, 'kind' | 'default'> & { default?: number },
): OptionalSetting<Off> => ({ kind: 'optional', ...setting, default: setting.default ?? setting.off });

export const choice = <const V extends string>(
  values: readonly V[],
  setting: Omit<ChoiceSetting<V>, 'kind' | 'values' | 'default'> & { default: NoInfer<V> },
): ChoiceSetting<V> => ({ kind: 'choice', values, ...setting });

export const flag = (setting: Omit<FlagSetting, 'kind'>): FlagSetting => ({ kind: 'flag', ...setting });

export const own = <T>(schema: z.ZodType<T>, setting: Omit<OwnSetting<T>, 'kind' | 'schema'>): OwnSetting<T> => ({
  kind: 'own',
  schema,
  ...setting,
});

type Value<S> =
  S extends OwnSetting<infer T>
    ? T
    : S extends ChoiceSetting<infer V>
      ? V
      : S extends OptionalSetting<infer Off>
        ? number | Off
        : S extends NumberSetting
          ? number
          : boolean;

type Shape<G> = { [K in keyof G]: z.ZodDefault<z.ZodType<Value<G[K]>>> };

function numberSchema({ whole, min, above, max }: Bounds): z.ZodType<number> {
  const base = whole ? z.int() : z.number();
  const bounded = above === undefined ? base.min(min!) : base.gt(above);
  return bounded.max(max);
}

function valueSchema(setting: Setting): z.ZodType {
  switch (setting.kind) {
    case 'number':
      return numberSchema(setting);
    case 'optional':
      return setting.off === null
        ? numberSchema(setting).nullable()
        : z.union([z.literal('auto'), numberSchema(setting)]);
    case 'choice':
      return z.enum(setting.values as [string, ...string[]]);
    case 'flag':
      return z.boolean();
    case 'own':
      return setting.schema;
  }
}

/** The fields of a strict object with these settings; a missing one gets its default. */
export function shapeOf<G extends Settings>(settings: G): Shape<G> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, setting]) => [
      key,
      valueSchema(setting).default(() => structuredClone(setting.default)),
    ]),
  ) as unknown as Shape<G>;
}
