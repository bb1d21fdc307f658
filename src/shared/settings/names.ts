/** Names of modules, as settings and files have them. */
import { z } from '../zod';

/** Every linear layer of the model's blocks. */
export const ALL_LINEAR = 'all-linear';

/** A module's name within its layer as the page has it, in short: `q`. */
export const kindLabel = (kind: string): string => kind.replace(/_proj$/, '');

/** What earlier versions called a Llama's modules, alone or behind a layer. */
const FORMER = /^((?:\d{1,3}\.)?)(q|k|v|o|gate|up|down)$/;
const current = (name: unknown) => (typeof name === 'string' ? name.replace(FORMER, '$1$2_proj') : name);

const SEVEN = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
/** Their way to say all modules. */
export const currentTargets = (names: unknown) =>
  Array.isArray(names) && names.length === SEVEN.length && SEVEN.every((name) => names.includes(name))
    ? [ALL_LINEAR]
    : names;

const named = (pattern: RegExp) => z.preprocess(current, z.string().regex(pattern)) as z.ZodType<string>;

/** A module's name within its layer: `q_proj`, `attn.c_proj`. */
export const moduleKind = named(/^[A-Za-z_][\w-]{0,59}(\.\w{1,60}){0,5}$/);

/** One module by its layer and its name there: `3.q_proj`. */
export const moduleName = named(/^\d{1,3}\.[A-Za-z_]\w{0,59}(\.\w{1,60}){0,5}$/);
