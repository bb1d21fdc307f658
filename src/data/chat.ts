/** A cell with a list of turns → the turns: chat `messages` (role, content) and ShareGPT (from, value). */
import type { Turn } from '../shared/data';

export interface Chat {
  style: 'messages' | 'sharegpt';
  turns: Turn[];
}

const ROLES: Record<string, Turn['role']> = {
  system: 'system', developer: 'system',
  user: 'user', human: 'user', prompter: 'user', tool: 'user', function: 'user', observation: 'user',
  assistant: 'assistant', gpt: 'assistant', model: 'assistant', bot: 'assistant', chatgpt: 'assistant', function_call: 'assistant',
};

/** The chat in a cell, or null where it holds none. Turns of unknown roles make it none. */
export function parseChat(cell: string): Chat | null {
  if (!/^\s*\[\s*\{/.test(cell)) return null;
  let list: unknown;
  try {
    list = JSON.parse(cell);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
  if (!Array.isArray(list) || list.length === 0) return null;
  const turns: Turn[] = [];
  let style: Chat['style'] = 'messages';
  for (const item of list as unknown[]) {
    if (typeof item !== 'object' || item === null) return null;
    const own = (key: string): unknown => (Object.hasOwn(item, key) ? (item as Record<string, unknown>)[key] : undefined);
    const [who, text] = own('role') === undefined ? [own('from'), own('value')] : [own('role'), own('content')];
    if (own('role') === undefined) style = 'sharegpt';
    const role = typeof who === 'string' && Object.hasOwn(ROLES, who.toLowerCase()) ? ROLES[who.toLowerCase()] : null;
    const said = textOf(text);
    if (role === null || said === null) return null;
    turns.push({ role, text: said });
  }
  return { style, turns };
}

/** A turn's content: a text, or a list of parts of which the texts count. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (content === null) return '';
  if (!Array.isArray(content)) return null;
  return content.map((part: unknown) => {
    const text = typeof part === 'object' && part !== null && Object.hasOwn(part, 'text') ? (part as { text: unknown }).text : '';
    return typeof text === 'string' ? text : '';
  }).join('');
}
