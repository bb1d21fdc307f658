/**
 * What an adapter's files say of themselves, as far as a command needs it before a model is open; whoever reads the
 * adapter says what is wrong.
 */
import type { PromptTemplate } from '../shared/data';
import { templateSchema } from '../shared/origin';
import { z } from '../shared/zod';
import type { AdapterFile } from '../train/protocol';

export interface AdapterFacts {
  name?: string;
  /** The base that its configuration names. */
  base?: string;
  /** The one it was trained with. */
  template?: PromptTemplate;
}

const configSchema = z.object({ base_model_name_or_path: z.string().min(1) });
const sieveSchema = z.object({ name: z.string().min(1), template: z.object(templateSchema.shape) });

function parsed<T>(files: readonly AdapterFile[], name: string, schema: z.ZodType<T>): T | undefined {
  const file = files.find((f) => f.name === name);
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(file?.bytes))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function factsOf(files: readonly AdapterFile[]): AdapterFacts {
  const base = parsed(files, 'adapter_config.json', configSchema)?.base_model_name_or_path;
  return { base, ...parsed(files, 'sieve.json', sieveSchema) };
}
