/**
 * Prompt templates: which roles a kind of data has, and how `{role}` becomes text. Here and not in `data/`
 * because Compare fills the same template with what a person types.
 */
import type { DataKind, Mapping, PromptTemplate } from './data';
import { DataError } from './errors';
import { message } from './message';

export type Role =
  | 'text'
  | 'second'
  | 'instruction'
  | 'input'
  | 'output'
  | 'prompt'
  | 'context'
  | 'completion'
  | 'label'
  | 'message'
  | 'answer'
  | 'system'
  | 'history'
  | 'tools'
  | 'picture';

/**
 * The roles of each kind, in the order a person should see them. What Compare asks takes the first one. A chat's
 * `message` is a column of lists of turns; its `answer`, where the turns that are learnt stand in a column of their
 * own; its `tools`, lists of what may be called, are read by a model's own template alone.
 */
export const DATA_ROLES: Record<DataKind, readonly { role: Role; required: boolean }[]> = {
  text: [{ role: 'text', required: true }],
  instruction: [
    { role: 'instruction', required: true },
    { role: 'input', required: false },
    { role: 'output', required: true },
    { role: 'system', required: false },
    { role: 'history', required: false },
  ],
  'prompt-completion': [
    { role: 'prompt', required: true },
    { role: 'completion', required: true },
    { role: 'context', required: false },
    { role: 'system', required: false },
  ],
  'text-label': [
    { role: 'text', required: true },
    { role: 'second', required: false },
    { role: 'label', required: true },
  ],
  chat: [
    { role: 'message', required: true },
    { role: 'answer', required: false },
    { role: 'system', required: false },
    { role: 'tools', required: false },
  ],
  'picture-label': [
    { role: 'picture', required: true },
    { role: 'label', required: true },
  ],
};

/** What each kind learns. */
export const LEARNT_ROLE: Record<DataKind, Role> = {
  text: 'text',
  instruction: 'output',
  'prompt-completion': 'completion',
  'text-label': 'label',
  chat: 'message',
  'picture-label': 'label',
};

/** A short template that suits a small story model; nothing in it that the model would have to learn first. */
export function defaultTemplate({ kind, roles }: Mapping): PromptTemplate {
  const lines = (...names: Role[]) =>
    names
      .filter((name, i) => roles[name] || i === names.length - 1)
      .map((name) => `{${name}}\n`)
      .join('');
  switch (kind) {
    case 'text':
      return { prompt: '', completion: '{text}' };
    case 'instruction':
      return {
        prompt: lines('system', 'history', 'instruction') + (roles.input ? '{input}\n' : ''),
        completion: '{output}',
      };
    case 'prompt-completion':
      return { prompt: lines('system', 'context', 'prompt'), completion: '{completion}' };
    case 'text-label':
      return { prompt: `{text}\n${roles.second ? '{second}\n' : ''}Label:`, completion: ' {label}' };
    case 'chat':
      return { prompt: '{message}\n', completion: '{message}\n' };
    case 'picture-label':
      return { prompt: '', completion: '' };
  }
}

const PLACEHOLDER = /\{([^{}\n]{1,200})\}/g;
/** In braces, but not a name by its looks: it stays as it stands. */
const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** The role or column that is named in braces, or null where it is neither. */
function placeholder(name: string, roles: readonly string[], columns: readonly string[] | null): string | null {
  if (roles.includes(name) || columns?.includes(name)) return name;
  return columns === null && NAME.test(name) ? name : null;
}

const rolesIn = (kind: DataKind): readonly string[] =>
  kind === 'chat' ? ['message'] : DATA_ROLES[kind].map((r) => r.role);

/**
 * Reads a pattern once; what comes back replaces every `{role}` and every `{column}` by its value; a role goes before a
 * column of its name. A line that holds nothing but such names, all of them empty, is dropped with its line break (an
 * instruction without an input, say). Values are never read as templates; a name that is absent counts as empty.
 * @param columns null where nobody knows them (a template that came with an adapter): any name may be one then.
 * @throws {DataError} on a `{name}` that is no role of this kind and no column.
 */
export function compilePattern(
  pattern: string,
  kind: DataKind,
  columns: readonly string[] | null = [],
): (values: ReadonlyMap<string, string>) => string {
  const roles = rolesIn(kind);
  const lines = pattern.split('\n').map((line) => {
    const parts: { text: string; name: boolean }[] = [];
    let at = 0;
    for (const found of line.matchAll(PLACEHOLDER)) {
      const name = placeholder(found[1], roles, columns);
      if (name === null && NAME.test(found[1]))
        throw new DataError(
          message('shared.templateRole', {
            role: found[1],
            known: [...roles, ...(columns ?? [])]
              .slice(0, 12)
              .map((r) => `{${r}}`)
              .join(', '),
          }),
        );
      if (name === null) continue;
      parts.push({ text: line.slice(at, found.index), name: false }, { text: name, name: true });
      at = found.index + found[0].length;
    }
    parts.push({ text: line.slice(at), name: false });
    return { parts, onlyNames: parts.length > 1 && parts.every((p) => p.name || p.text.trim() === '') };
  });
  return (values) => {
    const filled: string[] = [];
    for (const { parts, onlyNames } of lines) {
      const text = parts.map((part) => (part.name ? (values.get(part.text) ?? '') : part.text)).join('');
      if (onlyNames && text.trim() === '') continue;
      filled.push(text);
    }
    return filled.join('\n');
  };
}

/** The columns that a mapping and its template make use of, in the table's order. */
export function usedColumns(columns: readonly string[], mapping: Mapping, template: PromptTemplate): string[] {
  const roles = rolesIn(mapping.kind);
  const named = template.chat
    ? []
    : [template.prompt, template.completion].flatMap((pattern) =>
        [...pattern.matchAll(PLACEHOLDER)].map((found) => found[1]),
      );
  const inTemplate = (column: string) => named.includes(column) && !roles.includes(column);
  const asRole = (column: string) =>
    Object.entries(mapping.roles).some(
      ([role, name]) =>
        name === column &&
        (mapping.kind === 'chat'
          ? role !== 'tools' || template.chat !== undefined
          : mapping.kind === 'picture-label' || named.includes(role)),
    );
  return columns.filter((column) => asRole(column) || inTemplate(column));
}

/** `compilePattern` for one use. */
export function fillTemplate(
  pattern: string,
  kind: DataKind,
  values: ReadonlyMap<string, string>,
  columns: readonly string[] | null = [],
): string {
  return compilePattern(pattern, kind, columns)(values);
}

/** What a row becomes. */
export interface FilledRow {
  prompt: string;
  completion: string;
  /** Whether anything of the row stands before what is learnt, in a kind that has something to stand there. */
  asked: boolean;
}

/**
 * Checks mapping and template against the table's columns once and returns the function that turns a row
 * into its prompt and completion.
 * @throws {DataError} when a required role has no column, a column does not exist, or the template names an unknown
 *   role.
 */
export function compileTemplate(
  columns: readonly string[],
  mapping: Mapping,
  template: PromptTemplate,
): (row: readonly string[]) => FilledRow {
  if (!Object.hasOwn(DATA_ROLES, mapping.kind))
    throw new DataError(
      message('shared.dataKind', { kind: String(mapping.kind), known: Object.keys(DATA_ROLES).join(', ') }),
    );
  const columnOf = new Map<Role, number>();
  for (const { role, required } of DATA_ROLES[mapping.kind]) {
    const name = Object.hasOwn(mapping.roles, role) ? mapping.roles[role] : null;
    if (name === null || name === undefined) {
      if (required) throw new DataError(message('shared.roleWithoutColumn', { role }));
      continue;
    }
    const column = columns.indexOf(name);
    if (column < 0)
      throw new DataError(message('shared.noColumn', { column: name, role, columns: columns.join(', ') }));
    columnOf.set(role, column);
  }
  const [prompt, completion] = [template.prompt, template.completion].map((pattern) =>
    compilePattern(pattern, mapping.kind, columns),
  );
  const learnt = columnOf.get(LEARNT_ROLE[mapping.kind])!;
  const names = usedColumns(columns, mapping, template);
  const valuesOf = rowValues(columns, mapping, names);
  const alone = mapping.kind === 'text' || mapping.kind === 'chat';
  const used = names.map((name) => columns.indexOf(name)).filter((c) => c !== learnt);
  return (row) => {
    const values = valuesOf(row);
    return {
      prompt: prompt(values),
      completion: completion(values),
      asked: alone || used.some((c) => (row[c] ?? '').trim() !== ''),
    };
  };
}

/**
 * The texts of a row by column and by role, as templates name them. Roles go before columns of their name.
 * @param used the columns that somebody reads
 */
export function rowValues(
  columns: readonly string[],
  { kind, roles, firstAnswer = false }: Mapping,
  used: readonly string[] = columns,
): (row: readonly string[]) => Map<string, string> {
  const own = columns.map((name, column) => ({ name, column })).filter(({ name }) => used.includes(name));
  const sources = DATA_ROLES[kind].flatMap(({ role }) => {
    const name = Object.hasOwn(roles, role) ? roles[role] : null;
    const column = name === null || name === undefined ? -1 : columns.indexOf(name);
    return column < 0 ? [] : [{ role, column, read: readingOf(role, name!, firstAnswer) }];
  });
  return (row) => {
    const values = new Map<string, string>();
    for (const { name, column } of own) values.set(name, row[column] ?? '');
    for (const { role, column, read } of sources) values.set(role, read(row[column] ?? ''));
    return values;
  };
}

/** How a cell is read in its role: rounds of a history as lines, and of a list of answers the first one. */
function readingOf(role: Role, column: string, ranked: boolean): (cell: string) => string {
  if (role === 'history') return (cell) => rounds(cell);
  if (role !== 'output' && role !== 'completion') return (cell) => cell;
  const several =
    ranked || /^(answers|responses|completions|outputs|targets|references|solutions)$/i.test(column.trim());
  return (cell) => firstAnswer(cell, several);
}

function parsed(cell: string): unknown {
  if (!/^\s*[[{]/.test(cell)) return undefined;
  try {
    return JSON.parse(cell) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Alpaca's history, a list of [question, answer]; anything else stays as it is. */
function rounds(cell: string): string {
  const list = parsed(cell);
  if (!Array.isArray(list)) return cell;
  const lines = list.flat().filter((text) => typeof text === 'string' && text.trim() !== '');
  return list.every((round) => Array.isArray(round) || typeof round === 'string') ? lines.join('\n') : cell;
}

/** SQuAD's `{"text": […], "answer_start": […]}`, or a column of lists: the first of the answers. */
function firstAnswer(cell: string, several: boolean): string {
  const value = parsed(cell);
  const list = Array.isArray(value)
    ? value
    : typeof value === 'object' && value !== null && Array.isArray((value as { text?: unknown }).text)
      ? (value as { text: unknown[] }).text
      : null;
  if (list === null || (Array.isArray(value) && !several)) return cell;
  const first: unknown = list[0];
  if (first === undefined) return '';
  if (typeof first === 'object' && first !== null && typeof (first as { text?: unknown }).text === 'string')
    return (first as { text: string }).text;
  return typeof first === 'string' ? first : cell;
}
