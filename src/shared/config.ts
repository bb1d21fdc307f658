/**
 * What a person can set before training, as one strict schema. Everything that reads a configuration
 * from outside (a file, a form, another tab) goes through `parseSession`.
 */
import { z } from './zod';
import { ConfigError } from './errors';
import { FIRST_RANKS, METHODS, OWN_GROUPS, OWN_SETTINGS, type OwnGroup, type OwnSettings, methodOf } from './methods';
import { type GateRule, ruleOf } from './rules';
import { PAPER_TAU_LEARNING_RATE } from './rules/list';
import { ADAPTER } from './settings/adapter';
import { GATE } from './settings/gate';
import { type Settings, shapeOf } from './settings/setting';
import { TRAIN } from './settings/train';
import { type Message, isMessage, message } from './message';

export { METHODS, METHOD_NAMES, type MethodName } from './methods';
export { GATE_RULES, type GateRule, learnsThreshold } from './rules';
export { ALL_LINEAR } from './settings/names';

/** Settings of the token gate (TS-PEFT). */
export const gateSchema = z.strictObject(shapeOf(GATE));
export type GateConfig = z.infer<typeof gateSchema>;

/** The paper's λ for each active token. */
export const PAPER_LAMBDA = 4.5e-5;

/**
 * The paper's gate for steps of `tokens` tokens. Its λ is a penalty for each active token of a batch whose loss is a
 * mean; here λ = sparsityPenalty / T, so sparsityPenalty = λ·T.
 */
export const paperGate = (tokens: number): GateConfig =>
  gateSchema.parse({
    rule: 'literal',
    tauLearningRate: PAPER_TAU_LEARNING_RATE,
    sparsityPenalty: PAPER_LAMBDA * tokens,
  });

/** The values of a group of settings as a run has them; a missing group has every default. */
const groupOf = (group: OwnGroup) => {
  const schema = z.strictObject(shapeOf(OWN_SETTINGS[group]));
  return [group, schema.default(() => schema.parse({}))];
};
type OwnShape = { [G in OwnGroup]: z.ZodDefault<z.ZodObject<ReturnType<typeof shapeOf<OwnSettings[G]>>>> };

/** One adapter that is trained. Runs of an experiment share everything in `TrainConfig`. */
export const runSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  name: z.string().min(1).max(60),
  method: z.enum(METHODS),
  ...shapeOf(ADAPTER),
  gate: gateSchema.default(() => gateSchema.parse({})),
  ...(Object.fromEntries(OWN_GROUPS.map(groupOf)) as OwnShape),
});
export type RunConfig = z.infer<typeof runSchema>;

/** Rows of A: what a run starts with. `rank` is what it ends with, on average. */
export function rankOf(run: Pick<RunConfig, 'method' | 'rank' | OwnGroup>): number {
  const { update } = methodOf(run);
  const first = FIRST_RANKS.find(({ group }) => group === update);
  return first ? firstRank(run, first) : run.rank;
}

const firstRank = (run: Pick<RunConfig, OwnGroup>, { group, key }: (typeof FIRST_RANKS)[number]): number =>
  ownValues(run, group)[key] as number;

/**
 * The own settings of a run that is to end at `rank`, whatever its method.
 * @param choose the first rank, from the one that is set and the usual one
 */
export const withFirstRanks = (
  run: RunConfig,
  rank: number,
  choose: (set: number, usual: number) => number,
): Partial<RunConfig> =>
  Object.fromEntries(
    FIRST_RANKS.map((first) => [
      first.group,
      { ...run[first.group], [first.key]: choose(firstRank(run, first), first.of(rank)) },
    ]),
  );

/** The values of a method's own settings. */
const ownValues = (run: object, update: string) =>
  ((run as Record<string, unknown>)[update] ?? {}) as Record<string, unknown>;

/** What B A x is multiplied with, as in PEFT: α/r, α/√r (rsLoRA), or as the method has it. */
export function scalingOf(run: Pick<RunConfig, 'method' | 'rank' | 'alpha' | 'rslora' | OwnGroup>): number {
  const { scaling, update } = methodOf(run);
  if (scaling) return scaling(run, ownValues(run, update));
  return run.alpha / (run.rslora ? Math.sqrt(run.rank) : run.rank);
}

/** Whether the run has a gate per token and module. */
export const isGated = (run: Pick<RunConfig, 'method'>): boolean => methodOf(run).gated;

/** Whether the method itself weighs the update of each token, without a gate of ours. */
export const isPerToken = (run: Pick<RunConfig, 'method'>): boolean => methodOf(run).perToken === true;

/** Whether the update is one matrix, the same for every token, so that it can be merged into the weights. */
export const isMergeable = (run: Pick<RunConfig, 'method'>): boolean => !isGated(run) && !isPerToken(run);

/**
 * Whether the gate draws its tokens again each time: then there are no thresholds, and no file could say what the
 * adapter does.
 */
export const drawsTokens = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  isGated(run) && ruleOf(run.gate).draws === true;

/** Whether the run's gate also shrinks the updates that it leaves. */
export const shrinksUpdates = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  isGated(run) && ruleOf(run.gate).shrinks === true;

/** Whether skipped tokens get a vector of each module, which is trained, in the place of nothing. */
export const givesConstant = (run: Pick<RunConfig, 'method' | 'gate'>): boolean =>
  isGated(run) && ruleOf(run.gate).constant === true;

/** The run whose active tokens a run's gate draws as many as; null where it follows none. */
export const followedBy = (run: Pick<RunConfig, 'method' | 'gate'>): string | null =>
  drawsTokens(run) ? run.gate.follows : null;

/**
 * Whether the gate has a threshold per module that can be written down: one that it learns, or that a share comes to.
 */
export const hasThresholds = (gate: { rule: GateRule }): boolean => ruleOf(gate).cut !== null;

/** What all runs of an experiment share: data order, schedule, optimizer. */
export const trainSchema = z.strictObject(shapeOf(TRAIN));
export type TrainConfig = z.infer<typeof trainSchema>;

/** What a schema's own check has to say, see `problemOf`. */
export const saying = (said: Message) => ({ error: said.code, params: { said } });

const isDefault = (run: object, key: string): boolean =>
  (run as Record<string, unknown>)[key] === (ADAPTER as Settings)[key].default;

export const sessionSchema = z
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
    if (train.loadBestCheckpoint && train.devShare === 0)
      bad(['train', 'devShare'], message('shared.setting.bestNeedsDev'));
    runs.forEach((run, i) => {
      // The engine would refuse these too, but only when everything is compiled.
      const { refuses = {}, update, complaints } = methodOf(run);
      for (const [key, said] of Object.entries(refuses)) if (!isDefault(run, key)) bad(['runs', i, key], said);
      for (const { key, said } of complaints?.(run, ownValues(run, update), train.steps) ?? [])
        bad(['runs', i, update, key], said);
      if (run.shrink && train.devShare === 0) bad(['train', 'devShare'], message('shared.setting.shrinkNeedsDev'));
      if (!isGated(run)) return;
      if (run.gate.gradientFrom === 'dev' && train.devShare === 0)
        bad(['train', 'devShare'], message('shared.setting.gradientNeedsDev'));
      const { follows } = run.gate;
      if (follows !== null && !runs.slice(0, i).some((r) => r.id === follows && isGated(r)))
        bad(['runs', i, 'gate', 'follows'], message('shared.setting.follows'));
    });
  });
export type SessionConfig = z.infer<typeof sessionSchema>;

/** The product's default: plain LoRA beside TS-LoRA, everything else equal. */
export function defaultSession(): SessionConfig {
  return sessionSchema.parse({
    train: {},
    runs: [
      { id: 'lora', name: 'LoRA', method: 'lora' },
      { id: 'ts-lora', name: 'TS-LoRA', method: 'ts-lora' },
    ].map((r) => runSchema.parse(r)),
  });
}

/**
 * What is wrong with one field: its path (`runs.0.gate.activeShare`; empty for the whole) and words that follow its
 * name.
 */
export interface Problem {
  path: string;
  message: Message;
}

/**
 * An issue of a schema as something that a person can act on. Zod's own words are never used: they are English only.
 */
export function problemOf(issue: z.core.$ZodIssue): Problem {
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
      return say(about ? problemOf(about).message : message('shared.setting.notAllowed'));
    }
    case 'invalid_format':
      return say(message('shared.setting.form'));
    // Said by a schema of ours, see `saying`.
    case 'custom': {
      const said: unknown = issue.params?.said;
      return say(isMessage(said) ? said : message('shared.foreign', { text: issue.message }));
    }
    default:
      return say(message('shared.setting.notAllowed'));
  }
}

/** Everything that is wrong with an experiment, in words; empty where it can be trained. */
export function sessionProblems(value: unknown): Problem[] {
  const result = sessionSchema.safeParse(value);
  return result.success ? [] : result.error.issues.map(problemOf);
}

/**
 * Checks an experiment that came from outside.
 * @throws {ConfigError} naming the field and what is wrong with it.
 */
export function parseSession(value: unknown): SessionConfig {
  const result = sessionSchema.safeParse(value);
  if (result.success) return result.data;
  const { path, message: problem } = problemOf(result.error.issues[0]);
  throw new ConfigError(message('shared.badSetting', { path, problem }));
}

/**
 * The highest learning rate that a run reaches whose warm-up is at least as long as itself, as a share of what is set
 * (1: at its last step only); null where the warm-up ends before.
 */
export function warmupReaches({ warmupSteps, steps }: Pick<TrainConfig, 'warmupSteps' | 'steps'>): number | null {
  return steps > 0 && warmupSteps >= steps ? steps / warmupSteps : null;
}

/**
 * After how many steps a late gate skips its first tokens, and after how many all that it is to skip: halfway from
 * there to the end.
 */
export function lateSteps(
  { gateStart }: Pick<GateConfig, 'gateStart'>,
  { steps }: Pick<TrainConfig, 'steps'>,
): { first: number; full: number } {
  const first = Math.floor(gateStart * steps + 0.5);
  return { first, full: first + Math.ceil((steps - first) / 2) };
}

/** Steps for which every token is active. */
export function stepsBeforeGate({ gate }: Pick<RunConfig, 'gate'>, train: TrainConfig): number {
  const { late, cut } = ruleOf(gate);
  if (late) return lateSteps(gate, train).first;
  return cut === 'learned' ? tauWarmupSteps(gate, train) : 0;
}

/** The step from which a run is what it is to be: before it, a late gate skips fewer tokens than it will. */
export const settledFrom = (run: Pick<RunConfig, 'method' | 'gate'>, train: Pick<TrainConfig, 'steps'>): number =>
  isGated(run) && ruleOf(run.gate).late ? lateSteps(run.gate, train).full : 0;

/** τ warm-up in steps: until the learning-rate warm-up is over unless set. */
export function tauWarmupSteps(gate: GateConfig, train: TrainConfig): number {
  return gate.tauWarmup === 'auto' ? train.warmupSteps : gate.tauWarmup;
}
