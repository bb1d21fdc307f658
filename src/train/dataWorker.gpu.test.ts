/**
 * The worker itself, in a real browser, with the embedded model's tokenizer and a sample set from the site's own
 * origin.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { READ_AUTO } from '../shared/data';
import type { ErrorInfo } from '../shared/errors';
import type { DataEvent, DataReplies, DataRequest, FromWorker } from './protocol';
import { USUAL_OPTIONS } from '../data/testing/options';

let worker: Worker | null = null;
afterEach(() => {
  worker?.terminate();
  worker = null;
});

function start() {
  const own = new Worker(new URL('./dataWorker.ts', import.meta.url), { type: 'module' });
  worker = own;
  let next = 0;
  return <T extends DataRequest['type']>(request: Extract<DataRequest, { type: T }>, transfer: Transferable[] = []) =>
    new Promise<DataReplies[T]>((resolve, reject) => {
      const requestId = next++;
      own.addEventListener('message', ({ data }: MessageEvent<FromWorker<DataEvent>>) => {
        if (data.kind === 'event' || data.requestId !== requestId) return;
        if (data.kind === 'reply') resolve(data.value as DataReplies[T]);
        else reject(data.error);
      });
      own.postMessage({ ...request, requestId }, transfer);
    });
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: ErrorInfo) => error,
  );

describe('data worker', () => {
  it('goes from a file to token sets and previews, and stays usable after bad input', async () => {
    const ask = start();
    const text = { kind: 'text' as const, roles: { text: 'text' } };
    expect(
      await failure(
        ask({
          type: 'prepare',
          options: { ...USUAL_OPTIONS, mapping: text, template: { prompt: '', completion: '{text}' } },
        }),
      ),
    ).toMatchObject({ name: 'DataError', code: 'train.dataWorker.noData' });

    await ask({ type: 'open-tokenizer', source: { kind: 'embedded', id: 'sieve-stories-nano' } });
    const bad = new Blob(['"text,label\na,b\nc,d']);
    expect(
      await failure(
        ask({ type: 'parse', files: [{ path: 'a.csv', file: bad }], choices: { ...READ_AUTO, header: 'yes' } }),
      ),
    ).toMatchObject({ name: 'DataError', line: 1, code: 'data.table.openQuote' });

    const file = await (await fetch('/datasets/feelings/feelings.csv')).blob();
    const parsed = await ask({ type: 'parse', files: [{ path: 'feelings.csv', file }], choices: READ_AUTO });
    expect(parsed).toMatchObject({
      rowCount: 720,
      template: { prompt: '{text}\nLabel:', completion: ' {label}' },
      table: { columns: ['text', 'label'] },
    });
    expect('rows' in parsed.table).toBe(false);

    const { report, preview, train, validation } = await ask({
      type: 'prepare',
      options: { ...USUAL_OPTIONS, mapping: parsed.detection.mapping, template: parsed.template },
    });
    expect(report).toMatchObject({ examples: 720, train: 648, validation: 72 });
    expect([train.offsets.length, validation.offsets.length]).toEqual([649, 73]);
    expect(train.ids.length + validation.ids.length).toBe(report.tokens);
    // The sets' buffers were handed over; previews still work.
    const more = await ask({ type: 'preview', from: 0, count: 3 });
    expect(more.examples).toEqual(preview.slice(0, 3));
    expect(more.examples[0].tokens[0]).toEqual({ text: '<|endoftext|>', id: 0, state: 'masked' });
    const listed = await ask({ type: 'list', filter: 'validation', search: '', also: [], from: 0, count: 500 });
    expect([listed.total, listed.rows.length, new Set(listed.rows.map((r) => r.side)).size]).toEqual([72, 72, 1]);
    expect((await ask({ type: 'detail', item: 3 }))?.example?.row).toBe(3);
    expect(
      await failure(ask({ type: 'open-tokenizer', source: { kind: 'embedded', id: 'no-such-model' } })),
    ).toMatchObject({ code: expect.stringMatching(/^hub\./) });
  });
  it('ends a long parse when it is told to, and reads on', async () => {
    const ask = start();
    const long = new Blob(
      Array.from({ length: 200 }, () =>
        '{"prompt":"a long question about nothing","completion":"none"}\n'.repeat(4000),
      ),
    );
    const ended = failure(ask({ type: 'parse', files: [{ path: 'long.jsonl', file: long }], choices: READ_AUTO }));
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    await ask({ type: 'cancel' });
    expect(await ended).toMatchObject({ name: 'Cancelled' });
    const short = new Blob(['{"a":"x"}\n{"a":"y"}']);
    expect(await ask({ type: 'parse', files: [{ path: 'a.jsonl', file: short }], choices: READ_AUTO })).toMatchObject({
      rowCount: 2,
    });
  });

  it('ends a chat template that does not come to an end, and keeps the data', async () => {
    const ask = start();
    await ask({ type: 'open-tokenizer', source: { kind: 'embedded', id: 'sieve-stories-nano' } });
    const chats = Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({
        messages: [
          { role: 'user', content: `q${i}` },
          { role: 'assistant', content: `<|endoftext|>${i}` },
        ],
      }),
    );
    const { detection, template } = await ask({
      type: 'parse',
      files: [{ path: 'chats.jsonl', file: new Blob([chats.join('\n')]) }],
      choices: READ_AUTO,
    });
    const own = (source: string) => ({
      ...template,
      chat: { name: 'default', source, tokens: { eos_token: '<|endoftext|>' } },
    });
    const { mapping } = detection;
    const options = { ...USUAL_OPTIONS, mapping };
    const endless = own('{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}');
    const stopped = { name: 'DataError', code: 'train.chatTemplate.slow', params: { seconds: 1 } };
    expect(await failure(ask({ type: 'try-template', mapping, template: endless }))).toMatchObject(stopped);
    expect(await failure(ask({ type: 'prepare', options: { ...options, template: endless } }))).toMatchObject(stopped);
    expect(
      await failure(
        ask({ type: 'try-template', mapping, template: own('{% for i in range(10000000000) %}x{% endfor %}') }),
      ),
    ).toMatchObject({ name: 'DataError', code: 'hub.chatTemplate.endless' });

    const fine = own(
      "{% for m in messages %}{{ m.role ~ ': ' ~ m.content ~ eos_token ~ '\n' }}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}",
    );
    expect(await ask({ type: 'try-template', mapping, template: fine })).toEqual({
      segments: [
        { text: 'user: q0<|endoftext|>\nassistant: ', trained: false },
        { text: '<|endoftext|>0<|endoftext|>', trained: true },
      ],
    });
    const { report } = await ask({ type: 'prepare', options: { ...options, template: fine } });
    expect(report).toMatchObject({ rows: 40, examples: 40, issues: [] });
    const prompt = 'user: <\ufdd0\ufdd1|endoftext|><|endoftext|>\nassistant: ';
    expect(
      await ask({ type: 'applyChatTemplate', template: fine.chat, chats: [[{ role: 'user', text: '<|endoftext|>' }]] }),
    ).toEqual({ prompts: [{ templated: prompt }] });
    expect((await ask({ type: 'detail', item: 3 }))?.prompt).toEqual({
      templated: 'user: q3<|endoftext|>\nassistant: ',
    });
  });
});
