/**
 * Jinja as chat templates are written in it, for templates that come from anywhere. The interpreter knows no JavaScript
 * objects: a template reaches what is put into its environment here, and nothing else. Its memory is bounded here; its
 * time is bounded by whoever runs it in a worker that can be ended.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { DataError, SieveError } from '../shared/errors';
import { message } from '../shared/message';

/** Characters of a template. */
const MAX_TEMPLATE = 100_000;
/** Characters and list entries that one rendering may make on its way, all together. */
const MAX_MADE = 2 ** 26;
const MAX_RANGE = 100_000;

/** The template says itself that it cannot take a chat, or meets something that it cannot work with. */
export class TemplateRefusal extends SieveError {}

const foreign = (text: string) => message('shared.foreign', { text });

const tooMuch = () => new DataError(message('hub.chatTemplate.endless'));

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

type Node = Record<string, unknown> & { type: string };

/** Filters that take what is not there for an empty list, and those that take it for an empty text. */
const OF_LISTS = new Set([
  'length',
  'count',
  'list',
  'map',
  'select',
  'reject',
  'selectattr',
  'rejectattr',
  'sort',
  'unique',
  'reverse',
  'first',
  'last',
  'items',
  'join',
]);
const OF_TEXTS = new Set(['trim', 'upper', 'lower', 'title', 'capitalize', 'replace', 'indent', 'safe', 'string']);

/** `operand|default([])`, or with an empty text. */
function orEmpty(operand: Node, empty: '[]' | "''"): Node {
  const [{ filter }] = parse(tokenize(`{{ x|default(${empty}) }}`)).body as unknown as [Node];
  return { type: 'FilterExpression', operand, filter };
}

/**
 * Jinja loops over what is not there in no rounds, and measures it as empty; the interpreter throws. So the program
 * says it.
 */
function forgiveUndefined(node: unknown): void {
  if (Array.isArray(node)) {
    for (const inner of node) forgiveUndefined(inner);
    return;
  }
  if (node instanceof Map) {
    for (const [key, value] of node) {
      forgiveUndefined(key);
      forgiveUndefined(value);
    }
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const own = node as Node;
  for (const value of Object.values(own)) forgiveUndefined(value);
  if (own.type === 'For') {
    const iterable = own.iterable as Node;
    if (iterable.type === 'SelectExpression') iterable.lhs = orEmpty(iterable.lhs as Node, '[]');
    else own.iterable = orEmpty(iterable, '[]');
  } else if (own.type === 'FilterExpression') {
    const filter = own.filter as Node;
    const name = String(filter.type === 'CallExpression' ? (filter.callee as Node).value : filter.value);
    if (OF_LISTS.has(name)) own.operand = orEmpty(own.operand as Node, '[]');
    else if (OF_TEXTS.has(name)) own.operand = orEmpty(own.operand as Node, "''");
  }
}

export type Rendering = (values: Record<string, unknown>) => string;

/**
 * Reads a template once. There is no `strftime_now`: what a model is trained on today it must be asked with tomorrow. A
 * template that does not ask whether it is there is refused by that name.
 * @throws {DataError} when it is no Jinja, or too long
 * @returns renders it. @throws {TemplateRefusal} with the template's own words, as plain text; {DataError} when it
 *   grows without end
 */
export function compileJinja(source: string): Rendering {
  if (source.length > MAX_TEMPLATE)
    throw new DataError(message('hub.chatTemplate.long', { characters: source.length, most: MAX_TEMPLATE }));
  let program: ReturnType<typeof parse>;
  try {
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
    forgiveUndefined(program.body);
  } catch (error) {
    throw new DataError(message('hub.chatTemplate.unreadable', { why: words(error) }));
  }
  return (values) => {
    const environment = new Environment();
    const globals = {
      true: true,
      false: false,
      none: null,
      True: true,
      False: false,
      None: null,
      raise_exception: refuse,
      range,
    };
    for (const [name, value] of [...Object.entries(globals), ...Object.entries(values)]) environment.set(name, value);
    try {
      return String(new BoundedInterpreter(environment).run(program).value);
    } catch (error) {
      if (error instanceof DataError) throw error;
      const today = source.includes('strftime_now') && /not a function/.test(words(error));
      throw new TemplateRefusal(today ? message('hub.chatTemplate.today') : foreign(words(error)));
    }
  };
}

function refuse(text: unknown): never {
  throw new TemplateRefusal(foreign(String(text)));
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
