/** Columns → what they mean, with the evidence, for a person to confirm or change. */
import type { Detection, Mapping, ParsedTable, Repairs } from '../shared/data';
import { type Message, message } from '../shared/message';
import { type ColumnFacts, FIRST_ROWS, MAX_LABELS, factsOf, isRanked, saysNothing } from './columnFacts';
import { type Meaning, meaningsOf, rankOf } from './columnNames';
import { excerpt } from './parse/excerpt';
import { detectedPictures } from './pictures/table';
import { cellsOf, NO_REPAIRS, READ_ALL } from './repair';

/** Rows that are looked at besides the first ones: from all over the table, which may be sorted. */
const FAR_ROWS = 1000;
/**
 * Guesses the kind of data and the role of each column. Never fails: the last resort is the longest column as text.
 * @param repairs which broken rows are read; by themselves all that a repair could read, where few others are there.
 */
export function detect(table: ParsedTable, repairs?: Repairs): Detection {
  if (table.picture) return detectedPictures(table);
  const rows = rowsFor(table, repairs);
  const facts = table.columns.map((name, c) =>
    factsOf(
      name,
      rows.map((r) => r[c] ?? ''),
    ),
  );
  // What only counts rows, or is empty, means nothing.
  const candidates = facts.filter((f) => f.filled > 0 && !(f.counts && saysNothing(f.name)));
  const found = new Finder(candidates, facts, rows.length, table);
  return (
    found.preferences() ??
    found.chat() ??
    found.instruction() ??
    found.comparison() ??
    found.pair() ??
    found.labelled() ??
    found.text() ??
    found.twoColumns() ??
    found.longestText(facts)
  );
}

/** Rows as they are, or, where most of them are broken, as the repairs would leave them. */
function rowsFor(table: ParsedTable, repairs: Repairs | undefined): string[][] {
  const n = table.rows.length;
  const near = n > FIRST_ROWS + FAR_ROWS ? FIRST_ROWS : n;
  const far = Math.min(n - near, FAR_ROWS);
  const places = [
    ...Array.from({ length: near }, (_, i) => i),
    ...Array.from({ length: far }, (_, k) => near + Math.floor((k * (n - near)) / far)),
  ];
  const read = (with_: Repairs) => places.map((i) => cellsOf(table, i, with_)).filter((cells) => cells !== null);
  const rows = read(repairs ?? NO_REPAIRS);
  return repairs !== undefined || rows.length * 2 >= places.length ? rows : read(READ_ALL);
}

const rankedWords = (column: ColumnFacts): Message[] =>
  isRanked(column) ? [message('data.evidence.ranked', { column: column.name })] : [];

class Finder {
  readonly #facts: ColumnFacts[];
  /** Empty ones and those that only count rows as well. */
  readonly #all: readonly ColumnFacts[];
  readonly #rows: number;
  readonly #table: ParsedTable;

  constructor(facts: ColumnFacts[], all: readonly ColumnFacts[], rows: number, table: ParsedTable) {
    this.#facts = facts;
    this.#all = all;
    this.#rows = rows;
    this.#table = table;
  }

  /** The column whose name says that it is this, best name first. */
  #named(
    meaning: Meaning,
    but: readonly (ColumnFacts | undefined)[] = [],
    among: readonly ColumnFacts[] = this.#facts,
  ): ColumnFacts | undefined {
    const able = among.filter((f) => !but.includes(f) && rankOf(f.name, meaning) < Infinity);
    return able.sort((a, b) => rankOf(a.name, meaning) - rankOf(b.name, meaning))[0];
  }

  /** Of two answers that were compared the better one is learnt, and never the other. */
  preferences(): Detection | null {
    const chosen = this.#named('chosen');
    const rejected = this.#named('rejected', [chosen]);
    if (!chosen || !rejected) return null;
    const said = [message('data.evidence.preferred', { chosen: chosen.name, rejected: rejected.name })];
    const prompt =
      this.#named('asked', [chosen, rejected]) ??
      this.#named('instruction', [chosen, rejected]) ??
      this.#named('messages', [chosen, rejected]);
    const system = this.#named('system', [chosen, rejected, prompt])?.name ?? null;
    if (chosen.chat) {
      const inside = chosen.chat.asks || !prompt;
      const roles = inside
        ? { message: chosen.name, answer: null, system }
        : { message: prompt.name, answer: chosen.name, system };
      return {
        mapping: { kind: 'chat', roles: tidy(roles, 'message'), ...(inside && { lastAnswer: true }) },
        evidence: [...said, ...chatWords(chosen)],
      };
    }
    if (prompt) {
      const context = this.#named('passage', [chosen, rejected, prompt]);
      return {
        mapping: {
          kind: 'prompt-completion',
          roles: tidy(
            { prompt: prompt.name, completion: chosen.name, context: context?.name ?? null, system },
            'prompt',
            'completion',
          ),
        },
        evidence: said,
      };
    }
    return { mapping: { kind: 'text', roles: { text: chosen.name } }, evidence: said };
  }

  /** A column of turns, or two: one that is asked, and one of answers. */
  chat(): Detection | null {
    const history = this.#named('history');
    const unwanted = [this.#named('rejected'), this.#named('tools')];
    const all = this.#facts.filter((f) => f.chat && !unwanted.includes(f));
    // What was said before is a chat of its own only where nothing else is asked.
    const apart = this.#named('asked') ?? this.#named('instruction') ?? all.find((f) => f !== history);
    const chats = all.filter((f) => f !== history || !apart);
    if (chats.length === 0) return null;
    const system = (but: ColumnFacts[]) => this.#named('system', but)?.name ?? null;
    const tools = this.#named('tools')?.name ?? null;
    const answers = chats.filter((f) => meaningsOf(f.name).includes('answer'));
    // Chats that end with a question are answered in another column.
    const open = chats.find((f) => f.chat!.chats > 0 && !f.chat!.answered && !answers.includes(f));
    const asked =
      open ??
      this.#facts.find((f) => meaningsOf(f.name).includes('asked') && !answers.includes(f)) ??
      this.#named('instruction', answers);
    const answer = answers.find((f) => !f.chat!.asks) ?? (asked?.chat ? this.#named('answer', [asked]) : undefined);
    if (
      asked &&
      answer &&
      asked !== answer &&
      (asked.chat || answer.chat) &&
      (asked === open || !chats.some((f) => meaningsOf(f.name).includes('messages')))
    ) {
      return {
        mapping: {
          kind: 'chat',
          roles: tidy({ message: asked.name, answer: answer.name, system: system([asked, answer]), tools }, 'message'),
        },
        evidence: [
          message('data.evidence.twoParts', { asked: asked.name, answer: answer.name }),
          ...chatWords(asked.chat ? asked : answer),
        ],
      };
    }
    const best = chats.toSorted(
      (a, b) =>
        Number(b.chat!.chats > 0) - Number(a.chat!.chats > 0) ||
        rankOf(a.name, 'messages') - rankOf(b.name, 'messages'),
    )[0];
    return {
      mapping: {
        kind: 'chat',
        roles: tidy({ message: best.name, answer: null, system: system([best]), tools }, 'message'),
      },
      evidence: chatWords(best),
    };
  }

  instruction(): Detection | null {
    const instruction = this.#named('instruction');
    const output = this.#named('answer', [instruction]);
    if (!instruction || !output) return null;
    // An input may be filled further down than was looked.
    const input =
      this.#named('input', [instruction, output], this.#all) ?? this.#named('passage', [instruction, output]);
    const system = this.#named('system', [instruction, output, input]);
    const history = this.#named('history', [instruction, output, input, system]);
    const used = [system, history, instruction, input, output].filter((f) => f !== undefined);
    return {
      mapping: {
        kind: 'instruction',
        roles: tidy(
          {
            instruction: instruction.name,
            input: input?.name ?? null,
            output: output.name,
            system: system?.name ?? null,
            history: history?.name ?? null,
          },
          'instruction',
          'input',
          'output',
        ),
        ...(isRanked(output) && { firstAnswer: true }),
      },
      evidence: [
        message('data.evidence.named', { names: used.map((f) => f.name) }),
        ...rankedWords(output),
        ...(input
          ? [message('data.evidence.filled', { column: input.name, filled: input.filled, rows: this.#rows })]
          : []),
      ],
    };
  }

  /** Two texts and what is said of the two: premise and hypothesis, question and passage. */
  comparison(): Detection | null {
    const label = this.#label(this.#named('label'));
    if (!label) return null;
    const named = rankOf(label.name, 'label') < Infinity;
    const sides: [Meaning, Meaning][] = [
      ['first', 'second'],
      ['passage', 'asked'],
      ['asked', 'text'],
      ['text', 'second'],
      ['asked', 'answer'],
      ['first', 'passage'],
    ];
    for (const [a, b] of sides) {
      const one = this.#named(a, [label]);
      const two = this.#named(b, [label, one]);
      if (!one || !two || (!named && (a !== 'first' || b !== 'second'))) continue;
      // The passage comes before the question about it.
      const [text, second] = a === 'asked' && b === 'text' ? [two, one] : [one, two];
      if (Math.min(text.meanLength, second.meanLength) < label.meanLength) continue;
      return {
        mapping: { kind: 'text-label', roles: { text: text.name, second: second.name, label: label.name } },
        evidence: [message('data.evidence.twoTexts', { a: text.name, b: second.name }), this.#labelWords(label)],
      };
    }
    return null;
  }

  /** A prompt and a completion by their names; where only one name is known, the other column beside it. */
  pair(): Detection | null {
    const asked = this.#named('asked');
    let completion = this.#named('answer', [asked]);
    let prompt = asked ?? (completion && (this.#named('passage', [completion]) ?? this.#named('input', [completion])));
    const label = this.#label(this.#named('label'));
    if (label && (!prompt || !completion)) return null;
    const able = this.#facts.filter(
      (f) => !meaningsOf(f.name).some((m) => m === 'id' || m === 'other' || m === 'system' || m === 'tools'),
    );
    if (prompt && !completion && able.length === 2) completion = able.find((f) => f !== prompt);
    if (completion && !prompt && able.length === 2) prompt = able.find((f) => f !== completion);
    if (!prompt || !completion || prompt === completion) return null;
    const context = this.#named('passage', [prompt, completion]) ?? this.#named('input', [prompt, completion]);
    const system = this.#named('system', [prompt, completion, context]);
    return {
      mapping: {
        kind: 'prompt-completion',
        roles: tidy(
          {
            prompt: prompt.name,
            completion: completion.name,
            context: context?.name ?? null,
            system: system?.name ?? null,
          },
          'prompt',
          'completion',
        ),
        ...(isRanked(completion) && { firstAnswer: true }),
      },
      evidence: [
        message('data.evidence.named', {
          names: [system, context, prompt, completion].filter((f) => f !== undefined).map((f) => f.name),
        }),
        ...rankedWords(completion),
      ],
    };
  }

  /** A text and its label; numbers that measure rather than name are learnt, but split nothing. */
  labelled(): Detection | null {
    const named = this.#named('label');
    const label = this.#label(named);
    if (label) {
      const text = this.#text([label]);
      if (text && text.meanLength > label.meanLength) {
        // A title comes before what it stands above.
        const title = TITLE.test(text.name) ? text : undefined;
        const body = title && this.#facts.find((f) => f !== label && f !== title && isBody(f, title));
        return {
          mapping: {
            kind: 'text-label',
            roles: { text: text.name, ...(body && { second: body.name }), label: label.name },
          },
          evidence: [
            ...(body ? [message('data.evidence.twoTexts', { a: text.name, b: body.name })] : []),
            this.#labelWords(label),
            ...(body
              ? []
              : [message('data.evidence.length', { column: text.name, characters: Math.round(text.meanLength) })]),
          ],
        };
      }
    }
    if (!named?.measures) return null;
    const text = this.#text([named]);
    if (!text || text.meanLength <= named.meanLength) return null;
    const second = this.#named('second', [text, named]);
    return {
      mapping: {
        kind: 'prompt-completion',
        roles: second
          ? { context: text.name, prompt: second.name, completion: named.name }
          : { prompt: text.name, completion: named.name },
      },
      evidence: [message('data.evidence.measured', { column: named.name, n: named.distinct.size })],
    };
  }

  text(): Detection | null {
    const text = this.#named('text') ?? this.#named('first');
    if (!text) return null;
    return {
      mapping: { kind: 'text', roles: { text: text.name } },
      evidence: [
        this.#table.unit === 'whole'
          ? message('data.evidence.plain', { texts: this.#rows })
          : message('data.evidence.oneNamed', { column: text.name }),
      ],
    };
  }

  twoColumns(): Detection | null {
    const able = this.#facts.filter(
      (f) => !meaningsOf(f.name).some((m) => m === 'rejected' || m === 'tools' || m === 'id'),
    );
    if (able.length !== 2 || this.#table.columns.length > 3) return null;
    const [a, b] = able;
    return {
      mapping: { kind: 'prompt-completion', roles: { prompt: a.name, completion: b.name } },
      evidence: [message('data.evidence.twoColumns')],
    };
  }

  longestText(all: readonly ColumnFacts[]): Detection {
    const able = this.#facts.filter((f) => !meaningsOf(f.name).includes('rejected'));
    const only = longest(able) ?? all[0];
    return {
      mapping: { kind: 'text', roles: { text: only?.name ?? null } },
      evidence: [
        all.length === 1
          ? message('data.evidence.oneColumn')
          : message('data.evidence.longest', { column: only?.name ?? '' }),
      ],
    };
  }

  /** The text beside a label: by its name, else the longest. */
  #text(but: ColumnFacts[]): ColumnFacts | undefined {
    return (
      this.#named('text', but) ??
      this.#named('first', but) ??
      this.#named('asked', but) ??
      longest(this.#facts.filter((f) => !but.includes(f)))
    );
  }

  /** A column of few, short, recurring values; one that is named so may hold more of them. */
  #label(named: ColumnFacts | undefined): ColumnFacts | undefined {
    const fits = (f: ColumnFacts, most: number) =>
      f.distinct.size >= 2 && f.distinct.size <= most && f.longest <= 40 && !f.chat;
    if (named && !named.measures && fits(named, Math.max(MAX_LABELS, this.#rows / 2))) return named;
    // Beside one text alone, what recurs is its label, however many there are.
    const most = this.#all.length === 2 ? Math.max(MAX_LABELS, this.#rows / 20) : MAX_LABELS;
    return this.#facts
      .filter(
        (f) =>
          fits(f, Math.min(most, this.#rows / 2)) &&
          !f.counts &&
          f.filled > this.#rows * 0.9 &&
          !meaningsOf(f.name).some((m) => NO_LABEL.has(m)),
      )
      .sort((x, y) => x.distinct.size - y.distinct.size)[0];
  }

  #labelWords(label: ColumnFacts): Message {
    return message('data.evidence.labels', {
      n: label.distinct.size,
      column: label.name,
      some: [...label.distinct]
        .slice(0, 6)
        .map((v) => excerpt(v, 24))
        .join(', '),
      more: label.distinct.size > 6,
      looked: this.#rows < this.#table.rows.length ? this.#rows : null,
    });
  }
}

const TITLE = /(^|[_\s-])(title|headline|subject|标题|titel|titre)$/i;
/** Whether it is the longer text that stands below a title. */
const isBody = (f: ColumnFacts, title: ColumnFacts): boolean =>
  meaningsOf(f.name).some((m) => m === 'text' || m === 'passage') &&
  f.meanLength > title.meanLength * 0.8 &&
  !f.measures;

/** What a column called so is not guessed to be, however few values it has. */
const NO_LABEL = new Set<Meaning>([
  'id',
  'other',
  'asked',
  'instruction',
  'system',
  'passage',
  'text',
  'first',
  'second',
  'rejected',
]);

function chatWords({ name, chat }: ColumnFacts): Message[] {
  if (!chat) return [];
  if (chat.style === null) return [message('data.evidence.unreadChat', { column: name })];
  return [
    message(`data.evidence.chat.${chat.style}`, { column: name }),
    message('data.evidence.chats', {
      chats: chat.chats,
      looked: chat.looked,
      turns: (chat.turns / chat.chats).toFixed(1),
    }),
  ];
}

/** Roles without those that no column plays; what is named stays as it is, to be seen as not used. */
function tidy(roles: Record<string, string | null>, ...kept: string[]): Mapping['roles'] {
  return Object.fromEntries(Object.entries(roles).filter(([role, name]) => name !== null || kept.includes(role)));
}

function longest(facts: readonly ColumnFacts[]): ColumnFacts | undefined {
  return [...facts].sort((x, y) => y.meanLength - x.meanLength)[0];
}
