/** A cell that holds a chat → its turns; or why it holds none. */
import type { Speaker, Turn } from '../shared/data';
import { texts } from '../shared/texts';
import { SAID_KEYS, WHO_KEYS } from './parse/jsonShapes';
import { parseLoosely } from './parse/loose';

/** How turns are written down: role and content, from and value, other names of both, one key a speaker, pairs, texts by turns, a transcript. */
export type ChatStyle = 'messages' | 'sharegpt' | 'named' | 'keyed' | 'pairs' | 'texts' | 'transcript';

/** Parts of turns that are no text. */
export type Medium = 'images' | 'audio' | 'files';

export interface Chat {
  style: ChatStyle;
  turns: Turn[];
  /** What was left out of it, each once. */
  media: Medium[];
}

/** Why a cell is no chat. `none`: it does not look like one. */
export type NoChat =
  | { because: 'none' }
  | { because: 'json'; reason: string }
  | { because: 'empty' }
  /** Turns of speakers that are not known. */
  | { because: 'role'; names: string[] }
  /** Entries whose keys are not known. */
  | { because: 'keys'; names: string[] }
  | { because: 'content'; names: string[] };

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined);

const SPEAKERS = new Map<string, Speaker>([
  ...['system', 'developer', '系统', 'system_prompt'].map((n): [string, Speaker] => [n, 'system']),
  ...[
    'user',
    'human',
    'prompter',
    'customer',
    'client',
    'question',
    'instruction',
    'usuario',
    'benutzer',
    'nutzer',
    'utilisateur',
    '用户',
    '人类',
    '问',
    'ユーザー',
    '사용자',
    'пользователь',
  ].map((n): [string, Speaker] => [n, 'user']),
  ...[
    'assistant',
    'gpt',
    'model',
    'bot',
    'chatgpt',
    'ai',
    'chatbot',
    'answer',
    'response',
    'claude',
    'agent',
    'function_call',
    'assistent',
    'asistente',
    '助手',
    '机器人',
    '答',
    'アシスタント',
    '어시스턴트',
    'ассистент',
  ].map((n): [string, Speaker] => [n, 'assistant']),
  ...['tool', 'function', 'observation', 'ipython', 'tool_response', 'function_response', 'environment'].map(
    (n): [string, Speaker] => [n, 'tool'],
  ),
]);

/** Keys that say whether an answer is learnt from. */
const WEIGHTS = ['weight', 'train', 'loss', 'learn', 'trainable', 'training', 'loss_weight'];

/** Cells that look like a list, in JSON or in Python's writing, or like a transcript. */
export function looksLikeChat(cell: string): boolean {
  return (/^\s*[[{(]\s*([[{("']|array\()/.test(cell) && /[\]})]\s*$/.test(cell)) || TRANSCRIPT.test(cell);
}

const TRANSCRIPT = /^\s*Human: [\s\S]*\n\nAssistant:/;

/** @param speakers who speaks under names that are not known by themselves, in lower case */
export function parseChat(cell: string, speakers: Readonly<Record<string, Speaker>> = {}): Chat | NoChat {
  if (TRANSCRIPT.test(cell)) return transcript(cell);
  if (!/^\s*[[{(]/.test(cell)) return { because: 'none' };
  const parsed = parseLoosely(cell);
  if (!parsed.ok) return looksLikeChat(cell) ? { because: 'json', reason: parsed.reason } : { because: 'none' };
  return chatOf(parsed.value, speakers);
}

function chatOf(value: unknown, speakers: Readonly<Record<string, Speaker>>): Chat | NoChat {
  if (isObject(value)) {
    // One key around the list: {"messages": […]}.
    const list = Object.values(value).find(
      (inner) => Array.isArray(inner) && inner.length > 0 && inner.every(isObject),
    );
    return list === undefined ? { because: 'none' } : chatOf(list, speakers);
  }
  if (!Array.isArray(value)) return { because: 'none' };
  if (value.length === 0) return { because: 'empty' };
  if (value.every((v) => typeof v === 'string')) return byTurns(value as string[], 'texts');
  if (value.every((v) => Array.isArray(v) && v.length === 2 && v.every((text) => typeof text === 'string')))
    return byTurns((value as string[][]).flat(), 'pairs');
  if (!value.every(isObject)) return { because: 'none' };
  return turnsOf(value as Fields[], speakers);
}

function byTurns(said: readonly string[], style: 'texts' | 'pairs'): Chat | NoChat {
  if (said.length < 2) return { because: 'none' };
  return {
    style,
    media: [],
    turns: said
      .map((text, i): Turn => ({ role: i % 2 === 0 ? 'user' : 'assistant', text }))
      .filter((turn) => turn.text !== ''),
  };
}

function turnsOf(list: readonly Fields[], speakers: Readonly<Record<string, Speaker>>): Chat | NoChat {
  const turns: Turn[] = [];
  const media = new Set<Medium>();
  const strangers = new Set<string>();
  const [who, said] = [
    WHO_KEYS.find((k) => list.every((item) => typeof own(item, k) === 'string')),
    SAID_KEYS.find((k) => list.some((item) => Object.hasOwn(item, k))),
  ];
  if (who === undefined || (said === undefined && !list.some((item) => Object.hasOwn(item, 'tool_calls'))))
    return keyed(list) ?? { because: 'keys', names: Object.keys(list[0]).slice(0, 8) };
  for (const item of list) {
    const name = (own(item, who) as string).trim();
    const known =
      SPEAKERS.get(name.toLowerCase()) ??
      (Object.hasOwn(speakers, name.toLowerCase()) ? speakers[name.toLowerCase()] : undefined);
    const content = said === undefined ? undefined : own(item, said);
    const text = textOf(content, media);
    if (text === null) return { because: 'content', names: [said!] };
    if (known === undefined) strangers.add(name);
    else turns.push({ role: known, text, ...partsOf(item, [who, said ?? '']) });
  }
  if (strangers.size > 0) return { because: 'role', names: [...strangers] };
  const style =
    who === 'role' && (said === 'content' || said === undefined)
      ? 'messages'
      : who === 'from' && said === 'value'
        ? 'sharegpt'
        : 'named';
  return { style, turns, media: [...media] };
}

/** What a turn says beside its text: for templates, and whether it is learnt from. */
function partsOf(item: Fields, taken: readonly string[]): Pick<Turn, 'more' | 'learn'> {
  const rest = Object.entries(item).filter(
    ([key, value]) =>
      !taken.includes(key) && !WEIGHTS.includes(key) && value !== null && value !== undefined && value !== '',
  );
  const learn = WEIGHTS.map((key) => own(item, key)).find(
    (value) => typeof value === 'number' || typeof value === 'boolean',
  );
  return {
    ...(rest.length > 0 && { more: Object.fromEntries(rest) }),
    ...(learn !== undefined && Number(learn) <= 0 && { learn: false }),
  };
}

/** Entries of one key a speaker: {"human": …, "assistant": …}. */
function keyed(list: readonly Fields[]): Chat | null {
  const order: Speaker[] = ['system', 'user', 'tool', 'assistant'];
  const turns: Turn[] = [];
  for (const item of list) {
    const said = Object.entries(item).flatMap(([key, value]): Turn[] => {
      const role = SPEAKERS.get(key.trim().toLowerCase());
      return role && typeof value === 'string' ? [{ role, text: value }] : [];
    });
    if (said.length === 0) return null;
    turns.push(...said.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role)));
  }
  return turns.some((t) => t.role === 'assistant') && turns.some((t) => t.role === 'user')
    ? { style: 'keyed', turns, media: [] }
    : null;
}

/** A turn's content: a text, or a list of parts of which the texts count. Null where it is neither. */
function textOf(content: unknown, media: Set<Medium>): string | null {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (isObject(content)) {
    const inner = own(content, 'parts') ?? own(content, 'text');
    return inner === undefined ? null : textOf(inner, media);
  }
  if (!Array.isArray(content)) return null;
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      if (!isObject(part)) return '';
      const text = own(part, 'text');
      const type = String(own(part, 'type') ?? '');
      if (typeof text === 'string' && (type === '' || type.includes('text'))) return text;
      media.add(
        /image|video|picture/.test(type) || 'image' in part || 'image_url' in part
          ? 'images'
          : /audio|sound/.test(type)
            ? 'audio'
            : 'files',
      );
      return '';
    })
    .join('');
}

/** "\n\nHuman: …\n\nAssistant: …", as sets of preferences write a chat. */
function transcript(cell: string): Chat {
  const parts = `\n\n${cell.trim()}`.split(/\n\n(Human|Assistant):/).slice(1);
  const turns: Turn[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2)
    turns.push({ role: parts[i] === 'Human' ? 'user' : 'assistant', text: parts[i + 1].trim() });
  return { style: 'transcript', turns, media: [] };
}

export function isChat(read: Chat | NoChat): read is Chat {
  return 'turns' in read;
}

/** Why a cell is no chat, for a person. */
export function noChatWords(why: NoChat): string {
  const t = texts().errors.data.noChat;
  switch (why.because) {
    case 'json':
      return t.json(why.reason);
    case 'role':
    case 'keys':
    case 'content':
      return t[why.because](why.names.map((n) => n.slice(0, 40)).join(', '));
    default:
      return t[why.because];
  }
}

/** What of a chat the plain templates leave out; a model's own may write it. */
export type Part = Medium | 'toolCalls' | 'toolResults' | 'reasoning' | 'names' | 'tools';

const REASONING = ['reasoning_content', 'reasoning', 'thinking'];

/**
 * A cell that lists tools, as chat templates take them: functions in the shape that OpenAI gave them.
 * @returns none where it is empty; null where it is no such list
 */
export function parseTools(cell: string): unknown[] | null {
  if (cell.trim() === '') return [];
  const parsed = parseLoosely(cell);
  if (!parsed.ok) return null;
  const list = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (!list.every(isObject)) return null;
  return list.map((tool) =>
    typeof own(tool, 'name') === 'string' && own(tool, 'function') === undefined
      ? { type: 'function', function: tool }
      : tool,
  );
}

const toolName = (tool: unknown): string => {
  const inner = isObject(tool) ? (own(tool, 'function') ?? tool) : null;
  return isObject(inner) && typeof own(inner, 'name') === 'string' ? (own(inner, 'name') as string) : '';
};

/** The texts by which it is seen whether a template has written a turn's parts. */
export function partsToWrite({ role, more, tools }: Turn): { part: Part; signs: string[] }[] {
  const calls = more?.tool_calls ?? more?.function_call;
  const parts: { part: Part; signs: string[] }[] = [];
  if (role === 'assistant' && calls !== undefined && !(Array.isArray(calls) && calls.length === 0)) {
    parts.push({ part: 'toolCalls', signs: (Array.isArray(calls) ? calls : [calls]).map(toolName) });
  }
  if (tools && tools.length > 0) parts.push({ part: 'tools', signs: tools.map(toolName) });
  const thought = REASONING.map((key) => more?.[key]).find((value) => typeof value === 'string' && value.trim() !== '');
  if (role === 'assistant' && thought !== undefined)
    parts.push({ part: 'reasoning', signs: [(thought as string).trim()] });
  if (role !== 'tool' && typeof more?.name === 'string') parts.push({ part: 'names', signs: [more.name] });
  return parts;
}

/** Tool calls with their arguments as values: chat templates write them as JSON themselves. */
export function forTemplate(more: Record<string, unknown>): Record<string, unknown> {
  const calls = more.tool_calls;
  if (!Array.isArray(calls)) return more;
  return {
    ...more,
    tool_calls: calls.map((call: unknown) => {
      const inner = isObject(call) ? own(call, 'function') : undefined;
      const given = isObject(inner) ? own(inner, 'arguments') : undefined;
      if (typeof given !== 'string') return call;
      const value = parseLoosely(given);
      return value.ok && isObject(value.value)
        ? { ...(call as Fields), function: { ...(inner as Fields), arguments: value.value } }
        : call;
    }),
  };
}
