/** The worker's own script, with a stand-in for its scope; dataWorker.gpu.test.ts starts it in a browser. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { READ_AUTO } from '../shared/data';
import { message } from '../shared/message';
import type { DataEvent, DataRequest, Envelope, FromWorker } from './protocol';
import { USUAL_OPTIONS } from '../data/testing/options';

const said: FromWorker<DataEvent>[] = [];
const scope = {
  postMessage: (message: FromWorker<DataEvent>) => {
    said.push(message);
  },
  onmessage: null as ((event: { data: Envelope<DataRequest> }) => void) | null,
};

beforeAll(async () => {
  vi.stubGlobal('self', scope);
  await import('./dataWorker');
});
afterAll(() => {
  vi.unstubAllGlobals();
});

test('requests are answered in their order; what goes wrong is a code', { timeout: 30_000 }, async () => {
  const send = (data: Envelope<DataRequest>) => scope.onmessage!({ data });
  send({ requestId: 1, type: 'preview', from: 0, count: 1 });
  send({ requestId: 2, type: 'parse', files: [{ path: 'a.csv', file: new Blob(['']) }], choices: READ_AUTO });
  send({
    requestId: 3,
    type: 'prepare',
    options: {
      ...USUAL_OPTIONS,
      mapping: { kind: 'text', roles: { text: 'a' } },
      template: { prompt: '', completion: '{text}' },
      maxSequenceLength: 8,
      stratify: false,
    },
  });
  await vi.waitFor(() => expect(said).toHaveLength(3), 10_000);
  expect(said.map((m) => (m.kind === 'failed' ? [m.requestId, m.error] : m))).toEqual([
    [1, { name: 'DataError', ...message('train.dataWorker.noExamples') }],
    [2, { name: 'DataError', ...message('data.file.empty') }],
    [3, { name: 'DataError', ...message('train.dataWorker.noData') }],
  ]);
});
