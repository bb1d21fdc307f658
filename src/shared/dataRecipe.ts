/**
 * What a data set was made from: its files by content, and every choice that made token sets of them. With both, the
 * same data set can be made again, by a run that goes on or that is opened, and after a reload.
 */
import { DATA_FORMATS, FILE_USES, QUOTES, REPAIRS, TEXT_UNITS, type ReadChoices, type RowEdits } from './data';
import { eachValue, renamed } from './formerNames';
import { mappingSchema, templateSchema } from './origin';
import { z } from './zod';

const count = z.int().min(0);
const text = z.string().max(2000);
const auto = z.literal('auto');

const sourceFileSchema = z.strictObject({
  path: text.min(1),
  bytes: count,
  /** SHA-256 of its content. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type SourceFile = z.infer<typeof sourceFileSchema>;

const originSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sample'), id: text }),
  z.strictObject({ kind: z.literal('file'), name: text }),
  z.strictObject({ kind: z.literal('paste') }),
]);
/** Where data came from: a sample set of the page, a person's file, or a text that was pasted. */
export type DataOrigin = z.infer<typeof originSchema>;

const choicesSchema = z.strictObject({
  format: z.enum(['auto', ...DATA_FORMATS]),
  header: z.enum(['auto', 'yes', 'no']),
  separator: text,
  quote: z.enum(QUOTES).or(auto),
  encoding: text,
  unit: z.enum(TEXT_UNITS).or(auto),
  files: z.record(text, z.enum(FILE_USES)),
}) satisfies z.ZodType<ReadChoices>;

const editsSchema = z.strictObject({
  excluded: z.array(count).max(1_000_000),
  changed: z.array(z.tuple([count, z.array(z.string().max(1_000_000)).max(2000)])).max(100_000),
}) satisfies z.ZodType<RowEdits>;

const recipeSchema = z.strictObject({
  origin: originSchema,
  /** In the order in which they were read. */
  files: z.array(sourceFileSchema).min(1).max(10_000),
  choices: choicesSchema,
  mapping: mappingSchema,
  ownMapping: z.boolean(),
  template: templateSchema,
  chatChoice: text.nullable(),
  completionOnly: z.boolean(),
  validationShare: z.number().min(0).max(0.5),
  seed: count,
  maxExamples: count,
  stratify: z.boolean(),
  decisions: z.strictObject({
    repairs: z.strictObject(
      Object.fromEntries(REPAIRS.map((repair) => [repair, z.boolean()])) as Record<
        (typeof REPAIRS)[number],
        z.ZodBoolean
      >,
    ),
    edits: editsSchema,
  }),
});
/** A recipe of any version, under today's names. */
export const formerRecipe = (recipe: unknown): unknown =>
  renamed(
    recipe,
    { heldOutShare: 'validationShare' },
    {
      choices: (choices) =>
        renamed(choices, {}, { files: eachValue((use) => (use === 'heldOut' ? 'validation' : use)) }),
    },
  );

export const dataRecipeSchema = z.preprocess(formerRecipe, recipeSchema);
export type DataRecipe = z.infer<typeof recipeSchema>;
