/** The worker's own script, with a stand-in for its scope; dataWorker.gpu.test.ts starts it in a browser. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { NO_REPAIRS } from '../data/repair';
import { READ_AUTO } from '../shared/data';
import { speak } from '../shared/texts';
import type { DataEvent, DataRequest, FromWorker, ToWorker } from './protocol';

const said: FromWorker<DataEvent>[] = [];
const scope = {
  postMessage: (message: FromWorker<DataEvent>) => {
    said.push(message);
  },
  onmessage: null as ((event: { data: ToWorker<DataRequest> }) => void) | null,
};

beforeAll(async () => {
  vi.stubGlobal('self', scope);
  await import('./dataWorker');
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await speak('en');
});

test('what is asked after a language is answered in it, though its texts must be fetched first', {
  timeout: 30_000,
}, async () => {
  const send = (data: ToWorker<DataRequest>) => scope.onmessage!({ data });
  const wrong = (requestId: number): ToWorker<DataRequest> => ({ requestId, type: 'preview', from: 0, count: 1 });
  send(wrong(1));
  send({ language: 'zh' });
  send(wrong(2));
  send({ requestId: 3, type: 'parse', files: [{ path: 'a.csv', file: new Blob(['']) }], choices: READ_AUTO });
  send({
    requestId: 4,
    type: 'prepare',
    options: {
      mapping: { kind: 'text', roles: { text: 'a' } },
      template: { prompt: '', completion: '{text}' },
      completionOnly: true,
      maxTokens: 8,
      heldOutShare: 0.1,
      seed: 1,
      maxExamples: 10,
      stratify: false,
      repairs: NO_REPAIRS,
      edits: { excluded: [], changed: [] },
    },
  });
  await vi.waitFor(() => expect(said).toHaveLength(4), 10_000);
  // Back while all else is done.
  send({ language: 'en' });
  send(wrong(5));
  await vi.waitFor(() => expect(said).toHaveLength(5), 10_000);
  expect(said.map((m) => (m.kind === 'failed' ? [m.requestId, m.error.name, m.error.message] : m))).toEqual([
    [1, 'DataError', 'There are no examples yet.'],
    [2, 'DataError', '还没有样本。'],
    [3, 'DataError', '文件是空的。'],
    [4, 'DataError', '还没有数据。'],
    [5, 'DataError', 'There are no examples yet.'],
  ]);
  expect(said[2]).toMatchObject({ error: { hint: expect.stringMatching(/\p{Script=Han}/u) } });
});
