/**
 * What a person can set before training, as one strict schema. Everything that reads a configuration
 * from outside (a file, a form, another tab) goes through `parseExperiment`.
 */
import { z } from './zod';
import { ConfigError } from './errors';
import { ADALORA, ADAPTER } from './settings/adapter';
import { GATE } from './settings/gate';
import {
  GATED_METHODS,
  LEARNED_RULES,
  METHODS,
  type GateRule,
  type MethodName,
  type ModuleKind,
} from './settings/names';
import { shapeOf } from './settings/setting';
import { TRAIN } from './settings/train';
import { type Message, isMessage, message } from './message';

export {
  GATE_RULES,
  type GateRule,
  LEARNED_RULES,
  METHODS,
  type MethodName,
  MODULE_KINDS,
  type ModuleKind,
} from './settings/names';

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

export const learnsThreshold = (gate: { rule: GateRule }): boolean => LEARNED_RULES.includes(gate.rule);

/** Settings of the token gate (TS-PEFT). */
export const gateSchema = z.strictObject(shapeOf(GATE));
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

export const adaloraSchema = z.strictObject(shapeOf(ADALORA));
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

/** What people call them. */
export const METHOD_NAMES: Record<MethodName, string> = {
  lora: 'LoRA',
  dora: 'DoRA',
  adalora: 'AdaLoRA',
  'ts-lora': 'TS-LoRA',
  'ts-dora': 'TS-DoRA',
};

/** One adapter that is trained. Runs of an experiment share everything in `TrainConfig`. */
export const runSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  name: z.string().min(1).max(60),
  method: z.enum(METHODS),
  ...shapeOf(ADAPTER),
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
export const isGated = (run: Pick<RunConfig, 'method'>): boolean => GATED_METHODS.includes(run.method);

/** Whether the gate draws its tokens anew each time: then there are no thresholds, and no file could say what the adapter does. */
export const drawsTokens = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  isGated(run) && run.gate.rule === 'random';

/** What all runs of an experiment share: data order, schedule, optimizer. */
export const trainSchema = z.strictObject(shapeOf(TRAIN));
export type TrainConfig = z.infer<typeof trainSchema>;

/** What a schema's own check has to say, see `inWords`. */
export const saying = (said: Message) => ({ error: said.code, params: { said } });

export const experimentSchema = z
  .strictObject({
    train: trainSchema,
    runs: z
      .array(runSchema)
      .min(1)
      .max(8)
      .refine((r) => new Set(r.map((x) => x.id)).size === r.length, saying(message('shared.setting.sameId'))),
  })
  .superRefine(({ train, runs }, context) => {
    const bad = (path: (string | number)[], said: Message) =>
      context.addIssue({ code: 'custom', path, message: said.code, params: { said } });
    if (train.keepBest && train.sliceShare === 0) bad(['train', 'sliceShare'], message('shared.setting.keepBestSlice'));
    runs.forEach((run, i) => {
      // The engine would refuse these too, but only when everything is compiled.
      if (run.dropout > 0 && (run.method === 'dora' || run.method === 'ts-dora'))
        bad(['runs', i, 'dropout'], message('shared.setting.doraDropout'));
      if (run.method === 'adalora') {
        const { tinit, tfinal } = adaloraWindow(run.adalora, train.steps);
        if (run.adalora.initRank < run.rank)
          bad(['runs', i, 'adalora', 'initRank'], message('shared.setting.firstRank', { rank: run.rank }));
        if (tinit >= train.steps - tfinal)
          bad(
            ['runs', i, 'adalora', 'tinit'],
            message('shared.setting.noPruning', { first: tinit, last: tfinal, steps: train.steps }),
          );
      }
      if (!isGated(run)) return;
      if (run.gate.prices === 'held-out' && train.sliceShare === 0)
        bad(['train', 'sliceShare'], message('shared.setting.pricesSlice'));
      const { follows } = run.gate;
      if (follows !== null && !runs.slice(0, i).some((r) => r.id === follows && isGated(r)))
        bad(['runs', i, 'gate', 'follows'], message('shared.setting.follows'));
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
  message: Message;
}

/** An issue of a schema as something that a person can act on. Zod's own words are never used: they are English only. */
export function inWords(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.join('.');
  const say = (said: Message): Problem => ({ path, message: said });
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'array') return say(message('shared.setting.fewEntries', { least: Number(issue.minimum) }));
      if (issue.origin === 'string') return say(message('shared.setting.empty'));
      return say(
        message(`shared.setting.${issue.inclusive === false ? 'above' : 'atLeast'}`, { limit: String(issue.minimum) }),
      );
    case 'too_big':
      if (issue.origin === 'array') return say(message('shared.setting.manyEntries', { most: Number(issue.maximum) }));
      if (issue.origin === 'string') return say(message('shared.setting.long', { most: Number(issue.maximum) }));
      return say(
        message(`shared.setting.${issue.inclusive === false ? 'below' : 'atMost'}`, { limit: String(issue.maximum) }),
      );
    case 'invalid_type':
      return say(
        issue.expected === 'int'
          ? message('shared.setting.whole')
          : issue.expected === 'number'
            ? message('shared.setting.number')
            : message('shared.setting.type', { expected: issue.expected }),
      );
    case 'invalid_value':
      return say(message('shared.setting.oneOf', { values: issue.values.join(', ') }));
    case 'unrecognized_keys':
      return say(message('shared.setting.unknown', { keys: issue.keys.join(', '), n: issue.keys.length }));
    case 'invalid_union': {
      // Every union here is a word or a number: what is wrong with the number is what helps.
      const issues = issue.errors.flat();
      const about =
        issues.find((i) => i.code !== 'invalid_value' && i.code !== 'invalid_type') ??
        issues.find((i) => i.code === 'invalid_type') ??
        issues.at(0);
      return say(about ? inWords(about).message : message('shared.setting.notAllowed'));
    }
    case 'invalid_format':
      return say(message('shared.setting.form'));
    // Said by a schema of ours, see `saying`.
    case 'custom': {
      const { said, problem } = issue.params ?? {};
      if (isMessage(said)) return say(said);
      return say(
        problem === 'moduleTwice'
          ? message('shared.setting.moduleTwice')
          : message('shared.foreign', { text: issue.message }),
      );
    }
    default:
      return say(message('shared.setting.notAllowed'));
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
  const { path, message: problem } = inWords(result.error.issues[0]);
  throw new ConfigError(message('shared.badSetting', { path, problem }));
}

/** The highest learning rate that a run reaches whose warm-up is at least as long as itself, as a share of what is set (1: at its last step only); null where the warm-up ends before. */
export function warmupReaches({ warmupSteps, steps }: Pick<TrainConfig, 'warmupSteps' | 'steps'>): number | null {
  return steps > 0 && warmupSteps >= steps ? steps / warmupSteps : null;
}

/** τ warm-up in steps: until the learning-rate warm-up is over unless set. */
export function tauWarmupSteps(gate: GateConfig, train: TrainConfig): number {
  return gate.tauWarmup === 'auto' ? train.warmupSteps : gate.tauWarmup;
}
