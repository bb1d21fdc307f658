/** A push as the page's state has it: how far it is, and never the access token. */
import { expect, it } from 'vitest';
import type { FromWorker, PushReplies, PushRequest } from '../train/protocol';
import type { PushProgress } from '../shared/repository';
import { Page } from './page';
import { PushCommands } from './push';
import { WorkerClient, type WorkerLike } from './workerClient';

const TOKEN = 'hf_abcdefgh12345678';
const CHOICE = { repository: 'me/fox', create: 'private', token: TOKEN, title: 'LoRA' } as const;
const FILES = [{ path: 'a.txt', content: new Blob(['a']) }];

/** @param answer to the one request of each worker; null says nothing */
function commands(answer: FromWorker<PushProgress>[]) {
  const page = new Page();
  const asked: PushRequest[] = [];
  let ended = 0;
  const worker = (): WorkerLike => {
    let hear: (event: Event) => void = () => undefined;
    return {
      postMessage: (request) => {
        asked.push(request as PushRequest);
        for (const data of answer) queueMicrotask(() => hear({ data } as unknown as Event));
      },
      addEventListener: (type, listener) => {
        if (type === 'message') hear = listener;
      },
      terminate: () => {
        ended++;
      },
    };
  };
  const push = new PushCommands({
    page,
    exports: { make: async () => null },
    hub: 'https://huggingface.co',
    makeClient: (hooks) => new WorkerClient<PushRequest, PushReplies, PushProgress>(worker, 'push', hooks),
  });
  return { page, push, asked, ended: () => ended };
}

it('says how far it is, and where the files are in the end; its worker is ended', async () => {
  const event: PushProgress = { step: 'sending', done: 1, total: 2 };
  const url = 'https://huggingface.co/me/fox';
  const { page, push, asked, ended } = commands([
    { kind: 'event', event },
    { kind: 'reply', requestId: 1, value: { url } },
  ]);
  const seen: unknown[] = [];
  page.store.subscribe((state) => {
    seen.push(state.runs.pushing);
    expect(JSON.stringify(state)).not.toContain(TOKEN);
  });
  expect(await push.send(FILES, CHOICE)).toBe(url);
  expect(seen).toContainEqual(event);
  expect(seen.at(-1)).toBeNull();
  const { repository, create } = CHOICE;
  expect(asked[0]).toMatchObject({ token: TOKEN, target: { host: 'https://huggingface.co', repository, create } });
  expect(ended()).toBe(1);
});

it('is cancelled without a word, and with its worker; another may follow', async () => {
  const { page, push, asked, ended } = commands([]);
  const first = push.send(FILES, CHOICE);
  expect(await push.send(FILES, CHOICE), 'one at a time').toBeNull();
  push.cancel();
  expect(await first).toBeNull();
  expect([page.state.runs.pushing, page.state.ui.notices, ended()]).toEqual([null, [], 1]);
  void push.send(FILES, CHOICE);
  expect(asked).toHaveLength(2);
});

it('says what failed', async () => {
  const error = { name: 'PushError', code: 'hub.push.token', params: {} } as const;
  const { page, push } = commands([{ kind: 'failed', requestId: 1, error }]);
  expect(await push.send(FILES, CHOICE)).toBeNull();
  expect(page.state.ui.notices).toMatchObject([{ section: 'compare', kind: 'error', info: error }]);
});
