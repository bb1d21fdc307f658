/** Schemas of what a kept result says of where it came from: the model, and how rows became text. */
import { z } from 'zod';
import { type ChatTemplate, DATA_KINDS, type Mapping, type PromptTemplate, SPEAKERS } from './data';
import type { ModelSource } from './types';

const text = z.string().max(20_000);

export const modelSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedded'), id: z.string().max(200) }),
  z.strictObject({ kind: z.literal('hub'), id: z.string().max(200), revision: z.string().max(200), host: z.string().max(500) }),
]) satisfies z.ZodType<ModelSource>;

const chatTemplateSchema = z.strictObject({
  name: z.string().max(200),
  source: z.string().max(100_000),
  tokens: z.record(z.string().max(100).regex(/_token$/), z.string().max(1000)).refine((t) => Object.keys(t).length <= 100, 'has too many tokens'),
}) satisfies z.ZodType<ChatTemplate>;

export const templateSchema = z.strictObject({ prompt: text, completion: text, chat: chatTemplateSchema.optional() }) satisfies z.ZodType<PromptTemplate>;

export const mappingSchema = z.strictObject({
  kind: z.enum(DATA_KINDS),
  roles: z.record(z.string().max(100), z.string().max(1000).nullable()),
  speakers: z.record(z.string().max(200), z.enum(SPEAKERS)).optional(),
  lastAnswer: z.boolean().optional(),
}) satisfies z.ZodType<Mapping>;
