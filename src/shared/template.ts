/**
 * Prompt templates: which roles a kind of data has, and how `{role}` becomes text. Here and not in `data/`
 * because Compare fills the same template with what a person types.
 */
import type { DataKind, Mapping, PromptTemplate } from './data';
import { DataError } from './errors';
import { texts } from './texts';

export type Role = 'text' | 'instruction' | 'input' | 'output' | 'prompt' | 'completion' | 'label' | 'message';

/** The roles of each kind, in the order a person should see them. */
export const DATA_ROLES: Record<DataKind, readonly { role: Role; required: boolean }[]> = {
  text: [{ role: 'text', required: true }],
  instruction: [
    { role: 'instruction', required: true },
    { role: 'input', required: false },
    { role: 'output', required: true },
  ],
  'prompt-completion': [
    { role: 'prompt', required: true },
    { role: 'completion', required: true },
  ],
  'text-label': [
    { role: 'text', required: true },
    { role: 'label', required: true },
  ],
  chat: [{ role: 'message', required: true }],
};

/** A short template that suits a small story model; nothing in it that the model would have to learn first. */
export function defaultTemplate(mapping: Mapping): PromptTemplate {
  switch (mapping.kind) {
    case 'text':
      return { prompt: '', completion: '{text}' };
    case 'instruction':
      return { prompt: mapping.roles.input ? '{instruction}\n{input}\n' : '{instruction}\n', completion: '{output}' };
    case 'prompt-completion':
      return { prompt: '{prompt}\n', completion: '{completion}' };
    case 'text-label':
      return { prompt: '{text}\nLabel:', completion: ' {label}' };
    case 'chat':
      return { prompt: '{message}\n', completion: '{message}\n' };
  }
}

const PLACEHOLDER = /\{([A-Za-z_]\w*)\}/g;

/**
 * Reads a pattern once; what comes back replaces every `{role}` by its value. A line that holds nothing but roles, all
 * of them empty, is dropped with its line break (an instruction without an input, say). Values are never read as
 * templates; a role that is absent counts as empty.
 * @throws {DataError} on a `{name}` that is no role of this kind.
 */
export function compilePattern(pattern: string, kind: DataKind): (values: ReadonlyMap<string, string>) => string {
  const roles: readonly string[] = DATA_ROLES[kind].map((r) => r.role);
  const lines = pattern.split('\n').map((line) => {
    // Odd parts are the names of roles.
    const parts = line.split(PLACEHOLDER);
    const names = parts.filter((_, i) => i % 2 === 1);
    const unknown = names.find((name) => !roles.includes(name));
    if (unknown !== undefined) {
      throw new DataError(texts().errors.shared.templateRole(unknown, roles.map((r) => `{${r}}`).join(', ')));
    }
    return { parts, onlyRoles: names.length > 0 && line.replace(PLACEHOLDER, '').trim() === '' };
  });
  return (values) => {
    const filled: string[] = [];
    for (const { parts, onlyRoles } of lines) {
      const text = parts.map((part, i) => (i % 2 === 0 ? part : values.get(part) ?? '')).join('');
      if (onlyRoles && text.trim() === '') continue;
      filled.push(text);
    }
    return filled.join('\n');
  };
}

/** `compilePattern` for one use. */
export function fillTemplate(pattern: string, kind: DataKind, values: ReadonlyMap<string, string>): string {
  return compilePattern(pattern, kind)(values);
}

/**
 * Checks mapping and template against the table's columns once and returns the function that turns a row
 * into its prompt and completion.
 * @throws {DataError} when a required role has no column, a column does not exist, or the template names an unknown role.
 */
export function compileTemplate(columns: readonly string[], mapping: Mapping, template: PromptTemplate): (row: readonly string[]) => { prompt: string; completion: string } {
  const t = texts().errors.shared;
  if (!Object.hasOwn(DATA_ROLES, mapping.kind)) throw new DataError(t.dataKind(String(mapping.kind), Object.keys(DATA_ROLES).join(', ')));
  const sources: [role: string, column: number][] = [];
  for (const { role, required } of DATA_ROLES[mapping.kind]) {
    const name = Object.hasOwn(mapping.roles, role) ? mapping.roles[role] : null;
    if (name === null || name === undefined) {
      if (required) throw new DataError(t.roleWithoutColumn(role));
      continue;
    }
    const column = columns.indexOf(name);
    if (column < 0) throw new DataError(t.noColumn(name, role, columns.join(', ')));
    sources.push([role, column]);
  }
  const [prompt, completion] = [template.prompt, template.completion].map((pattern) => compilePattern(pattern, mapping.kind));
  return (row) => {
    const values = new Map(sources.map(([role, column]) => [role, row[column] ?? '']));
    return { prompt: prompt(values), completion: completion(values) };
  };
}
