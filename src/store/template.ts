/** Templates and mappings as the page needs them, on top of `shared/template.ts`. */
import type { ChatTemplate, DataKind, Mapping, PromptTemplate, Turn } from '../shared/data';
import { DATA_ROLES, fillTemplate } from '../shared/template';
import type { Prompt } from '../shared/types';

/**
 * The template with the model's own of this name in it, its first where it has none of that; `choice` null: the plain
 * one.
 */
export function withChatTemplate(
  { prompt, completion }: PromptTemplate,
  kind: DataKind,
  templates: readonly ChatTemplate[],
  choice: string | null,
): PromptTemplate {
  const chat = kind === 'chat' ? chosenTemplate(templates, choice) : undefined;
  return { prompt, completion, ...(chat && { chat }) };
}

export const chosenTemplate = (templates: readonly ChatTemplate[], choice: string | null): ChatTemplate | undefined =>
  choice === null ? undefined : (templates.find((t) => t.name === choice) ?? templates[0]);

/** Puts chats as prompts into a model's own template. @throws {SieveError} when it does not take them */
export type ApplyChatTemplate = (template: ChatTemplate, chats: Turn[][]) => Promise<Prompt[]>;

/** Guesses columns for the roles of `kind`: same name first, then in order of appearance. */
export function startMapping(kind: DataKind, columns: string[]): Mapping {
  const free = new Set(columns);
  const roles: Record<string, string | null> = {};
  for (const { role } of DATA_ROLES[kind]) {
    const same = columns.find((c) => c.toLowerCase() === role);
    roles[role] = same ?? null;
    if (same !== undefined) free.delete(same);
  }
  for (const { role, required } of DATA_ROLES[kind]) {
    if (roles[role] !== null || !required) continue;
    const next = free.values().next();
    if (next.done) continue;
    roles[role] = next.value;
    free.delete(next.value);
  }
  return { kind, roles };
}

/**
 * What a person typed, templated as the run's prompts were in training: it takes the first role, the others stay empty;
 * in a model's own chat template it is the first turn. Plain text stays as it is.
 */
export async function comparePrompt(
  typed: string,
  mapping: Mapping | null,
  template: PromptTemplate,
  applyChatTemplate: ApplyChatTemplate,
): Promise<Prompt> {
  if (mapping?.kind === 'chat' && template.chat)
    return (await applyChatTemplate(template.chat, [[{ role: 'user', text: typed }]]))[0];
  if (!mapping || template.prompt === '') return typed;
  return fillTemplate(template.prompt, mapping.kind, new Map([[DATA_ROLES[mapping.kind][0].role, typed]]), null);
}

/** Prompts to sample as the run's prompts were in training; null = one of the validation data. */
export async function templatedPrompts(
  prompts: readonly string[] | null,
  { mapping, template }: { mapping: Mapping | null; template: PromptTemplate },
  applyChatTemplate: ApplyChatTemplate,
): Promise<Prompt[] | null> {
  return prompts && Promise.all(prompts.map((p) => comparePrompt(p, mapping, template, applyChatTemplate)));
}

/**
 * How prompts were templated for an adapter that came from files: the kind of data is told by the roles its template
 * names.
 */
export function carriedPrompt(template: PromptTemplate): { mapping: Mapping; template: PromptTemplate } {
  if (template.chat) return { mapping: { kind: 'chat', roles: {} }, template };
  const kind = (['instruction', 'prompt-completion', 'text-label', 'chat'] as const).find((k) =>
    template.prompt.includes(`{${DATA_ROLES[k][0].role}}`),
  );
  return { mapping: { kind: kind ?? 'text', roles: {} }, template };
}
