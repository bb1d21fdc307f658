/** A row's cells → the texts of its example, turn by turn, each learnt from or only read. */
import type { ChatTemplate, PrepareOptions, RenderChats, RenderedChat, Segment, Turn } from '../shared/data';
import { DataError } from '../shared/errors';
import { texts } from '../shared/texts';
import { guard } from '../shared/guard';
import { compilePattern, compileTemplate } from '../shared/template';
import type { Tokenizer } from '../shared/types';
import { parseChat } from './chat';

export interface Texts {
  segments: Segment[];
  /** What comes before the first text that is learnt. */
  prompt: string;
  /** All that is learnt. */
  completion: string;
  /** The label where the data has labels. */
  label: string | null;
  /** Whether a model's own chat template wrote the segments: special tokens and all, and guarded, see `guard`. */
  dressed: boolean;
  /** Earlier answers are only read, for the template rewrites them. */
  lastOnly: boolean;
  /** Why the template takes no such chat; there is nothing to learn then. */
  problem: string | null;
}

/** Texts of some rows, in order; the completion is blank where there is nothing to learn from. */
export type ToTexts = (rows: readonly (readonly string[])[]) => Promise<Texts[]>;

/** What a model's own template needs. */
export interface Dresser {
  render: RenderChats;
  special: Tokenizer['special'];
}

/**
 * Checks mapping and template once.
 * @throws {DataError} when mapping or template do not fit the columns, or a model's own template is asked for without a
 * `dresser`; the function it returns, when the template itself cannot be used.
 */
export function compileTexts(columns: readonly string[], { mapping, template }: Pick<PrepareOptions, 'mapping' | 'template'>, dresser: Dresser | null): ToTexts {
  const fill = compileTemplate(columns, mapping, template);
  if (mapping.kind === 'chat') {
    const column = columns.indexOf(mapping.roles.message!);
    const turnsOf = (cells: readonly string[]) => parseChat(cells[column] ?? '')?.turns ?? [];
    if (template.chat) return dressedTexts(template.chat, turnsOf, dresser);
    const [asked, answered] = [template.prompt, template.completion].map((pattern) => compilePattern(pattern, 'chat'));
    return async (rows) => rows.map((cells) => ofSegments(turnsOf(cells).map(({ role, text }): Segment => ({
      text: role === 'system' ? `${text}\n` : (role === 'user' ? asked : answered)(new Map([['message', text]])),
      trained: role === 'assistant' && text.trim() !== '',
    }))));
  }
  const label = mapping.kind === 'text-label' ? columns.indexOf(mapping.roles.label!) : -1;
  return async (rows) => rows.map((cells) => {
    const { prompt, completion } = fill(cells);
    const segments: Segment[] = prompt === '' ? [] : [{ text: prompt, trained: false }];
    return { ...PLAIN, segments: [...segments, { text: completion, trained: true }], prompt, completion, label: label < 0 ? null : cells[label].trim() };
  });
}

const PLAIN = { label: null, dressed: false, lastOnly: false, problem: null };

function dressedTexts(template: ChatTemplate, turnsOf: (cells: readonly string[]) => Turn[], dresser: Dresser | null): ToTexts {
  if (!dresser) throw new DataError(texts().errors.data.chatTemplate.noTokenizer);
  const marks = [...dresser.special.values()];
  return async (rows) => {
    const chats = await dresser.render(template, rows.map((cells) => guarded(turnsOf(cells), marks)), 'chat');
    return chats.map((chat): Texts => ('problem' in chat
      ? { ...ofSegments([]), dressed: true, problem: chat.problem }
      : { ...ofSegments(chat.segments.flatMap((s) => withoutTail(s, marks))), dressed: true, lastOnly: chat.lastOnly }));
  };
}

/** Turns whose texts hold nothing that a tokenizer would take for a special token. */
export function guarded(turns: readonly Turn[], special: readonly string[]): Turn[] {
  return turns.map(({ role, text }) => ({ role, text: guard(text, special) }));
}

/** Prompts in a model's own template. @throws {DataError} when it takes no such chat */
export async function dressedPrompts(template: ChatTemplate, chats: readonly (readonly Turn[])[], { render, special }: Dresser): Promise<string[]> {
  const rendered: RenderedChat[] = await render(template, chats.map((turns) => guarded(turns, [...special.values()])), 'prompt');
  return rendered.map((chat) => {
    if ('problem' in chat) throw new DataError(texts().errors.data.chatTemplate.prompt(chat.problem));
    return chat.segments[0].text;
  });
}

/** An answer ends with its last special token, if it has one: blanks behind it are the template's own. */
function withoutTail(segment: Segment, special: readonly string[]): Segment[] {
  const text = segment.text.trimEnd();
  if (!segment.trained || text === segment.text || !special.some((mark) => text.endsWith(mark))) return [segment];
  return [{ text, trained: true }, { text: segment.text.slice(text.length), trained: false }];
}

function ofSegments(segments: readonly Segment[]): Texts {
  const first = segments.findIndex((s) => s.trained);
  // Turns after the last one that is learnt teach nothing.
  const last = segments.findLastIndex((s) => s.trained);
  const used = segments.slice(0, last + 1);
  return {
    ...PLAIN,
    segments: used,
    prompt: used.slice(0, Math.max(0, first)).map((s) => s.text).join(''),
    completion: used.filter((s) => s.trained).map((s) => s.text).join(''),
  };
}
