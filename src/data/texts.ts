/** A row's cells → the texts of its example, turn by turn, each learnt from or only read. */
import type { ChatTemplate, Mapping, PrepareOptions, RenderChats, RenderedChat, Segment, Turn } from '../shared/data';
import { DataError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import { guard } from '../shared/guard';
import { compilePattern, compileTemplate } from '../shared/template';
import type { Tokenizer } from '../shared/types';
import { forTemplate, isChat, noChatMessage, parseChat, parseTools, type Part, partsToWrite } from './chat';

export interface RowTexts {
  segments: Segment[];
  /** What comes before the first text that is learnt. */
  prompt: string;
  /** All that is learnt. */
  completion: string;
  /** The label where the data has labels. */
  label: string | null;
  /** Whether a model's own chat template wrote the segments: special tokens and all, and guarded, see `guard`. */
  templated: boolean;
  /** Earlier answers are only read, for the template rewrites them. */
  lastOnly: boolean;
  /** Whether anything of the row stands before what is learnt, where something should. */
  asked: boolean;
  /** Why the template takes no such chat; there is nothing to learn then. */
  problem: Message | null;
  /** Why the row is no chat; there is nothing to learn then. */
  noChat: Message | null;
  /** Speakers of its turns that are not known. */
  strangers: string[];
  /** What of the chat is left out. */
  parts: Part[];
  /** Why there is nothing to learn, where more is known than that. */
  nothing: 'calls' | 'weights' | null;
}

/** Texts of some rows, in order; the completion is blank where there is nothing to learn from. */
export type ToTexts = (rows: readonly (readonly string[])[]) => Promise<RowTexts[]>;

/** What a model's own template needs. */
export interface TemplateTools {
  render: RenderChats;
  special: Tokenizer['special'];
}

/**
 * Checks mapping and template once.
 * @throws {DataError} when mapping or template do not fit the columns, or a model's own template is asked for without a
 * `templateTools`; the function it returns, when the template itself cannot be used.
 */
export function compileTexts(
  columns: readonly string[],
  { mapping, template }: Pick<PrepareOptions, 'mapping' | 'template'>,
  templateTools: TemplateTools | null,
): ToTexts {
  const fill = compileTemplate(columns, mapping, template);
  if (mapping.kind === 'chat') {
    const turnsOf = chatReader(columns, mapping, template.chat !== undefined);
    if (template.chat) return templatedTexts(template.chat, turnsOf, templateTools);
    const [asked, answered] = [template.prompt, template.completion].map((pattern) =>
      compilePattern(pattern, 'chat', columns),
    );
    return async (rows) =>
      rows.map((cells) => {
        const read = turnsOf(cells);
        const values = new Map(columns.map((name, c) => [name, cells[c] ?? '']));
        const segments = read.turns.map(({ role, text, learn }): Segment => {
          if (role === 'system') return { text: `${text}\n`, trained: false };
          values.set('message', text);
          const answer = role === 'assistant' && text.trim() !== '';
          return {
            text: (role === 'assistant' ? answered : asked)(values),
            trained: answer && learn !== false,
            ...(answer && { ends: true }),
          };
        });
        return {
          ...ofSegments(segments),
          asked: somethingAsked(read.turns),
          ...told(
            read,
            segments.some((s) => s.trained),
            () => true,
          ),
        };
      });
  }
  const label = mapping.kind === 'text-label' ? columns.indexOf(mapping.roles.label!) : -1;
  return async (rows) =>
    rows.map((cells) => {
      const { prompt, completion, asked } = fill(cells);
      const learnt: Segment = { text: completion, trained: true };
      // Every field by name: a spread is slow where there are a million rows.
      return {
        segments: prompt === '' ? [learnt] : [{ text: prompt, trained: false }, learnt],
        prompt,
        completion,
        label: label < 0 ? null : cells[label].trim(),
        templated: false,
        lastOnly: false,
        asked,
        problem: null,
        noChat: null,
        strangers: NOBODY,
        parts: NO_PARTS,
        nothing: null,
      };
    });
}

const NOBODY: string[] = [];
const NO_PARTS: Part[] = [];

const PLAIN = {
  label: null,
  templated: false,
  lastOnly: false,
  asked: true,
  problem: null,
  noChat: null,
  strangers: NOBODY,
  parts: NO_PARTS,
  nothing: null,
} satisfies Partial<RowTexts>;

/** A row as a chat: its turns, or why there are none. */
interface ChatRow {
  turns: Turn[];
  noChat: Message | null;
  strangers: string[];
  parts: Part[];
}

/** Puts a chat together that may lie in several columns. */
function chatReader(
  columns: readonly string[],
  mapping: Mapping,
  templated: boolean,
): (cells: readonly string[]) => ChatRow {
  const at = (role: string) => (mapping.roles[role] ? columns.indexOf(mapping.roles[role]) : -1);
  const [message, answer, system] = [at('message'), at('answer'), at('system')];
  // A plain template has no place for them: the column is then named as not used.
  const tools = templated ? at('tools') : -1;
  const speakers = Object.fromEntries(
    Object.entries(mapping.speakers ?? {}).map(([name, role]) => [name.trim().toLowerCase(), role]),
  );
  return (cells) => {
    const row: ChatRow = { turns: [], noChat: null, strangers: [], parts: [] };
    const add = (cell: string, role: 'user' | 'assistant', learn: boolean) => {
      const read = parseChat(cell, speakers);
      if (isChat(read)) {
        row.turns.push(
          ...read.turns.map((turn) => (learn || turn.role !== 'assistant' ? turn : { ...turn, learn: false })),
        );
        row.parts.push(...read.left);
      } else if (answer >= 0 && read.because === 'none') {
        if (cell.trim() !== '') row.turns.push({ role, text: cell });
      } else if (!(answer >= 0 && read.because === 'empty')) {
        row.noChat ??= noChatMessage(read);
        if (read.because === 'role') row.strangers.push(...read.names);
      }
    };
    add(cells[message] ?? '', 'user', answer < 0);
    if (answer >= 0) add(cells[answer] ?? '', 'assistant', true);
    if (row.noChat !== null) return { ...row, turns: [] };
    const before = system >= 0 ? (cells[system] ?? '').trim() : '';
    if (before !== '' && row.turns[0]?.role !== 'system') row.turns.unshift({ role: 'system', text: before });
    if (mapping.lastAnswer) {
      const last = row.turns.findLastIndex((t) => t.role === 'assistant');
      row.turns = row.turns.map((turn, i) =>
        turn.role === 'assistant' && i !== last ? { ...turn, learn: false } : turn,
      );
    }
    const listed = parseTools(cells[tools] ?? '');
    if (listed === null) row.parts.push('tools');
    else if (listed.length > 0 && row.turns.length > 0) row.turns[0] = { ...row.turns[0], tools: listed };
    return row;
  };
}

/** Whether anybody else has said anything before the last answer that is learnt: a chat may begin with a greeting. */
function somethingAsked(turns: readonly Turn[]): boolean {
  const last = turns.findLastIndex((t) => t.role === 'assistant' && t.learn !== false);
  return last < 0 || turns.slice(0, last).some((t) => t.role !== 'assistant' && t.text.trim() !== '');
}

/**
 * What is to be said of a chat. @param left whether a part of a turn is left out; told the signs of one that may be
 * written
 */
function told(
  { turns, noChat, strangers, parts }: ChatRow,
  learns: boolean,
  left: (signs: readonly string[]) => boolean,
): Pick<RowTexts, 'noChat' | 'strangers' | 'parts' | 'nothing'> {
  const out = new Set<Part>(parts);
  for (const turn of turns) for (const { part, signs } of partsToWrite(turn)) if (left(signs)) out.add(part);
  if (turns.some((t) => t.role === 'tool') && left([])) out.add('toolResults');
  const answers = turns.filter((t) => t.role === 'assistant');
  const silent =
    answers.length > 0 &&
    answers.every((t) => t.text.trim() === '' && partsToWrite(t).some(({ part }) => part === 'toolCalls'));
  const nothing = learns
    ? null
    : silent
      ? 'calls'
      : answers.length > 0 && answers.every((t) => t.learn === false)
        ? 'weights'
        : null;
  return { noChat, strangers, parts: [...out], nothing };
}

function templatedTexts(
  template: ChatTemplate,
  turnsOf: (cells: readonly string[]) => ChatRow,
  templateTools: TemplateTools | null,
): ToTexts {
  if (!templateTools) throw new DataError(message('data.chatTemplate.noTokenizer'));
  const marks = [...templateTools.special.values()];
  return async (rows) => {
    const read = rows.map(turnsOf);
    const chats = await templateTools.render(
      template,
      read.map(({ turns }) => guarded(turns, marks)),
      'chat',
    );
    return chats.map((chat, i): RowTexts => {
      if ('problem' in chat)
        return { ...ofSegments([]), ...told(read[i], true, () => false), templated: true, problem: chat.problem };
      const whole = chat.segments.map((s) => s.text).join('');
      const missing = (signs: readonly string[]) => signs.some((sign) => sign !== '' && !whole.includes(sign));
      return {
        ...ofSegments(chat.segments.flatMap((s) => withoutTail(s, marks))),
        ...told(
          read[i],
          chat.segments.some((s) => s.trained),
          missing,
        ),
        templated: true,
        asked: somethingAsked(read[i].turns),
        lastOnly: chat.lastOnly,
      };
    });
  };
}

/** Turns whose texts hold nothing that a tokenizer would take for a special token. */
function guarded(turns: readonly Turn[], special: readonly string[]): Turn[] {
  return turns.map(({ text, more, tools, ...turn }) => ({
    ...turn,
    text: guard(text, special),
    ...(tools && { tools: guardedValue(tools, special) as unknown[] }),
    ...(more && { more: guardedValue(forTemplate(more), special) as Record<string, unknown> }),
  }));
}

function guardedValue(value: unknown, special: readonly string[]): unknown {
  if (typeof value === 'string') return guard(value, special);
  if (Array.isArray(value)) return value.map((v) => guardedValue(v, special));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [guard(key, special), guardedValue(v, special)]));
}

/** Prompts in a model's own template. @throws {DataError} when it takes no such chat */
export async function templatedPrompts(
  template: ChatTemplate,
  chats: readonly (readonly Turn[])[],
  { render, special }: TemplateTools,
): Promise<string[]> {
  const rendered: RenderedChat[] = await render(
    template,
    chats.map((turns) => guarded(turns, [...special.values()])),
    'prompt',
  );
  return rendered.map((chat) => {
    if ('problem' in chat) throw new DataError(message('data.chatTemplate.prompt', { why: chat.problem }));
    return chat.segments[0].text;
  });
}

/** An answer ends with its last special token, if it has one: blanks behind it are the template's own. */
function withoutTail(segment: Segment, special: readonly string[]): Segment[] {
  const text = segment.text.trimEnd();
  if (!segment.trained || text === segment.text || !special.some((mark) => text.endsWith(mark))) return [segment];
  return [
    { text, trained: true },
    { text: segment.text.slice(text.length), trained: false },
  ];
}

function ofSegments(segments: readonly Segment[]): RowTexts {
  const first = segments.findIndex((s) => s.trained);
  // Turns after the last one that is learnt teach nothing.
  const last = segments.findLastIndex((s) => s.trained);
  const used = segments.slice(0, last + 1);
  return {
    ...PLAIN,
    segments: used,
    prompt: used
      .slice(0, Math.max(0, first))
      .map((s) => s.text)
      .join(''),
    completion: used
      .filter((s) => s.trained)
      .map((s) => s.text)
      .join(''),
  };
}
