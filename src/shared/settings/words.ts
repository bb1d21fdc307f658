/** What a catalogue says of each setting, by its kind: a missing word does not compile. */
import type { ChoiceSetting, OptionalSetting, Settings } from './setting';

export interface Words {
  /** The field's term, without its unit. */
  label: string;
  /** A plain sentence or two. */
  help: string;
  /** Beside a value in a run's name, where the label would be long. */
  short?: string;
  /** Of a choice, by value. */
  options?: Record<string, string>;
  /** What null or 'auto' is called. */
  off?: string;
  /** The box that switches the number on, or leaves it to the program. */
  tick?: string;
}

type WordsOf<S> = Pick<Words, 'label' | 'help' | 'short'> &
  (S extends ChoiceSetting<infer V> ? { options: Record<V, string> } : unknown) &
  (S extends OptionalSetting<null> | OptionalSetting<'auto'> ? { off: string; tick: string } : unknown) &
  (S extends { kind: 'own'; default: infer D } ? (null extends D ? { off: string } : unknown) : unknown);

export type GroupWords<G extends Settings> = { [K in keyof G]: WordsOf<G[K]> };
