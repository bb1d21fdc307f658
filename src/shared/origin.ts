/** Schemas of what a kept result says of where it came from: the model, the devices, and how rows became text. */
import { z } from './zod';
import { type ChatTemplate, DATA_KINDS, type Mapping, type PromptTemplate, SPEAKERS } from './data';
import type { Message, MessageCode } from './message';
import type { ModelSource, UsedDevice } from './types';

const text = z.string().max(20_000);

/**
 * What was said of a kept result; earlier versions kept it in words. A code that is not known any more is shown as it
 * is.
 */
export const keptMessageSchema = z.union([
  z.string().max(2000),
  z.object({
    code: z.custom<MessageCode>((code) => typeof code === 'string' && code.length <= 100),
    params: z.record(z.string().max(100), z.unknown()),
  }) satisfies z.ZodType<Message>,
]);

export const modelSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedded'), id: z.string().max(200) }),
  z.strictObject({
    kind: z.literal('hub'),
    id: z.string().max(200),
    revision: z.string().max(200),
    host: z.string().max(500),
    file: z.string().max(300).optional(),
  }),
  z.strictObject({ kind: z.literal('folder'), id: z.string().max(500), file: z.string().max(300).optional() }),
]) satisfies z.ZodType<ModelSource>;

const usedDeviceSchema = z.strictObject({
  kind: z.enum(['gpu', 'cpu']),
  name: z.string().max(300),
  threads: z.int().min(1).max(1000).nullable(),
}) satisfies z.ZodType<UsedDevice>;

/** Devices that a run was computed on, in their order; none where nobody knows. */
export const devicesSchema = z.array(usedDeviceSchema).max(100);

/** Results of earlier versions name a GPU, or no device at all. */
export function devicesOf({ devices, gpu }: { devices?: UsedDevice[]; gpu?: string }): UsedDevice[] {
  return devices ?? (gpu ? [{ kind: 'gpu', name: gpu.slice(0, 300), threads: null }] : []);
}

const chatTemplateSchema = z.strictObject({
  name: z.string().max(200),
  source: z.string().max(100_000),
  tokens: z
    .record(
      z
        .string()
        .max(100)
        .regex(/_token$/),
      z.string().max(1000),
    )
    .refine((t) => Object.keys(t).length <= 100, 'has too many tokens'),
}) satisfies z.ZodType<ChatTemplate>;

export const templateSchema = z.strictObject({
  prompt: text,
  completion: text,
  chat: chatTemplateSchema.optional(),
}) satisfies z.ZodType<PromptTemplate>;

export const mappingSchema = z.strictObject({
  kind: z.enum(DATA_KINDS),
  roles: z.record(z.string().max(100), z.string().max(1000).nullable()),
  speakers: z.record(z.string().max(200), z.enum(SPEAKERS)).optional(),
  lastAnswer: z.boolean().optional(),
  firstAnswer: z.boolean().optional(),
}) satisfies z.ZodType<Mapping>;
