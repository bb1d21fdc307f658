/**
 * What a person can set before training, as one strict schema. Everything that reads a configuration
 * from outside (a file, a form, another tab) goes through `parseExperiment`.
 */
import { z } from 'zod';
import { ConfigError } from './errors';

// Zod would try `new Function` for speed; the page's CSP forbids that and reports every try.
z.config({ jitless: true });

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

const finite = z.number().refine(Number.isFinite, 'must be a finite number');

/** Settings of the token gate (TS-PEFT). Symbols as in the method's documentation. */
export const gateSchema = z.strictObject({
  /** Threshold rule. One today; the interface leaves room for others. */
  rule: z.literal('reconstructed').default('reconstructed'),
  /** Price of an active token against a mean loss: λ = lambdaBar / T. May be negative (fewer skips). */
  lambdaBar: finite.min(-100).max(100).default(0),
  /** Step size s of the threshold, or 'auto': s_t = 3·ρ_t / (steps − tauWarmup). */
  tauStep: z.union([z.literal('auto'), finite.positive().max(1e3)]).default('auto'),
  /** Steps before τ starts to move; 'auto' = until the learning-rate warm-up is over. */
  tauWarmup: z.union([z.literal('auto'), z.int().min(0).max(1e6)]).default('auto'),
});
export type GateConfig = z.infer<typeof gateSchema>;

/** One adapter that is trained. Runs of an experiment share everything in `TrainConfig`. */
export const runSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  name: z.string().min(1).max(60),
  method: z.enum(['lora', 'ts-lora']),
  rank: z.int().min(1).max(64).default(8),
  alpha: finite.positive().max(1e4).default(16),
  modules: z.array(z.enum(MODULE_KINDS)).min(1).max(7).default([...MODULE_KINDS])
    .refine((m) => new Set(m).size === m.length, 'names a module twice'),
  gate: gateSchema.default(() => gateSchema.parse({})),
});
export type RunConfig = z.infer<typeof runSchema>;

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
});
export type TrainConfig = z.infer<typeof trainSchema>;

export const experimentSchema = z.strictObject({
  train: trainSchema,
  runs: z.array(runSchema).min(1).max(8)
    .refine((r) => new Set(r.map((x) => x.id)).size === r.length, 'two runs have the same id'),
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

/**
 * Checks an experiment that came from outside.
 * @throws {ConfigError} naming the field and what is wrong with it.
 */
export function parseExperiment(value: unknown): ExperimentConfig {
  const result = experimentSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ConfigError(`${issue.path.join('.') || 'configuration'}: ${issue.message}`, 'Correct that field and try again.');
}

/** τ warm-up in steps: until the learning-rate warm-up is over unless set. */
export function tauWarmupSteps(gate: GateConfig, train: TrainConfig): number {
  return gate.tauWarmup === 'auto' ? train.warmupSteps : gate.tauWarmup;
}
