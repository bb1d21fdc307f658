/**
 * An experiment: variants × seeds on one data set, session by session (a `SessionConfig` is what one of them trains). A
 * *cell* is what one variant gave with one seed. Both are kept by the browser and checked when read back.
 */
import { z } from './zod';
import { type RunConfig, runSchema, trainSchema } from './config';
import { each, isFields, renamed } from './formerNames';
import { moduleKind, moduleName } from './settings/names';
import { devicesSchema, keptMessageSchema, mappingSchema, modelSourceSchema, templateSchema } from './origin';
import { formerKey, formerRun, formerTrain } from './settings/versions';

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const count = z.int().min(0);

/** How modules may be put in order, highest first, before plain LoRA gets the best of them. */
export const RANKINGS = ['active', 'relative', 'change', 'gradient', 'sensitivity', 'weight', 'random'] as const;
export type Ranking = (typeof RANKINGS)[number];

const importanceSchema = z.strictObject({
  /** Steps of the probe that measures the modules. */
  probeSteps: z.int().min(1).max(100_000),
  /** Parameters that each ranking may spend, as a share of those of all modules. */
  share: finite.min(0.01).max(1),
  rankings: z.array(z.enum(RANKINGS)).min(1).max(RANKINGS.length),
  /** Whether LoRA on all modules runs beside them. */
  all: z.boolean(),
});
export type Importance = z.infer<typeof importanceSchema>;

/** Variants of an experiment at most. */
export const MAX_VARIANTS = 48;

/**
 * Variants that come from a grid of settings: the fields that were varied, and which variants belong to each setting.
 */
const gridSchema = z.strictObject({
  fields: z.array(z.string().min(1).max(40)).min(1).max(2),
  /**
   * `reference`: what the setting's variants are compared with, where that is not one of them because no field concerns
   * it.
   */
  settings: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(120),
        variants: z.array(z.string()).min(1).max(8),
        reference: z.string(),
        /** Settings of training in the place of the experiment's, by key; they are checked with all others. */
        train: z.record(z.string().max(40), z.union([finite, z.string().max(40), z.boolean()])).default({}),
      }),
    )
    .min(1)
    .max(64),
});

/** What a name is made of, beside the seeds and what a grid varies. */
const titleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('importance') }),
  z.strictObject({
    kind: z.literal('compare'),
    of: z.enum(['methods', 'runs']),
    /** Names of what is compared. */
    runs: z.array(z.string().max(120)).max(MAX_VARIANTS),
  }),
]);

const STATES = ['running', 'paused', 'finished', 'failed'] as const;

const currentSchema = z
  .strictObject({
    version: z.literal(2),
    id: z.string().regex(/^[a-z0-9-]{1,60}$/),
    /** As it was said when it began. */
    name: z.string().min(1).max(120),
    /** Null in records of before it was kept. */
    title: titleSchema.nullable().default(null),
    createdAt: finite,
    state: z.enum(STATES),
    /** Why it failed or waits; earlier versions kept words. */
    problem: keptMessageSchema.nullable(),
    model: modelSourceSchema,
    data: z.strictObject({
      name: z.string().max(300),
      train: count,
      validation: count,
      tokens: count,
      template: templateSchema,
      mapping: mappingSchema.nullable(),
      /** SHA-256 of its files, and the seed of its split; earlier versions did not keep them. */
      hashes: z.array(z.string().max(64)).max(10_000).default([]),
      splitSeed: count.nullable().default(null),
      /** Whether its tokens are kept beside the experiment, so that it can go on after a reload. */
      kept: z.boolean(),
    }),
    /** The seed in here is not used: `seeds` are. */
    train: trainSchema,
    seeds: z
      .array(trainSchema.shape.seed)
      .min(1)
      .max(20)
      .refine((s) => new Set(s).size === s.length, 'names a seed twice'),
    /** What is compared. For module importance: the adapter that each ranking's modules get, one variant. */
    variants: z
      .array(runSchema)
      .min(1)
      .max(MAX_VARIANTS)
      .refine((r) => new Set(r.map((x) => x.id)).size === r.length, 'two variants have the same id'),
    importance: importanceSchema.nullable(),
    /** Where the variants differ by settings too. */
    grid: gridSchema.nullable().default(null),
  })
  .refine(
    ({ variants, grid }) =>
      grid
        ? variants.every((a) => grid.settings.filter((s) => s.variants.includes(a.id)).length === 1)
        : variants.length <= 8,
    'has variants that belong to no setting',
  );
export type Experiment = z.infer<typeof currentSchema>;

const formerSetting = (setting: unknown): unknown => renamed(setting, { arms: 'variants' });
/** A record of version 1. */
function formerExperiment(value: unknown): unknown {
  if (!isFields(value) || value.version !== 1) return value;
  return renamed(
    value,
    { arms: 'variants' },
    {
      version: () => 2,
      train: formerTrain,
      variants: each(formerRun),
      data: (data) => renamed(data, { heldOut: 'validation' }),
      grid: (grid) => renamed(grid, {}, { fields: each(formerKey), settings: each(formerSetting) }),
    },
  );
}

export const experimentSchema = z.preprocess(formerExperiment, currentSchema);

const point = z.strictObject({ step: count, loss: finite });

/** How well a run answers validation examples; of cells of earlier versions less is known. */
const accuracySchema = z.strictObject({
  examples: count,
  /** Labels; null where answers are no labels. */
  candidates: count.nullable(),
  /** Share whose label is told rightly; null without labels. */
  likelihood: finite.nullable(),
  macroF1: finite.nullable().default(null),
  /**
   * Share of the evaluation examples whose answer is written exactly, and mean F1 of their words; null where answers
   * are long.
   */
  generated: finite.nullable(),
  tokenF1: finite.nullable().default(null),
});
export type Accuracy = z.infer<typeof accuracySchema>;

const tokenClassSchema = z.strictObject({
  group: z.string(),
  name: z.string(),
  tokens: count,
  /** token × module pairs */ passed: count,
  skipped: count,
});
export type TokenClassRow = z.infer<typeof tokenClassSchema>;

/** What a probe found of one module. A value that its probe could not give is null. */
const moduleMeasureSchema = z.strictObject({
  layer: count,
  kind: moduleKind,
  /** A and B of the probe's rank. */
  parameters: count,
  active: finite.nullable(),
  weight: finite,
  change: finite,
  gradient: finite,
  /** AdaLoRA's, mean over triplets. */
  sensitivity: finite.nullable(),
});
export type ModuleMeasure = z.infer<typeof moduleMeasureSchema>;

/** Among active and among skipped tokens of all modules: the share whose update helps (μ < 0) on that batch. */
export const noiseSchema = z.strictObject({
  step: count,
  /** Measured on the batch just learnt from, or on validation tokens. */
  fresh: z.boolean(),
  active: finite.nullable(),
  skipped: finite.nullable(),
});
export type NoisePoint = z.infer<typeof noiseSchema>;
/** Such a point, as version 1 has it. */
export const formerNoise = (point: unknown): unknown => renamed(point, { kept: 'active' });

const currentCell = z.strictObject({
  experiment: z.string(),
  stage: z.enum(['probe', 'train']),
  seed: z.int(),
  variant: z.string(),
  name: z.string(),
  /** Message of the error that ended it; null where it finished. */
  failed: keptMessageSchema.nullable(),
  finishedAt: finite,
  /** Wall time of the whole session that it shared. */
  ms: finite,
  parameters: count,
  /** Cells of earlier versions do not say. */
  devices: devicesSchema.default([]),
  /** Validation loss: of the base model, at the end, and at every evaluation. */
  base: finite.nullable(),
  loss: finite.nullable(),
  evals: z.array(point),
  /** Training loss, averaged down to a few hundred points. */
  curve: z.array(point),
  /** Validation tokens × modules that were skipped, as a share; null without gates. */
  skipped: finite.nullable(),
  accuracy: accuracySchema.nullable(),
  noise: z.array(noiseSchema),
  classes: z.array(tokenClassSchema),
  /** Names of the adapted modules (`3.q_proj`) where they were chosen one by one. */
  only: z.array(moduleName).nullable(),
  /** Of a probe. */
  modules: z.array(moduleMeasureSchema).nullable(),
});
export type Cell = z.infer<typeof currentCell>;

/** Cells of every version, under today's names. */
export const cellSchema = z.preprocess(
  (cell) => renamed(cell, { study: 'experiment', arm: 'variant' }, { noise: each(formerNoise) }),
  currentCell,
);

export const moduleKey = (m: { layer: number; kind: string }): string => `${m.layer}.${m.kind}`;

/** Where a cell stands in its experiment. */
export const cellKey = (c: Pick<Cell, 'experiment' | 'stage' | 'seed' | 'variant'>): string =>
  `${c.experiment}/${c.stage}/${c.seed}/${c.variant}`;

/** Name and id of everything whose result is compared, in order. @param ranking what a choice of modules is called */
export function contestants(
  { importance, variants }: Pick<Experiment, 'importance' | 'variants'>,
  ranking: (which: Ranking | 'all') => string,
): Pick<RunConfig, 'id' | 'name'>[] {
  if (!importance) return variants.map(({ id, name }) => ({ id, name }));
  const ids = [...importance.rankings, ...(importance.all ? (['all'] as const) : [])];
  return ids.map((id) => ({ id, name: ranking(id) }));
}
