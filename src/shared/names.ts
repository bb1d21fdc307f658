/**
 * Names that what is made on the page gets at its start: a saved session, an experiment's variants, data that were
 * pasted. Each is kept as it was given, in the language of that moment. The page hands them to the store, which has no
 * words.
 */
import type { SampleSet } from './data';
import type { DataOrigin } from './dataRecipe';
import type { Ranking } from './experiment';
import type { GateRule } from './rules';

/** A setting that varies in a grid of an experiment, and its value as it was typed. */
export interface Varied {
  /** Its key. */
  field: string;
  shown: string;
}

export interface Names {
  /** Data; '' where there are none. */
  data(origin: DataOrigin | null, samples: readonly SampleSet[]): string;
  severalFiles(first: string, n: number): string;
  /** A model's own chat template that was changed by hand. */
  editedTemplate(name: string): string;
  /** "LoRA, TS-LoRA on Ship's log": a saved session, until someone names it. */
  savedSession(runs: readonly string[], data: string): string;
  /** Who answers in Compare. */
  base(): string;
  baseOf(kept: string): string;
  imported(adapter: string): string;
  /** An adapter whose files do not say what it is called. */
  unnamedAdapter(): string;
  /** An experiment. */
  experiment: {
    compare(names: string, seeds: number): string;
    grid(names: string, by: readonly Varied['field'][], seeds: number): string;
    importance(seeds: number): string;
    /** In the place of many names. */
    many(of: 'methods' | 'runs', n: number): string;
  };
  /** A setting of a grid: "rank 8, dropout 5 %"; '' where nothing varies. */
  setting(values: readonly Varied[]): string;
  /**
   * "TS-LoRA, coins": a method under another gate rule, or with token dropout; and a variant that is shrunk after
   * training.
   */
  arm(method: string, of: GateRule | 'tokenDropout'): string;
  shrunk(run: string): string;
  /** A run that was given gates afterwards. */
  sieved(run: string, share: number): string;
  /** A variant of a grid; at most 60 characters. */
  variant(run: string, setting: string): string;
  probe(which: 'gated' | 'plain' | 'adalora'): string;
  ranking(which: Ranking | 'all'): string;
}
