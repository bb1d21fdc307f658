/** Chats in a model's own template, from rows to tokens and their mask: what `dataWorker` does, without the worker. */
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepare } from '../data/prepare';
import { NO_REPAIRS } from '../data/repair';
import { byteTokenizer } from '../data/testing/bytes';
import { tableOf } from '../data/testing/table';
import { templatedPrompts } from '../data/texts';
import { compileChatTemplate } from '../hub/chatTemplate';
import { createTokenizer, promptIds } from '../hub/tokenizer';
import { type ChatTemplate, type PrepareOptions, READ_AUTO, type RenderChats, type Turn } from '../shared/data';
import { guard } from '../shared/guard';
import type { TokenSet, Tokenizer } from '../shared/types';
import { DataDesk } from './dataDesk';
import type { DataReplies } from './protocol';
import { say } from '../shared/texts/say';
import { inWords } from '../shared/testing/words';
import { USUAL_OPTIONS } from '../data/testing/options';

const render: RenderChats = async (template, chats, as) => {
  const compiled = compileChatTemplate(template);
  return chats.map((turns) => compiled[as](turns));
};

const root = new URL('../../', import.meta.url);
const open = (folder: string) => {
  const json = (name: string): unknown => JSON.parse(readFileSync(new URL(`${folder}/${name}`, root), 'utf8'));
  const own = json('tokenizer.json') as { added_tokens: { special: boolean; normalized: boolean }[] };
  // As for the fixture: special tokens are never normalized.
  for (const token of own.added_tokens) token.normalized &&= !token.special;
  return createTokenizer(own, json('tokenizer_config.json'));
};

/** Every example of both sets with its mask, one string per token. */
function made({ train, validation }: { train: TokenSet; validation: TokenSet }): { ids: number[]; mask: number[] }[] {
  return [train, validation].flatMap(({ ids, offsets, supervised }) =>
    Array.from({ length: offsets.length - 1 }, (_, i) => ({
      ids: [...ids.subarray(offsets[i], offsets[i + 1])],
      mask: [...supervised.subarray(offsets[i], offsets[i + 1])],
    })),
  );
}

const cell = (turns: readonly Turn[]) => JSON.stringify(turns.map(({ role, text }) => ({ role, content: text })));

function prepared(
  chats: readonly (readonly Turn[])[],
  chat: ChatTemplate,
  tokenizer: Tokenizer,
  more: Partial<PrepareOptions> = {},
) {
  const options: PrepareOptions = {
    ...USUAL_OPTIONS,
    mapping: { kind: 'chat', roles: { message: 'messages' } },
    template: { prompt: '', completion: '', chat },
    maxSequenceLength: 4096,
    validationShare: 0.5,
    ...more,
  };
  return prepare(
    tableOf(
      ['messages'],
      chats.map((turns) => [cell(turns)]),
      'jsonl',
    ),
    options,
    tokenizer,
    { render },
  );
}

interface Case {
  tokenizer: string;
  template: string;
  chats: { turns: Turn[]; ids: number[]; mask: number[]; prompt: number[] }[];
}
const FIXTURE = JSON.parse(readFileSync(new URL('python/fixtures/chat-templates.json', root), 'utf8')) as {
  cases: Case[];
};

describe('the same tokens and mask as transformers’ apply_chat_template', () => {
  for (const { tokenizer: name, template: source, chats } of FIXTURE.cases) {
    const folder = name.startsWith('public/') ? name : `../shared/models/${name}`;
    it.skipIf(!existsSync(new URL(folder, root)))(
      `with the tokenizer ${name} (skipped where it is not at hand)`,
      async () => {
        const tokenizer = await open(folder);
        const token = (id: number | null) => (id === null ? '' : tokenizer.special.get(id)!);
        const template = {
          name: 'default',
          source,
          tokens: { bos_token: token(tokenizer.bosId), eos_token: token(tokenizer.eosId) },
        };
        const got = new Map(
          made(
            await prepared(
              chats.map((c) => c.turns),
              template,
              tokenizer,
            ),
          ).map((e) => [e.ids.join(), e.mask]),
        );
        for (const { turns, ids, mask, prompt } of chats) {
          // What comes after the last answer teaches nothing, and is left out.
          const end = mask.lastIndexOf(1) + 1;
          expect(got.get(ids.slice(0, end).join()), `${turns[0].text} → ${[...got.keys()].join(' | ')}`).toEqual(
            mask.slice(0, end),
          );
          const [templated] = await templatedPrompts(template, [turns.slice(0, -1)], {
            render,
            special: tokenizer.special,
          });
          expect([...promptIds(tokenizer, { templated })]).toEqual(prompt);
        }
      },
    );
  }
});

/** Bytes as tokens; 0 stands for <|endoftext|>, which begins and ends a turn here. */
const MARKED: ChatTemplate = {
  name: 'default',
  tokens: { bos_token: '<|endoftext|>' },
  source:
    "{{ bos_token }}{% for m in messages %}{{ m.role[0] ~ ':' ~ m.content ~ '<|endoftext|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'a:' }}{% endif %}",
};
const says = (role: Turn['role'], text: string): Turn => ({ role, text });

describe('a chat in a model’s own template', () => {
  let shown: (e: { ids: number[]; mask: number[] }) => string;
  beforeAll(() => {
    shown = ({ ids, mask }) =>
      ids.map((id, i) => `${mask[i] ? '+' : ''}${id === 0 ? '|' : byteTokenizer.pieces([id])[0]}`).join('');
  });

  it('has one beginning, and learns the answers to the end of their turns', async () => {
    const examples = made(
      await prepared(
        [
          [says('user', 'hi'), says('assistant', 'yo'), says('user', 'x'), says('assistant', 'z')],
          [says('user', 'q'), says('assistant', 'r')],
        ],
        MARKED,
        byteTokenizer,
      ),
    );
    expect(examples.map(shown).sort()).toEqual(['|u:hi|\na:+y+o+|\nu:x|\na:+z+|', '|u:q|\na:+r+|']);
    // A template that writes no beginning gets none.
    const bare = { ...MARKED, tokens: { bos_token: '' } };
    expect(
      made(
        await prepared(
          [
            [says('user', 'q'), says('assistant', 'r')],
            [says('user', 's'), says('assistant', 't')],
          ],
          bare,
          byteTokenizer,
        ),
      )
        .map(shown)
        .sort(),
    ).toEqual(['u:q|\na:+r+|', 'u:s|\na:+t+|']);
  });

  it('learns exactly what the assistant says, and reads no special token out of what anybody says', async () => {
    const text = fc
      .array(fc.constantFrom('<|endoftext|>', 'a', ' ', '\n', 'é', '<|', '|>', '\ufdd0', 'x:'), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => `.${parts.join('')}.`);
    const chat = fc
      .array(fc.record({ role: fc.constantFrom<Turn['role']>('system', 'user', 'assistant'), text }), { maxLength: 4 })
      .chain((start) => text.map((last) => [...start, says('assistant', last)]));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(chat, { minLength: 2, maxLength: 3, selector: cell }), async (chats) => {
        const { ids, mask } = made(
          await prepared([chats[0], [says('user', 'other'), says('assistant', 'one')]], MARKED, byteTokenizer, {
            validationShare: 0.5,
            // Nobody may have asked.
            repairs: { ...NO_REPAIRS, noText: true },
          }),
        ).find((e) => !shown(e).includes('+o+n+e'))!;
        const read: string[] = [];
        for (let p = 0, from = 0; p < ids.length; p++) {
          if (mask[p] === 1 && mask[p - 1] === 0) from = p;
          if (mask[p] === 1 && mask[p + 1] !== 1)
            read.push(byteTokenizer.decode(ids.slice(from, p)) + (ids[p] === 0 ? '|' : '?'));
        }
        expect(read).toEqual(chats[0].filter((t) => t.role === 'assistant').map((t) => `${t.text}|`));
        // One mark at the beginning, one after each turn.
        expect(ids.filter((id) => id === 0)).toHaveLength(chats[0].length + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out what the template refuses, in its own words', async () => {
    const picky = {
      ...MARKED,
      source: `{% if messages[0].role == 'system' %}{{ raise_exception('<b>Nobody</b> orders me about') }}{% endif %}${MARKED.source}`,
    };
    const { report } = await prepared(
      [
        [says('user', 'q'), says('assistant', 'r')],
        [says('system', 's'), says('assistant', 't')],
        [says('user', 'u'), says('assistant', 'v')],
      ],
      picky,
      byteTokenizer,
    );
    expect(inWords(report)).toMatchObject({
      rows: 3,
      usable: 2,
      examples: 2,
      issues: [{ issue: 'template', rows: 1, examples: [{ row: 1, line: 2, text: '<b>Nobody</b> orders me about' }] }],
    });
  });

  it('says where only the last answers are learnt', async () => {
    const thinking = {
      ...MARKED,
      source:
        "{% for m in messages %}{{ m.role[0] ~ ':' }}{% if loop.last and m.role == 'assistant' %}{{ '(so)' }}{% endif %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}{{ 'a:' }}{% endif %}",
    };
    const p = await prepared(
      [
        [says('user', 'q'), says('assistant', 'r'), says('user', 's'), says('assistant', 't')],
        [says('user', 'u'), says('assistant', 'v')],
      ],
      thinking,
      byteTokenizer,
    );
    expect(made(p).map(shown).sort()).toEqual(['u:qa:ru:sa:+(+s+o+)+t', 'u:ua:+(+s+o+)+v']);
    expect(inWords(p.report.warnings)).toEqual([
      expect.stringMatching(/^Of 1 chat only the last answer is trained on/),
      expect.stringMatching(/^2 examples do not end/),
    ]);
  });

  it('is cut like any other example, and made again for the preview', async () => {
    const p = await prepared(
      [
        [says('user', 'abcdefgh'), says('assistant', 'ijklmnopq')],
        [says('user', 'q'), says('assistant', 'r')],
      ],
      MARKED,
      byteTokenizer,
      { maxSequenceLength: 12 },
    );
    const [first] = await p.preview(0, 1);
    const of = (state: string) =>
      first.tokens
        .filter((t) => t.state === state)
        .map((t) => t.text)
        .join('');
    expect([of('masked'), of('truncated'), of('trained')]).toEqual([
      '<|endoftext|>:',
      'u:abcdefgh<|endoftext|>\na',
      'ijklmnopq<|endoftext|>',
    ]);
    expect(await p.prompt(0)).toEqual({ templated: '<|endoftext|>u:abcdefgh<|endoftext|>\na:' });
  });
});

describe('guarded text', () => {
  it('is what it was, once it is tokens', async () => {
    const tokenizer = await open('public/models/sieve-stories-nano');
    const said = 'a <|endoftext|> b\ufdd0';
    const text = `<|endoftext|>${guard(said, tokenizer.special.values())}<|endoftext|>`;
    const ids = [...tokenizer.encodeDressed(text)];
    expect([ids[0], ids.at(-1), ids.filter((id) => id === 0).length]).toEqual([0, 0, 2]);
    expect(tokenizer.decode(ids)).toBe(said);
    expect(ids.slice(1, -1)).toEqual([...tokenizer.encode(said)]);
  });
});

describe('a column of tools', () => {
  const row = (i: number, tools: unknown) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `q${i}` },
        { role: 'assistant', content: `a${i}` },
      ],
      tools,
    });
  const weather = { name: 'weather', description: 'Says <|endoftext|> what it is like.', parameters: {} };
  const template = (source: string): ChatTemplate => ({
    name: 'default',
    tokens: {},
    source: `${source}{% for m in messages %}{{ m.role[0] ~ ':' ~ m.content ~ '<|endoftext|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'a:' }}{% endif %}`,
  });
  const LISTS =
    "{% if tools %}{% for t in tools %}{{ 'T:' ~ t.type ~ ' ' ~ t.function.name ~ ' ' ~ t.function.description ~ '\n' }}{% endfor %}{% endif %}";

  /** What the page makes of a file, with this template of the model's. */
  async function page(lines: readonly string[], chat: ChatTemplate) {
    const desk = new DataDesk(() => render);
    desk.useTokenizer(byteTokenizer);
    const parsed = (
      await desk.answer(
        { type: 'parse', files: [{ path: 'a.jsonl', file: new Blob([lines.join('\n')]) }], choices: READ_AUTO },
        {},
      )
    ).value as DataReplies['parse'];
    const { mapping } = parsed.detection;
    const options: PrepareOptions = {
      ...USUAL_OPTIONS,
      mapping,
      template: { ...parsed.template, chat },
      maxSequenceLength: 4096,
      validationShare: 0.5,
    };
    const { report, train, validation } = (await desk.answer({ type: 'prepare', options }, {}))
      .value as DataReplies['prepare'];
    const examples = made({ train, validation }).map(({ ids, mask }) => ({
      text: byteTokenizer.decode(ids),
      ends: ids.filter((id) => id === 0).length,
      learnt: byteTokenizer.decode(ids.filter((_, i) => mask[i] === 1)),
    }));
    return { mapping, report, examples: examples.sort((a, b) => a.text.localeCompare(b.text)) };
  }

  it('reaches the model’s own template, however the list is written; it is read and not learnt', async () => {
    const p = await page(
      [row(1, [{ type: 'function', function: weather }]), row(2, JSON.stringify([weather])), row(3, ''), row(4, [])],
      template(LISTS),
    );
    expect(p.mapping).toEqual({ kind: 'chat', roles: { message: 'messages', tools: 'tools' } });
    const listed = 'T:function weather Says <|endoftext|> what it is like.\n';
    expect(p.examples.map((e) => e.text)).toEqual(
      ['u:q3\na:a3', 'u:q4\na:a4', `${listed}u:q1\na:a1`, `${listed}u:q2\na:a2`].sort((a, b) => a.localeCompare(b)),
    );
    // The mark in the description is letters: only the two ends of turns are tokens.
    expect(p.examples.map((e) => [e.ends, e.learnt.slice(0, 1)])).toEqual(Array.from({ length: 4 }, () => [2, 'a']));
    expect(p.report.issues).toEqual([]);
  });

  it('is said to be left out where the template does not write it, or it is no list', async () => {
    const lists = [row(1, [weather]), row(2, [weather]), row(3, '')];
    const issues = async (lines: readonly string[], source: string) =>
      (await page(lines, template(source))).report.issues.map((i) => [i.issue, i.rows, say(i.reasons[0].reason)]);
    expect(await issues(lists, '')).toEqual([['parts', 2, 'lists of tools ignored']]);
    expect(await issues([...lists, row(4, 'weather, time')], LISTS)).toEqual([['parts', 1, 'lists of tools ignored']]);
  });
});
