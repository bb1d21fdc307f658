/** A cell that holds a chat → its turns; or why it holds none. */
import type { Speaker, Turn } from '../shared/data';
import { type Message, message } from '../shared/message';
import { isTurn, lowered, SAID_KEYS, WHO_KEYS } from './parse/jsonShapes';
import { parseLoosely } from './parse/loose';

/**
 * How turns are written down: role and content, from and value, other names of both, one key a speaker, pairs, texts by
 * turns, a transcript.
 */
type ChatStyle = 'messages' | 'sharegpt' | 'named' | 'keyed' | 'pairs' | 'texts' | 'transcript';

export interface Chat {
  style: ChatStyle;
  turns: Turn[];
  /** What was left out of it, each once. */
  left: Part[];
}

/** Why a cell is no chat. `none`: it does not look like one. */
export type NoChat =
  | { because: 'none' }
  | { because: 'json'; reason: Message }
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
    'moss',
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

/** Keys that say that an answer is left out, or, where they are set on answers alone, that it is learnt. */
const MASKS = ['mask', 'masked'];

/** Keys of the two sides of a round, where they say that in no other place. */
const SIDES = new Map<string, Speaker>([
  ...['input', 'prompt', 'query', 'ask', 'q', '输入', '问题', '提问'].map((n): [string, Speaker] => [n, 'user']),
  ...['output', 'reply', 'completion', 'a', '输出', '回答', '回复'].map((n): [string, Speaker] => [n, 'assistant']),
]);

/** Cells that look like a list, in JSON or in Python's writing, or like a transcript. */
export function looksLikeChat(cell: string): boolean {
  return (
    (/^\s*(array\()?[[{(]\s*([[{("']|array\()/.test(cell) && /[\]})]\s*$/.test(cell)) ||
    ENCODED.test(cell) ||
    TRANSCRIPT.test(cell)
  );
}

/** A list that was written as JSON twice. */
const ENCODED = /^\s*"\s*[[{][\s\S]*[\]}]\s*"\s*$/;

const TRANSCRIPT = /^\s*Human: [\s\S]*\n\nAssistant:/;

/** @param speakers who speaks under names that are not known by themselves, in lower case */
export function parseChat(cell: string, speakers: Readonly<Record<string, Speaker>> = {}): Chat | NoChat {
  if (TRANSCRIPT.test(cell)) return transcript(cell);
  if (!/^\s*(array\(\s*)?[[{(]/.test(cell) && !ENCODED.test(cell)) return { because: 'none' };
  const parsed = parseLoosely(cell);
  if (!parsed.ok) return looksLikeChat(cell) ? { because: 'json', reason: parsed.reason } : { because: 'none' };
  if (typeof parsed.value === 'string')
    return ENCODED.test(parsed.value) ? { because: 'none' } : parseChat(parsed.value, speakers);
  return chatOf(parsed.value, speakers);
}

function chatOf(value: unknown, speakers: Readonly<Record<string, Speaker>>): Chat | NoChat {
  if (isObject(value)) {
    if (isTurn(value)) return turnsOf([value], speakers);
    const columns = turnsOfColumns(value);
    if (columns) return turnsOf(columns, speakers);
    // Rounds by name: {"turn_1": {"Human": …, "MOSS": …}}.
    const rounds = Object.values(value);
    if (rounds.length > 0 && rounds.every(isObject)) return turnsOf(rounds, speakers);
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
  // Every turn in a list of its own.
  const turns = value.every((v) => Array.isArray(v) && v.length === 1) ? (value as unknown[][]).flat() : value;
  if (!turns.every(isObject))
    return (value as unknown[]).flat().every(isTurn) ? { because: 'keys', names: ['[…]'] } : { because: 'none' };
  return turnsOf(turns, speakers);
}

/** Turns written by columns: {"role": ["user", …], "content": ["…", …]}. */
function turnsOfColumns(value: Fields): Fields[] | null {
  const fields = lowered(value);
  const who = WHO_KEYS.map((k) => own(fields, k)).find(Array.isArray);
  if (!who || !SAID_KEYS.some((k) => Array.isArray(own(fields, k)))) return null;
  const columns = Object.entries(fields).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length === who.length,
  );
  return who.map((_, i) => Object.fromEntries(columns.map(([key, column]) => [key, column[i]])));
}

function byTurns(said: readonly string[], style: 'texts' | 'pairs'): Chat | NoChat {
  if (said.length < 2) return { because: 'none' };
  return {
    style,
    left: [],
    turns: said
      .map((text, i): Turn => ({ role: i % 2 === 0 ? 'user' : 'assistant', text }))
      .filter((turn) => turn.text !== ''),
  };
}

function turnsOf(records: readonly Fields[], speakers: Readonly<Record<string, Speaker>>): Chat | NoChat {
  const list = records.map(lowered);
  const turns: Turn[] = [];
  const left = new Set<Part>();
  const strangers = new Set<string>();
  const [who, said] = [
    WHO_KEYS.find((k) => list.every((item) => speakerOf(own(item, k)) !== null)),
    SAID_KEYS.find((k) => list.some((item) => Object.hasOwn(item, k))),
  ];
  if (who === undefined || (said === undefined && !list.some((item) => Object.hasOwn(item, 'tool_calls'))))
    return keyed(list) ?? { because: 'keys', names: Object.keys(records[0]).slice(0, 8) };
  const roleOf = (item: Fields) => SPEAKERS.get(speakerOf(own(item, who))!.trim().toLowerCase());
  const maskOf = (item: Fields) => MASKS.map((key) => weightOf(own(item, key))).find((value) => value !== null);
  // A mask of the loss is 0 for what others say; what masks a turn is never that of the answers alone.
  const lossMask = list.some((item) => roleOf(item) !== 'assistant' && maskOf(item) === 0);
  for (const item of list) {
    const name = speakerOf(own(item, who))!.trim();
    const known =
      SPEAKERS.get(name.toLowerCase()) ??
      (Object.hasOwn(speakers, name.toLowerCase()) ? speakers[name.toLowerCase()] : undefined);
    const content = said === undefined ? undefined : own(item, said);
    const text = textOf(content, left);
    if (text === null) return { because: 'content', names: [said!] };
    if (known === undefined) strangers.add(name);
    else {
      const mask = maskOf(item);
      const masked = mask !== undefined && (lossMask ? mask <= 0 : mask > 0);
      turns.push({ role: known, text, ...partsOf(item, [who, said ?? '']), ...(masked && { learn: false }) });
    }
  }
  if (strangers.size > 0) return { because: 'role', names: [...strangers] };
  const style =
    who === 'role' && (said === 'content' || said === undefined)
      ? 'messages'
      : who === 'from' && said === 'value'
        ? 'sharegpt'
        : 'named';
  return { style, turns, left: [...left] };
}

/** What a turn says beside its text: for templates, and whether it is learnt from. */
function partsOf(item: Fields, taken: readonly string[]): Pick<Turn, 'more' | 'learn'> {
  const rest = Object.entries(item).filter(
    ([key, value]) =>
      !taken.includes(key) &&
      ![...WEIGHTS, ...MASKS].includes(key) &&
      value !== null &&
      value !== undefined &&
      value !== '',
  );
  const learn = WEIGHTS.map((key) => weightOf(own(item, key))).find((value) => value !== null);
  return {
    ...(rest.length > 0 && { more: Object.fromEntries(rest) }),
    ...(learn !== undefined && learn <= 0 && { learn: false }),
  };
}

/** A weight as a number, also where it is written as a text ("0", "false"); null where it is none. */
function weightOf(value: unknown): number | null {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (word === 'true' || word === 'false') return Number(word === 'true');
  return word === '' || Number.isNaN(Number(word)) ? null : Number(word);
}

/** Who speaks: a name, or an author with a role. Null where it is neither. */
function speakerOf(value: unknown): string | null {
  const name = isObject(value) ? own(value, 'role') : value;
  return typeof name === 'string' ? name : null;
}

/** Entries of one key a speaker: {"human": …, "assistant": …}. */
function keyed(list: readonly Fields[]): Chat | null {
  const order: Speaker[] = ['system', 'user', 'tool', 'assistant'];
  const turns: Turn[] = [];
  for (const item of list) {
    const said = Object.entries(item).flatMap(([key, value]): Turn[] => {
      const role = SPEAKERS.get(key) ?? SIDES.get(key);
      return role && typeof value === 'string' ? [{ role, text: value }] : [];
    });
    if (said.length === 0) return null;
    turns.push(...said.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role)));
  }
  return turns.some((t) => t.role === 'assistant') && turns.some((t) => t.role === 'user')
    ? { style: 'keyed', turns: turns.filter((t) => t.role !== 'system' || t.text !== ''), left: [] }
    : null;
}

/** A turn's content: a text, or a list of parts of which the texts count. Null where it is neither. */
function textOf(content: unknown, left: Set<Part>): string | null {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (isObject(content)) {
    const inner = own(content, 'parts') ?? own(content, 'text');
    return inner === undefined ? null : textOf(inner, left);
  }
  if (!Array.isArray(content)) return null;
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      if (!isObject(part)) return '';
      const text = own(part, 'text');
      const type = String(own(part, 'type') ?? '');
      if (typeof text === 'string' && (type === '' || type.includes('text'))) return text;
      left.add(partOf(`${type} ${Object.keys(part).join(' ')}`.toLowerCase()));
      return '';
    })
    .join('');
}

/** What a part of a turn is that is no text. @param says its type and its keys */
function partOf(says: string): Part {
  if (/tool_?result|function_?response/.test(says)) return 'toolResults';
  if (/tool_?(use|call)|function_?call/.test(says)) return 'toolCalls';
  if (/thinking|reasoning/.test(says)) return 'reasoning';
  return /image|video|picture/.test(says) ? 'images' : /audio|sound/.test(says) ? 'audio' : 'files';
}

/** "\n\nHuman: …\n\nAssistant: …", as sets of preferences write a chat. */
function transcript(cell: string): Chat {
  const parts = `\n\n${cell.trim()}`.split(/\n\n(Human|Assistant):/).slice(1);
  const turns: Turn[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2)
    turns.push({ role: parts[i] === 'Human' ? 'user' : 'assistant', text: parts[i + 1].trim() });
  return { style: 'transcript', turns, left: [] };
}

export function isChat(read: Chat | NoChat): read is Chat {
  return 'turns' in read;
}

/** Why a cell is no chat, for a person. */
export function noChatMessage(why: NoChat): Message {
  switch (why.because) {
    case 'json':
      return message('data.noChat.json', { why: why.reason });
    case 'role':
    case 'keys':
    case 'content':
      return message(`data.noChat.${why.because}`, { names: why.names.map((n) => n.slice(0, 40)).join(', ') });
    default:
      return message(`data.noChat.${why.because}`);
  }
}

/** What of a chat is left out; what turns hold beside their texts a model's own template may write. */
export type Part = 'images' | 'audio' | 'files' | 'toolCalls' | 'toolResults' | 'reasoning' | 'names' | 'tools';

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
