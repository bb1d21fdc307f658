/**
 * Jinja as chat templates are written in it, for templates that come from anywhere. The interpreter knows no JavaScript
 * objects: a template reaches what is put into its environment here, and nothing else. Its memory is bounded here; its
 * time is bounded by whoever runs it in a worker that can be ended.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { DataError } from '../shared/errors';
import { texts } from '../shared/texts';

/** Characters of a template. */
const MAX_TEMPLATE = 100_000;
/** Characters and list entries that one rendering may make on its way, all together. */
const MAX_MADE = 2 ** 26;
const MAX_RANGE = 100_000;

/** The template says itself that it cannot take a chat, or meets something that it cannot work with. */
export class TemplateRefusal extends Error {}

const tooMuch = () => new DataError(texts().errors.hub.chatTemplate.endless);

type Value = ReturnType<Interpreter['evaluate']>;

class BoundedInterpreter extends Interpreter {
  #made = 0;

  override evaluate(...[statement, environment]: Parameters<Interpreter['evaluate']>): Value {
    const value = super.evaluate(statement, environment);
    if (typeof value.value === 'string' || Array.isArray(value.value)) this.#made += value.value.length;
    if (this.#made > MAX_MADE) throw tooMuch();
    return value;
  }
}

export type Rendering = (values: Record<string, unknown>) => string;

/**
 * Reads a template once. There is no `strftime_now`: what a model is trained on today it must be asked with tomorrow.
 * @throws {DataError} when it is no Jinja, or too long
 * @returns renders it. @throws {TemplateRefusal} with the template's own words, as plain text; {DataError} when it grows without end
 */
export function compileJinja(source: string): Rendering {
  if (source.length > MAX_TEMPLATE) throw new DataError(texts().errors.hub.chatTemplate.long(source.length, MAX_TEMPLATE));
  let program: ReturnType<typeof parse>;
  try {
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw new DataError(texts().errors.hub.chatTemplate.unreadable(words(error)));
  }
  return (values) => {
    const environment = new Environment();
    const globals = { true: true, false: false, none: null, True: true, False: false, None: null, raise_exception: refuse, range };
    for (const [name, value] of [...Object.entries(globals), ...Object.entries(values)]) environment.set(name, value);
    try {
      return String(new BoundedInterpreter(environment).run(program).value);
    } catch (error) {
      if (error instanceof DataError) throw error;
      throw new TemplateRefusal(words(error));
    }
  };
}

function refuse(message: unknown): never {
  throw new TemplateRefusal(String(message));
}

/** Python's `range`, of bounded length. */
function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= MAX_RANGE)) throw tooMuch();
  return Array.from({ length }, (_, i) => from + i * step);
}

function words(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
