/** A chat as a model's own chat template writes it. */
import type { ChatTemplate, RenderedChat, Segment, Turn } from '../shared/data';
import { messageOf } from '../shared/errors';
import { message } from '../shared/message';
import { compileJinja, TemplateRefusal } from './jinja';

/** Renders the turns so far; with `ask`, the beginning of an answer follows. */
type Write = (turns: readonly Turn[], ask: boolean) => string;

export interface CompiledChatTemplate {
  /** A chat to learn from, up to its last answer. */
  chat(turns: readonly Turn[]): RenderedChat;
  /** The turns, and the beginning of an answer to them. */
  prompt(turns: readonly Turn[]): RenderedChat;
}

/**
 * Reads a template once.
 * @param onRendering told after every rendering, of which a chat takes several
 * @throws {DataError} when it is no template; so do the functions it returns, for one that grows without end
 */
export function compileChatTemplate(
  { source, tokens }: ChatTemplate,
  onRendering: () => void = () => {},
): CompiledChatTemplate {
  const render = compileJinja(source);
  const write: Write = (turns, ask) => {
    const text = render({
      ...tokens,
      messages: turns.map(({ role, text: content, more }) => ({ ...more, role, content })),
      add_generation_prompt: ask,
      tools: turns[0]?.tools ?? null,
      documents: null,
    });
    onRendering();
    return text;
  };
  const told = (act: () => RenderedChat): RenderedChat => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TemplateRefusal)) throw error;
      return { problem: messageOf(error) };
    }
  };
  return {
    chat: (turns) => told(() => segmentsOf(turns, write)),
    prompt: (turns) => told(() => ({ segments: [{ text: write(turns, true), trained: false }], lastOnly: false })),
  };
}

/**
 * A chat up to its last answer, cut where answers begin and end. A template says neither, so it is asked what it writes
 * before an answer (the turns so far, and the beginning of an answer) and after it: where each is the beginning of the
 * whole, what lies between is the answer. Templates that rewrite earlier turns once later ones follow give the last
 * answer alone.
 */
function segmentsOf(turns: readonly Turn[], write: Write): RenderedChat {
  const answers = turns.flatMap((turn, i) => (isLearnt(turn) ? [i] : []));
  if (answers.length === 0) return { segments: [], lastOnly: false };
  const last = answers[answers.length - 1];
  const whole = write(turns.slice(0, last + 1), false);
  const every = cut(turns, answers, whole, write);
  if (every) return { segments: every, lastOnly: false };
  const one = answers.length > 1 ? cut(turns, [last], whole, write) : null;
  return one ? { segments: one, lastOnly: true } : { problem: message('hub.chatTemplate.answer') };
}

/** An answer that says something, in words or in a call of a tool, and that is not only read. */
function isLearnt({ role, text, more, learn }: Turn): boolean {
  return role === 'assistant' && learn !== false && (text.trim() !== '' || more?.tool_calls !== undefined);
}

/** The whole at the beginnings and ends of `answers`; null where the template writes a part otherwise than alone. */
function cut(turns: readonly Turn[], answers: readonly number[], whole: string, write: Write): Segment[] | null {
  const segments: Segment[] = [];
  let at = 0;
  for (const i of answers) {
    const asked = attempt(() => write(turns.slice(0, i), true));
    const said = i === answers[answers.length - 1] ? whole : attempt(() => write(turns.slice(0, i + 1), false));
    if (asked === null || said === null || asked.length < at || !said.startsWith(asked) || !whole.startsWith(said))
      return null;
    segments.push(
      { text: whole.slice(at, asked.length), trained: false },
      { text: whole.slice(asked.length, said.length), trained: true },
    );
    at = said.length;
  }
  return segments;
}

/** A part of a chat may be refused where the whole is not. */
function attempt(act: () => string): string | null {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TemplateRefusal)) throw error;
    return null;
  }
}
