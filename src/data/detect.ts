/** Columns → what they mean, with the evidence, for a person to confirm or change. */
import type { Detection, ParsedTable } from '../shared/data';
import { texts } from '../shared/texts';
import { type Chat, parseChat } from './chat';
import { excerpt } from './parse/excerpt';
import { cellsOf, NO_REPAIRS } from './repair';

const NAMES = {
  instruction: ['instruction', 'instructions'],
  input: ['input', 'context'],
  output: ['output', 'response', 'completion', 'answer', 'target'],
  prompt: ['prompt', 'question', 'query', 'source', 'user', 'input', 'problem'],
  completion: ['completion', 'response', 'answer', 'output', 'target', 'assistant', 'reply', 'solution', 'chosen'],
  text: ['text', 'sentence', 'review', 'content', 'message', 'comment', 'story', 'tweet', 'sms', 'body', 'sentence1', 'title'],
  label: ['label', 'labels', 'class', 'category', 'sentiment', 'emotion', 'feeling', 'intent', 'topic', 'tag', 'rating', 'score'],
} as const;

/** Most different values a column may have to be a label. */
const MAX_LABELS = 20;
/** Rows that are looked at. */
const SAMPLE = 2000;

interface ColumnFacts {
  name: string;
  key: string;
  filled: number;
  distinct: Set<string>;
  /** Some of its cells. */
  sample: string[];
  meanLength: number;
  longest: number;
}

/** Guesses the kind of data and the role of each column. Never fails: the last resort is the longest column as text. */
export function detect(table: ParsedTable): Detection {
  const t = texts().errors.data.evidence;
  const rows: string[][] = [];
  for (let i = 0; i < table.rows.length && rows.length < SAMPLE; i++) {
    const cells = cellsOf(table, i, NO_REPAIRS);
    if (cells) rows.push(cells);
  }
  const facts = table.columns.map((name, c): ColumnFacts => {
    const cells = rows.map((r) => r[c]).filter((v) => v.trim() !== '');
    return {
      name,
      key: name.trim().toLowerCase(),
      filled: cells.length,
      distinct: new Set(cells),
      sample: cells.slice(0, 50),
      meanLength: cells.reduce((n, v) => n + v.length, 0) / Math.max(1, cells.length),
      longest: cells.reduce((n, v) => Math.max(n, v.length), 0),
    };
  });
  const named = (names: readonly string[], but: (ColumnFacts | undefined)[] = []) =>
    names.map((n) => facts.find((f) => f.key === n && f.filled > 0 && !but.includes(f))).find((f) => f !== undefined);

  const turns = chatColumn(facts);
  if (turns) {
    return {
      mapping: { kind: 'chat', roles: { message: turns.name } },
      evidence: [
        t.chat[turns.style](turns.name),
        t.chats(turns.chats, turns.looked, (turns.turns / turns.chats).toFixed(1)),
      ],
    };
  }

  const instruction = named(NAMES.instruction);
  const output = named(NAMES.output);
  if (instruction && output) {
    const input = named(NAMES.input, [output]);
    return {
      mapping: { kind: 'instruction', roles: { instruction: instruction.name, input: input?.name ?? null, output: output.name } },
      evidence: [
        t.named([instruction, ...(input ? [input] : []), output].map((f) => f.name)),
        ...(input ? [t.filled(input.name, input.filled, rows.length)] : []),
      ],
    };
  }

  const prompt = named(NAMES.prompt);
  const completion = named(NAMES.completion, [prompt]);
  if (prompt && completion) {
    return {
      mapping: { kind: 'prompt-completion', roles: { prompt: prompt.name, completion: completion.name } },
      evidence: [t.named([prompt.name, completion.name])],
    };
  }

  const label = labelColumn(facts, rows.length, named(NAMES.label));
  if (label) {
    const text = named(NAMES.text, [label]) ?? longest(facts.filter((f) => f !== label));
    if (text && text.meanLength > label.meanLength) {
      return {
        mapping: { kind: 'text-label', roles: { text: text.name, label: label.name } },
        evidence: [
          t.labels(label.distinct.size, label.name, [...label.distinct].slice(0, 6).map((v) => excerpt(v, 24)).join(', '), label.distinct.size > 6),
          t.length(text.name, Math.round(text.meanLength)),
        ],
      };
    }
  }

  const text = named(NAMES.text);
  if (text) {
    const evidence = table.format === 'txt' ? t.plain(rows.length) : t.oneNamed(text.name);
    return { mapping: { kind: 'text', roles: { text: text.name } }, evidence: [evidence] };
  }
  const [a, b] = facts;
  if (facts.length === 2 && a.filled > 0 && b.filled > 0) {
    return {
      mapping: { kind: 'prompt-completion', roles: { prompt: a.name, completion: b.name } },
      evidence: [t.twoColumns],
    };
  }
  const only = longest(facts) ?? a;
  return {
    mapping: { kind: 'text', roles: { text: only?.name ?? null } },
    evidence: [facts.length === 1 ? t.oneColumn : t.longest(only?.name ?? '')],
  };
}

/** The first column whose cells are, mostly, lists of turns. */
function chatColumn(facts: ColumnFacts[]): { name: string; style: Chat['style']; chats: number; looked: number; turns: number } | null {
  for (const { name, sample } of facts) {
    const chats = sample.map(parseChat).filter((c) => c !== null);
    if (chats.length === 0 || chats.length < sample.length * 0.5) continue;
    return { name, style: chats[0].style, chats: chats.length, looked: sample.length, turns: chats.reduce((n, c) => n + c.turns.length, 0) };
  }
  return null;
}

/** A column of few, short, recurring values; one that is named so may hold more of them. */
function labelColumn(facts: ColumnFacts[], rows: number, named: ColumnFacts | undefined): ColumnFacts | undefined {
  const fits = (f: ColumnFacts, most: number) => f.distinct.size >= 2 && f.distinct.size <= most && f.longest <= 40;
  if (named && fits(named, Math.max(MAX_LABELS, rows / 10))) return named;
  return facts
    .filter((f) => fits(f, Math.min(MAX_LABELS, rows / 2)) && f.filled > rows * 0.9)
    .sort((x, y) => x.distinct.size - y.distinct.size)[0];
}

function longest(facts: ColumnFacts[]): ColumnFacts | undefined {
  return [...facts].sort((x, y) => y.meanLength - x.meanLength)[0];
}
