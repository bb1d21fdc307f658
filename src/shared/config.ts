/**
 * What a person can set before training, as one strict schema. Everything that reads a configuration
 * from outside (a file, a form, another tab) goes through `parseExperiment`.
 */
import { z } from './zod';
import { ConfigError } from './errors';
import { texts } from './texts';

/** The seven adaptable linear layers of a Llama block, in forward order. */
export const MODULE_KINDS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export type ModuleKind = (typeof MODULE_KINDS)[number];

/** Path of a module inside a Hugging Face Llama block; PEFT's key is `model.layers.<layer>.<path>`. */
export const MODULE_PATHS: Record<ModuleKind, string> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};

/** Words are looked up when something is wrong: the language may have changed since. */
const said = (what: 'finite' | 'moduleTwice' | 'sameId') => ({ error: (): string => texts().configure.problem[what] });

const finite = z.number().refine(Number.isFinite, said('finite'));

/** How a gate decides. Symbols as in the method's documentation. */
export const GATE_RULES = ['reconstructed', 'literal', 'exact', 'averaged', 'quantile', 'random', 'oracle'] as const;
export type GateRule = (typeof GATE_RULES)[number];

/** Rules that learn a threshold τ from μ; the others choose the tokens to keep in each batch anew. */
export const LEARNED_RULES: readonly GateRule[] = ['reconstructed', 'literal', 'exact', 'averaged'];

export const learnsThreshold = (gate: { rule: GateRule }): boolean => LEARNED_RULES.includes(gate.rule);

/** Settings of the token gate (TS-PEFT). */
export const gateSchema = z.strictObject({
  /**
   * reconstructed: signed, Adam-normalised step of τ. literal: the same with the sums multiplied by s before
   * the moments, as the paper's constants expect, so that ε counts.
   * exact: the proximal point of one batch. averaged: the same over prices averaged in r's histogram.
   * quantile: the share `keep` with the largest r. random: as many tokens as `follows` keeps (or `keep`), drawn at random.
   * oracle: skips exactly the tokens with μ ≥ 0, where Δ is not 0 (two passes).
   */
  rule: z.enum(GATE_RULES).default('reconstructed'),
  /** Price of an active token against a mean loss: λ = lambdaBar / T. May be negative (fewer skips). */
  lambdaBar: finite.min(-100).max(100).default(0),
  /** Step size s of the threshold, or 'auto': s_t = 3·ρ_t / (steps − tauWarmup). */
  tauStep: z.union([z.literal('auto'), finite.positive().max(1e3)]).default('auto'),
  /** Steps before τ starts to move; 'auto' = until the learning-rate warm-up is over. */
  tauWarmup: z.union([z.literal('auto'), z.int().min(0).max(1e6)]).default('auto'),
  /** Whose median r sets the automatic step size: the run's (one s for all modules), or each module's own. */
  rhoPer: z.enum(['run', 'module']).default('run'),
  /** η of the exact and averaged proximal step, in units of τ² per unit of loss; 'auto' = unbounded step (η → ∞). */
  eta: z.union([z.literal('auto'), finite.positive().max(1e9)]).default('auto'),
  /** Skipped share that τ is steered to, after the rule's own step; null leaves τ to the rule. Learned rules only. */
  target: finite.min(0).max(0.99).nullable().default(null),
  targetPer: z.enum(['run', 'module']).default('run'),
  /** Where μ comes from: the batch that trains A and B, or a slice of the training set that they never see. */
  prices: z.enum(['own', 'held-out']).default('own'),
  /** Held-out prices are taken every this many steps. */
  pricesEvery: z.int().min(1).max(1000).default(4),
  /** Share of tokens kept by the quantile gate, and by the random gate that follows nobody. */
  keep: finite.min(0).max(1).default(0.5),
  /** Id of the gated run whose share per module and step the random gate copies. */
  follows: z.string().nullable().default(null),
});
export type GateConfig = z.infer<typeof gateSchema>;

/** The paper's constants, meant for some 10⁴ steps: s, and λ for each active token. */
export const PAPER_TAU_STEP = 4e-5;
export const PAPER_LAMBDA = 4.5e-5;

/**
 * The paper's gate for steps of `tokens` tokens. Its λ is a price of each active token of a batch whose loss is a mean;
 * here λ = lambdaBar / T, so lambdaBar = λ·T.
 */
export const paperGate = (tokens: number): GateConfig =>
  gateSchema.parse({ rule: 'literal', tauStep: PAPER_TAU_STEP, lambdaBar: PAPER_LAMBDA * tokens });

/** AdaLoRA's budget schedule and regularisation; names and meaning are PEFT's. `rank` of the run is `target_r`. */
export const adaloraSchema = z.strictObject({
  initRank: z.int().min(1).max(64).default(12),
  /** Steps before pruning starts, and final steps at the target budget; 'auto' = a tenth and a third of the run. */
  tinit: z.union([z.literal('auto'), z.int().min(0).max(1e6)]).default('auto'),
  tfinal: z.union([z.literal('auto'), z.int().min(0).max(1e6)]).default('auto'),
  deltaT: z.int().min(1).max(1e4).default(1),
  beta1: finite.min(0).max(0.9999).default(0.85),
  beta2: finite.min(0).max(0.9999).default(0.85),
  orthRegWeight: finite.min(0).max(100).default(0.5),
});
export type AdaloraConfig = z.infer<typeof adaloraSchema>;

/** Steps before AdaLoRA starts to prune, and final ones at its target, in a run of `steps`. */
export function adaloraWindow({ tinit, tfinal }: AdaloraConfig, steps: number): { tinit: number; tfinal: number } {
  return {
    tinit: tinit === 'auto' ? Math.floor(steps / 10) : tinit,
    tfinal: tfinal === 'auto' ? Math.floor(steps / 3) : tfinal,
  };
}

/** AdaLoRA's first rank for a run that is to end at `rank`: half as much again (PEFT's defaults are 12 and 8). */
export const startRank = (rank: number): number => Math.min(64, Math.max(12, Math.ceil(rank * 1.5)));

export const METHODS = ['lora', 'dora', 'adalora', 'ts-lora', 'ts-dora'] as const;
export type MethodName = (typeof METHODS)[number];

/** What people call them. */
export const METHOD_NAMES: Record<MethodName, string> = {
  lora: 'LoRA',
  dora: 'DoRA',
  adalora: 'AdaLoRA',
  'ts-lora': 'TS-LoRA',
  'ts-dora': 'TS-DoRA',
};

/** One adaptable module by name, `3.q`: layer 3, query projection. */
const moduleName = z.string().regex(/^\d{1,3}\.(q|k|v|o|gate|up|down)$/);

/** One adapter that is trained. Runs of an experiment share everything in `TrainConfig`. */
export const runSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  name: z.string().min(1).max(60),
  method: z.enum(METHODS),
  rank: z.int().min(1).max(64).default(8),
  alpha: finite.positive().max(1e4).default(16),
  /** rsLoRA: α/√r instead of α/r (PEFT `use_rslora`). */
  rslora: z.boolean().default(false),
  /** LoRA+: B learns this many times as fast as A. */
  loraPlusRatio: finite.min(1).max(1e3).default(1),
  /** Dropout on the adapter's input, seeded by the experiment: equal for runs that are compared. */
  dropout: finite.min(0).max(0.9).default(0),
  /** Its own learning rate; null = the experiment's. */
  learningRate: finite.positive().max(1).nullable().default(null),
  modules: z
    .array(z.enum(MODULE_KINDS))
    .min(1)
    .max(7)
    .default([...MODULE_KINDS])
    .refine((m) => new Set(m).size === m.length, said('moduleTwice')),
  /** Exactly these modules instead of `modules` in every layer; null = not used. */
  only: z
    .array(moduleName)
    .min(1)
    .max(7 * 200)
    .nullable()
    .default(null)
    .refine((m) => !m || new Set(m).size === m.length, said('moduleTwice')),
  gate: gateSchema.default(() => gateSchema.parse({})),
  adalora: adaloraSchema.default(() => adaloraSchema.parse({})),
});
export type RunConfig = z.infer<typeof runSchema>;

/** Rows of A: what a run starts with; AdaLoRA prunes from there down to `rank` on average. */
export const rankOf = (run: Pick<RunConfig, 'method' | 'rank' | 'adalora'>): number =>
  run.method === 'adalora' ? run.adalora.initRank : run.rank;

/** What B A x is multiplied with, as in PEFT: α/r, α/√r (rsLoRA), and for AdaLoRA α over its first rank (1e-5 is PEFT's). */
export function scalingOf(run: Pick<RunConfig, 'method' | 'rank' | 'alpha' | 'rslora' | 'adalora'>): number {
  if (run.method === 'adalora') return run.alpha / (run.adalora.initRank + 1e-5);
  return run.alpha / (run.rslora ? Math.sqrt(run.rank) : run.rank);
}

/** Whether the run has a gate per token and module. */
export const isGated = (run: Pick<RunConfig, 'method'>): boolean =>
  run.method === 'ts-lora' || run.method === 'ts-dora';

/** Whether the gate draws its tokens anew each time: then there are no thresholds, and no file could say what the adapter does. */
export const drawsTokens = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  isGated(run) && run.gate.rule === 'random';

/** What all runs of an experiment share: data order, schedule, optimizer. */
export const trainSchema = z.strictObject({
  seed: z.int().min(0).max(0xffffffff).default(1),
  steps: z.int().min(1).max(100_000).default(100),
  learningRate: finite.positive().max(1).default(3e-3),
  warmupSteps: z.int().min(0).max(100_000).default(10),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('linear'),
  beta1: finite.min(0).max(0.9999).default(0.9),
  beta2: finite.min(0).max(0.99999).default(0.999),
  epsilon: finite.positive().max(1).default(1e-8),
  weightDecay: finite.min(0).max(1).default(0),
  /** Largest global gradient norm of one run (A and B only); 0 switches clipping off. */
  clipNorm: finite.min(0).max(1e6).default(1),
  /** Sequences per micro-batch, and micro-batches per optimizer step. */
  batchSize: z.int().min(1).max(256).default(4),
  accumulation: z.int().min(1).max(256).default(1),
  /** Longest sequence in tokens; the model's context is the upper bound. */
  maxTokens: z.int().min(8).max(4096).default(64),
  evalEvery: z.int().min(1).max(100_000).default(20),
  evalExamples: z.int().min(1).max(10_000).default(32),
  /** Share of the training set that A and B never see: held-out prices and early stopping use it. Never evaluated on. */
  sliceShare: finite.min(0).max(0.5).default(0),
  /** Every run ends with the adapter that was best on the slice, looked at every `evalEvery` steps. */
  keepBest: z.boolean().default(false),
  /** A run rests after this many evaluations in a row without a better held-out loss; null = never. */
  patience: z.int().min(1).max(1000).nullable().default(null),
});
export type TrainConfig = z.infer<typeof trainSchema>;

export const experimentSchema = z
  .strictObject({
    train: trainSchema,
    runs: z
      .array(runSchema)
      .min(1)
      .max(8)
      .refine((r) => new Set(r.map((x) => x.id)).size === r.length, said('sameId')),
  })
  .superRefine(({ train, runs }, context) => {
    const t = texts().configure.problem;
    const bad = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (train.keepBest && train.sliceShare === 0) bad(['train', 'sliceShare'], t.keepBestSlice);
    runs.forEach((run, i) => {
      // The engine would refuse these too, but only when everything is compiled.
      if (run.dropout > 0 && (run.method === 'dora' || run.method === 'ts-dora'))
        bad(['runs', i, 'dropout'], t.doraDropout);
      if (run.method === 'adalora') {
        const { tinit, tfinal } = adaloraWindow(run.adalora, train.steps);
        if (run.adalora.initRank < run.rank) bad(['runs', i, 'adalora', 'initRank'], t.firstRank(run.rank));
        if (tinit >= train.steps - tfinal)
          bad(['runs', i, 'adalora', 'tinit'], t.noPruning(tinit, tfinal, train.steps));
      }
      if (!isGated(run)) return;
      if (run.gate.prices === 'held-out' && train.sliceShare === 0) bad(['train', 'sliceShare'], t.pricesSlice);
      const { follows } = run.gate;
      if (follows !== null && !runs.slice(0, i).some((r) => r.id === follows && isGated(r)))
        bad(['runs', i, 'gate', 'follows'], t.follows);
    });
  });
export type ExperimentConfig = z.infer<typeof experimentSchema>;

/** The product's default: plain LoRA beside TS-LoRA, everything else equal. */
export function defaultExperiment(): ExperimentConfig {
  return experimentSchema.parse({
    train: {},
    runs: [
      { id: 'lora', name: 'LoRA', method: 'lora' },
      { id: 'ts-lora', name: 'TS-LoRA', method: 'ts-lora' },
    ].map((r) => runSchema.parse(r)),
  });
}

/** What is wrong with one field: its path (`runs.0.gate.keep`; empty for the whole) and words that follow its name. */
export interface Problem {
  path: string;
  message: string;
}

/** An issue of a schema in words that a person can act on. Zod's own words are never used: they are English only. */
export function inWords(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.join('.');
  const t = texts().configure.problem;
  const say = (message: string): Problem => ({ path, message });
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'array') return say(t.fewEntries(Number(issue.minimum)));
      if (issue.origin === 'string') return say(t.empty);
      return say((issue.inclusive === false ? t.above : t.atLeast)(String(issue.minimum)));
    case 'too_big':
      if (issue.origin === 'array') return say(t.manyEntries(Number(issue.maximum)));
      if (issue.origin === 'string') return say(t.long(Number(issue.maximum)));
      return say((issue.inclusive === false ? t.below : t.atMost)(String(issue.maximum)));
    case 'invalid_type':
      return say(issue.expected === 'int' ? t.whole : issue.expected === 'number' ? t.number : t.type(issue.expected));
    case 'invalid_value':
      return say(t.oneOf(issue.values.join(', ')));
    case 'unrecognized_keys':
      return say(t.unknown(issue.keys.join(', '), issue.keys.length));
    case 'invalid_union': {
      // Every union here is a word or a number: what is wrong with the number is what helps.
      const issues = issue.errors.flat();
      const about =
        issues.find((i) => i.code !== 'invalid_value' && i.code !== 'invalid_type') ??
        issues.find((i) => i.code === 'invalid_type') ??
        issues.at(0);
      return say(about ? inWords(about).message : t.notAllowed);
    }
    case 'invalid_format':
      return say(t.form);
    // Said by a schema above.
    case 'custom':
      return say(issue.message);
    default:
      return say(t.notAllowed);
  }
}

/** Everything that is wrong with an experiment, in words; empty where it can be trained. */
export function experimentProblems(value: unknown): Problem[] {
  const result = experimentSchema.safeParse(value);
  return result.success ? [] : result.error.issues.map(inWords);
}

/**
 * Checks an experiment that came from outside.
 * @throws {ConfigError} naming the field and what is wrong with it.
 */
export function parseExperiment(value: unknown): ExperimentConfig {
  const result = experimentSchema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = inWords(result.error.issues[0]);
  throw new ConfigError(texts().errors.shared.badSetting(path, message));
}

/** The highest learning rate that a run reaches whose warm-up is at least as long as itself, as a share of what is set (1: at its last step only); null where the warm-up ends before. */
export function warmupReaches({ warmupSteps, steps }: Pick<TrainConfig, 'warmupSteps' | 'steps'>): number | null {
  return steps > 0 && warmupSteps >= steps ? steps / warmupSteps : null;
}

/** τ warm-up in steps: until the learning-rate warm-up is over unless set. */
export function tauWarmupSteps(gate: GateConfig, train: TrainConfig): number {
  return gate.tauWarmup === 'auto' ? train.warmupSteps : gate.tauWarmup;
}
