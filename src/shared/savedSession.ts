/**
 * A saved session: one press of Train with all the adapters it trained. The record is what History lists; curves and
 * adapters lie in a file of their own. Both come back through these schemas, whether this browser kept them or a file
 * brought them.
 */
import { CHOSEN_BY, MAX_CLASSES, MAX_LABELLED } from './classification';
import { z } from './zod';
import { sessionSchema } from './config';
import { moduleKind } from './settings/names';
import { dataRecipeSchema } from './dataRecipe';
import { each, isFields, renamed } from './formerNames';
import {
  devicesOf,
  devicesSchema,
  keptMessageSchema,
  mappingSchema,
  modelSourceSchema,
  templateSchema,
} from './origin';
import { formerConfig } from './settings/versions';
import { formerNoise, noiseSchema } from './experiment';
import { RATIO_BINS } from './types';

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const count = z.int().min(0);

export const MAX_TAGS = 12;
export const tagSchema = z.string().min(1).max(30);
export const nameSchema = z.string().min(1).max(120);

const recordSchema = z
  .strictObject({
    format: z.literal('sieve-session'),
    version: z.literal(2),
    id: z.string().regex(/^[a-z0-9-]{1,60}$/),
    name: nameSchema,
    tags: z.array(tagSchema).max(MAX_TAGS),
    /** ms since 1970. */
    startedAt: finite,
    endedAt: finite,
    ended: z.enum(['finished', 'stopped', 'failed']),
    model: modelSourceSchema,
    devices: devicesSchema,
    data: z.string().max(300),
    /** What the data were made from; records of before it was kept have none. */
    recipe: dataRecipeSchema.nullable().default(null),
    template: templateSchema,
    mapping: mappingSchema.nullable(),
    config: sessionSchema,
    /** Validation loss of the base model. */
    base: finite.nullable(),
    /** By run of the experiment, in its order: where it ended. */
    finals: z
      .array(
        z.strictObject({
          steps: count,
          loss: finite.nullable(),
          /** Share of validation tokens × modules that were skipped; null without gates. */
          skipped: finite.nullable(),
          failed: keptMessageSchema.nullable(),
        }),
      )
      .min(1)
      .max(8),
    /** Of the file with curves and adapters. */
    bytes: count,
  })
  .refine((r) => r.finals.length === r.config.runs.length, 'has not one result per run');
export type SavedSession = z.infer<typeof recordSchema>;

/** The first records have `gpu`, a name, in the place of `devices`. */
function withDevices(record: Record<string, unknown>): unknown {
  if ('devices' in record) return record;
  const { gpu, ...rest } = record;
  return { ...rest, devices: devicesOf({ gpu: typeof gpu === 'string' ? gpu : undefined }) };
}

/** A record of version 1. */
function formerRecord(value: unknown): unknown {
  if (!isFields(value) || value.format !== 'sieve-run' || value.version !== 1) return value;
  const today = { format: () => 'sieve-session', version: () => 2, config: formerConfig };
  return renamed(withDevices(value), { experiment: 'config' }, today);
}

export const savedSessionSchema = z.preprocess(formerRecord, recordSchema);

const MAX_POINTS = 100_000;
/** Characters: what a long context holds. */
const MAX_PROMPT = 1_000_000;
/** f32 values; null stands for one that is not finite. */
const column = z.array(z.number().nullable()).max(MAX_POINTS);
const perModule = z.array(z.number().nullable()).max(4000);
const gateSchema = z.strictObject({
  tau: perModule,
  tokens: perModule,
  active: perModule,
  muActive: perModule,
  muSkipped: perModule,
  measured: perModule,
  activeHelpful: perModule,
  skippedHelpful: perModule,
  histogram: z.array(count).max(4000 * RATIO_BINS),
  rho: z.number().nullable(),
  tauLearningRate: z.number().nullable(),
  moduleTauLearningRates: perModule.nullable(),
  lambda: z.number().nullable(),
  shift: perModule.nullable(),
  activeOutsideTraining: z.boolean(),
});
const seriesSchema = z
  .strictObject({
    modules: z.int().min(1).max(4000),
    steps: z.array(count).max(MAX_POINTS),
    data: z.array(z.number().nullable()).max(4_100_000),
    stride: count,
    seen: count,
  })
  .refine((s) => s.data.length === s.steps.length * s.modules, 'has not one value per module and step');
const modules = z.array(z.strictObject({ layer: count, kind: moduleKind })).max(4000);

const classIndex = z
  .int()
  .min(0)
  .max(MAX_CLASSES - 1);
const share = z.number().min(0).max(1);
const accuracyPoint = z
  .strictObject({ step: count, right: count, examples: count })
  .refine((p) => p.right <= p.examples, 'has more right answers than examples');
const labelledSchema = z
  .strictObject({
    by: z.enum(CHOSEN_BY),
    classes: z.array(z.string().max(1000)).min(2).max(MAX_CLASSES),
    labels: z.array(classIndex).max(MAX_LABELLED),
    texts: z.array(z.string().max(1000)).max(MAX_LABELLED),
  })
  .refine((s) => s.texts.length === s.labels.length, 'has not one text per label')
  .refine((s) => s.labels.every((c) => c < s.classes.length), 'has labels of no class');

/** Most pixels along the side of a picture that is shown. */
const MAX_SHOWN = 512;
const pictureSchema = z
  .strictObject({
    shown: z.strictObject({ size: z.int().min(1).max(MAX_SHOWN), values: z.base64().max(4 * MAX_SHOWN ** 2) }),
    side: z.int().min(1).max(100),
    label: z.string().max(1000),
    example: count,
    of: count,
  })
  .refine(({ shown }) => shown.values.length === 4 * shown.size ** 2, 'has not one colour per pixel');

/** What of the watched text changes while it is watched. */
const watchState = {
  step: count,
  active: z.array(z.int().min(0).max(1)).max(20_000_000),
  ratio: z.array(z.number().nullable()).max(20_000_000),
  tau: perModule.nullable(),
};

/** `metrics.json`: the curves of the base and of every run. */
const metricsSchema = z
  .strictObject({
    format: z.literal('sieve-metrics'),
    version: z.literal(2),
    /** What the runs' `classified` is of; null where rows have no labels. */
    labelled: labelledSchema.nullable().default(null),
    runs: z
      .array(
        z
          .strictObject({
            runId: z.string().max(60),
            step: column,
            loss: column,
            learningRate: column,
            gradNorm: column,
            speeds: column,
            evals: z
              .array(
                z.strictObject({
                  step: count,
                  loss: finite,
                  examples: count,
                  supervised: count,
                  gate: gateSchema.nullable(),
                }),
              )
              .max(MAX_POINTS),
            modules,
            parameters: count,
            skipped: seriesSchema.nullable(),
            tau: seriesSchema.nullable(),
            gate: gateSchema.nullable(),
            work: z.strictObject({ done: finite, dense: finite, step: finite }).nullable(),
            watch: z
              .strictObject({
                type: z.literal('watch'),
                runId: z.string().max(60),
                tokens: z.array(z.string().max(1000)).max(5000),
                picture: pictureSchema.optional(),
                modules,
                ...watchState,
              })
              .refine(
                (w) => w.active.length === w.tokens.length * w.modules.length && w.ratio.length === w.active.length,
                'has not one value per module and token',
              )
              .nullable(),
            /** The same at earlier evaluations; files from before it was kept have none. */
            trail: z.array(z.strictObject(watchState)).max(MAX_POINTS).default([]),
            noise: z.array(noiseSchema).max(MAX_POINTS),
            noiseSince: z.strictObject({ active: count, activeHelpful: count, skipped: count, skippedHelpful: count }),
            samples: z
              .array(
                z.strictObject({
                  step: count,
                  prompt: z.string().max(MAX_PROMPT),
                  expected: z.string().max(MAX_PROMPT).nullable(),
                  text: z.string().max(MAX_PROMPT),
                }),
              )
              .max(1000),
            accuracy: z.array(accuracyPoint).max(MAX_POINTS).default([]),
            classified: z
              .strictObject({
                step: count,
                predicted: z.array(classIndex).max(MAX_LABELLED),
                probability: z.array(share).max(MAX_LABELLED).nullable(),
              })
              .nullable()
              .default(null),
            stopped: z.strictObject({ step: count, bestStep: count, bestLoss: finite.nullable() }).nullable(),
            // Files from before these were kept have none.
            dev: z
              .strictObject({
                step: count,
                loss: z.number().nullable(),
                best: z.strictObject({ step: count, loss: z.number().nullable() }),
              })
              .nullable()
              .default(null),
            shrunk: z
              .strictObject({ scale: z.number().gt(0).max(1), loss: finite, before: finite })
              .nullable()
              .default(null),
            skipsAll: z
              .array(z.strictObject({ module: count, reason: z.enum(['no-update', 'harmful', 'stuck']) }))
              .max(4000)
              .default([]),
            workDone: finite,
            workDense: finite,
            workStep: finite,
            tokens: finite,
            ms: finite.nullable().default(null),
          })
          .refine(
            (r) => [r.loss, r.learningRate, r.gradNorm, r.speeds].every((c) => c.length === r.step.length),
            'has columns of different length',
          )
          .refine(
            ({ watch, trail }) =>
              trail.every(
                ({ step, active, ratio }, i) =>
                  watch !== null &&
                  active.length === watch.active.length &&
                  ratio.length === active.length &&
                  step < (trail[i + 1] ?? watch).step,
              ),
            'has earlier states of the watched text that are not of this text, or not in order',
          ),
      )
      .min(1)
      .max(9),
  })
  .refine(
    ({ labelled, runs }) =>
      runs.every(
        ({ classified: c }) =>
          c === null ||
          (labelled !== null &&
            c.predicted.length === labelled.labels.length &&
            c.predicted.every((p) => p < labelled.classes.length) &&
            (c.probability === null || c.probability.length === c.predicted.length)),
      ),
    'has predictions that are not one class per labelled example',
  );
export type MetricsFile = z.infer<typeof metricsSchema>;

const formerGate = (gate: unknown): unknown =>
  renamed(gate, {
    muKept: 'muActive',
    keptHelpful: 'activeHelpful',
    tauStep: 'tauLearningRate',
    moduleSteps: 'moduleTauLearningRates',
    openOutsideTraining: 'activeOutsideTraining',
  });
const formerCounts = (counts: unknown): unknown => renamed(counts, { kept: 'active', keptHelpful: 'activeHelpful' });

/** The curves of one run, as files and checkpoints of version 1 have them. */
export const formerLog = (log: unknown): unknown =>
  renamed(
    log,
    { slice: 'dev', closed: 'skipsAll' },
    {
      gate: formerGate,
      evals: each((point) => renamed(point, {}, { gate: formerGate })),
      watch: formerCounts,
      noise: each(formerNoise),
      noiseSince: formerCounts,
    },
  );

/** A `history.json` of version 1. */
function formerMetrics(file: unknown): unknown {
  if (!isFields(file) || file.format !== 'sieve-history' || file.version !== 1) return file;
  return renamed(file, {}, { format: () => 'sieve-metrics', version: () => 2, runs: each(formerLog) });
}

export const metricsFileSchema = z.preprocess(formerMetrics, metricsSchema);
