/**
 * What a method is outside the engine: the schema, the form, experiments, links and docs/settings.md are made from
 * these entries, and from its sentence in the catalogue (`texts().train.run.does`). Its work is in
 * `engine/adapters/<update>`.
 */
import type { Message } from '../message';
import type { Settings } from '../settings/setting';

type Values = Readonly<Record<string, unknown>>;

/** A setting that cannot be as it is. */
interface Complaint {
  /** Of the method's own settings. */
  key: string;
  said: Message;
}

export interface MethodDescription {
  /** In configurations and files. */
  name: string;
  /** What people call it. */
  label: string;
  /** Whose update it applies: its own, or that of the method whose tokens it gates. */
  update: string;
  /** Whether a gate decides for each token and module. */
  gated: boolean;
  /** Whether its update is another matrix for each token: then it cannot be merged. A gate does that by itself. */
  perToken?: true;
  /** Its update rescales the frozen output as well: it is more than a pair of matrices. */
  rescales?: true;
  /** Settings of the adapter that must stay at their defaults, and what is said where they do not. */
  refuses?: Readonly<Record<string, Message>>;
  /** Settings of the adapter that mean nothing for it. */
  ignores?: readonly string[];
  /** Settings that it alone has: a group of a run, by the name of its update. */
  settings?: Settings;
  /** The one of them that is the rank it starts with; and what that is for a run that is to end at `rank`. */
  firstRank?: { key: string; of(rank: number): number };
  /** Its update is proportional to B: B times a number is the way from no adapter to the adapter. */
  scales?: true;
  /** What B A x is multiplied with, where it is not LoRA's α/r or α/√r. @param own values of its own settings */
  scaling?(run: { rank: number; alpha: number }, own: Values): number;
  /** What its own settings must not be. @param steps of the run */
  complaints?(run: { rank: number }, own: Values, steps: number): Complaint[];
}

/** The same update behind a gate per token and module. */
export const gated = <M extends MethodDescription>(method: M): Gated<M> => ({
  ...method,
  name: `ts-${method.name}`,
  label: `TS-${method.label}`,
  gated: true,
});
type Gated<M extends MethodDescription> = Omit<M, 'name' | 'label' | 'gated'> & {
  name: `ts-${M['name']}`;
  label: string;
  gated: true;
};
