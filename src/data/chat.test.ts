import { expect, it } from 'vitest';
import { isChat, parseChat } from './chat';
import { detect } from './detect';
import { tableOf } from './testing/table';
import { inWords } from '../shared/testing/words';

const json = JSON.stringify;

it('reads messages and ShareGPT, and parts of a content', () => {
  expect(
    parseChat(
      json([
        { role: 'system', content: 's' },
        { role: 'USER', content: [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: 'b' }] },
        { role: 'assistant', content: null },
      ]),
    ),
  ).toEqual({
    style: 'messages',
    left: ['images'],
    turns: [
      { role: 'system', text: 's' },
      { role: 'user', text: 'ab' },
      { role: 'assistant', text: '' },
    ],
  });
  expect(
    parseChat(
      json([
        { from: 'human', value: 'q' },
        { from: 'gpt', value: 'a' },
      ]),
    ),
  ).toEqual({
    style: 'sharegpt',
    left: [],
    turns: [
      { role: 'user', text: 'q' },
      { role: 'assistant', text: 'a' },
    ],
  });
});

it('takes nothing else for a chat', () => {
  for (const cell of [
    '',
    'text',
    '[]',
    '[1]',
    '[{]',
    '{"role":"user"}',
    json([{ role: 'nobody', content: 'x' }]),
    json([{ role: 'user', content: 5 }]),
    json([{ role: 'constructor', content: 'x' }]),
    '[{"__proto__":{"role":"user","content":"x"}}]',
  ]) {
    expect(isChat(parseChat(cell)), cell).toBe(false);
  }
});

it('is detected by content, whatever the column is called, with the evidence', () => {
  const rows = Array.from({ length: 30 }, (_, i) => [
    String(i),
    json([
      { from: 'human', value: `q${i}` },
      { from: 'gpt', value: 'a' },
    ]),
  ]);
  expect(inWords(detect(tableOf(['id', 'dialog'], rows, 'jsonl')))).toEqual({
    mapping: { kind: 'chat', roles: { message: 'dialog' } },
    evidence: [
      '“dialog” holds lists of turns with “from” and “value” (ShareGPT)',
      '30 of 30 checked cells can be read as chats, 2.0 turns on average',
    ],
  });
});

it('reads chats that are written down in other ways', () => {
  const two = [
    { role: 'user', text: 'q' },
    { role: 'assistant', text: 'a' },
  ];
  const turnsOf = (cell: string, speakers = {}) => {
    const read = parseChat(cell, speakers);
    return isChat(read) ? read.turns : read;
  };
  for (const cell of [
    json([
      { speaker: ' User ', text: 'q' },
      { speaker: 'BOT', text: 'a' },
    ]),
    json([{ human: 'q', assistant: 'a' }]),
    json([['q', 'a']]),
    json(['q', 'a']),
    json({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'model', content: 'a' },
      ],
    }),
    "[{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': \"a\"}]",
    "[{'from': 'human', 'value': 'q'}\n {'from': 'gpt', 'value': 'a'}]",
    '\n\nHuman: q\n\nAssistant: a',
    json([
      { role: 'user', parts: [{ text: 'q' }] },
      { role: 'model', parts: [{ text: 'a' }] },
    ]),
  ])
    expect(turnsOf(cell), cell).toEqual(two);
  const odd = json([
    { from: 'villager', value: 'q' },
    { from: 'gpt', value: 'a' },
  ]);
  expect(turnsOf(odd)).toEqual({ because: 'role', names: ['villager'] });
  expect(turnsOf(odd, { villager: 'user' })).toEqual(two);
  expect(turnsOf(json([{ a: 1, b: 'x' }]))).toEqual({ because: 'keys', names: ['a', 'b'] });
  expect(turnsOf('[{"role": "user", "content": "q"')).toMatchObject({ because: 'none' });
  expect(inWords(turnsOf('[{"role": "user" "content": "q"}]'))).toMatchObject({
    because: 'json',
    reason: expect.stringContaining('comma'),
  });
});

it('keeps what else a turn says, and whether it is learnt from', () => {
  const read = parseChat(
    json([
      { role: 'assistant', content: 'a', weight: 0, reasoning_content: 'r', name: null },
      { role: 'assistant', content: 'b', train: true },
    ]),
  );
  expect(read).toMatchObject({ turns: [{ text: 'a', learn: false, more: { reasoning_content: 'r' } }, { text: 'b' }] });
});
