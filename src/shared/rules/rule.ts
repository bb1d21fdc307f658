/** What a gate rule is outside the engine. Its work is in `engine/adapters/gate`, its words are in the catalogue. */
export interface RuleDescription {
  name: string;
  /**
   * How the gate goes by the size r of an update: a threshold τ that it learns from μ, the share of tokens with the
   * largest r (τ follows from it), or not at all.
   */
  cut: 'learned' | 'share' | null;
  /** It draws its tokens again each time: no file could say what the adapter does. */
  draws?: true;
  /** What is left of an active update: not Δ but max(0, 1 − τ/r) Δ. Its files say so by their `peft_type`. */
  shrinks?: true;
  /** What a skipped token gets: a vector of each module, trained with B. Its files say so by their `peft_type`. */
  constant?: true;
  /** Every token is active for a share of the run, `gateStart`. */
  late?: true;
  /** Outside training every token is active. */
  activeOutsideTraining?: true;
  /** Keys of the gate's settings that count, besides the rule itself. */
  settings: readonly string[];
  /** What the form sets with it where that is automatic. */
  start?: Readonly<Record<string, number>>;
}
