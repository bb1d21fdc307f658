/** Pushes to a hub that is played on a port of this machine: what is sent, to whom, and what is said when it fails. */
import { createHash } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { PushProgress, PushTarget } from '../shared/repository';
import { Rng } from '../shared/rng';
import { type Push, pushFiles } from './push';
import { PlayedHub, type PlayedHubOptions } from './testing/playedHub';

const TOKEN = 'hf_abcdefgh12345678';
let server: Server;
let host: string;
let hub: PlayedHub;

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const { status, json } = hub.answer({
        method,
        url: new URL(url, `http://${headers.host}`),
        authorization: headers.authorization ?? null,
        body: Buffer.concat(parts),
      });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
const play = (options: Partial<PlayedHubOptions> = {}) => {
  hub = new PlayedHub({ origin: host, token: TOKEN, ...options });
};
beforeEach(() => play());
afterEach(() => vi.unstubAllGlobals());

const rng = new Rng(3);
/** Does not compress. Longer than a chunk of a xorb, which has 128 KiB at most. */
const WEIGHTS = Uint8Array.from({ length: 300_000 }, () => rng.uniform(0, 256));
const FILES = [
  { path: 'README.md', content: new Blob(['# A\n']) },
  { path: 'onnx/model.onnx', content: new Blob([WEIGHTS]) },
];
const REPOSITORY = 'me/a-model';

const push = (target: Partial<PushTarget> = {}, more: Partial<Push> = {}, tell?: (progress: PushProgress) => void) =>
  pushFiles(
    {
      target: { host, repository: REPOSITORY, create: 'private', ...target },
      token: TOKEN,
      title: 'LoRA',
      files: FILES,
      ...more,
    },
    tell,
  );

it('makes a repository and commits all files at once, byte by byte; a second push adds a commit', async () => {
  const progress: PushProgress[] = [];
  expect(await push({}, {}, (p) => progress.push(p))).toEqual({ url: `${host}/${REPOSITORY}` });
  const { visibility, commits } = hub.repositories.get(REPOSITORY)!;
  expect([visibility, commits.length, commits[0].title]).toEqual(['private', 1, 'LoRA']);
  expect([...commits[0].files.keys()]).toEqual(['README.md', 'onnx/model.onnx']);
  expect(Buffer.from(commits[0].files.get('README.md')!).toString()).toBe('# A\n');
  expect(Buffer.compare(commits[0].files.get('onnx/model.onnx')!, WEIGHTS)).toBe(0);
  const total = WEIGHTS.length + 4;
  expect([...new Set(progress.map(({ step }) => step))]).toEqual(['creating', 'hashing', 'sending', 'committing']);
  expect(progress.filter(({ step }) => step === 'sending').at(-1)).toEqual({
    step: 'sending',
    done: WEIGHTS.length,
    total,
  });
  await push({ create: null });
  expect(commits).toHaveLength(2);
  await push({ repository: 'me/open', create: 'public' });
  expect(hub.repositories.get('me/open')!.visibility).toBe('public');
});

it('sends large files in xorbs where the hub wants that', async () => {
  play({ transfer: 'xet' });
  await push();
  expect(Buffer.compare(hub.unpacked(), WEIGHTS)).toBe(0);
  const { files } = hub.repositories.get(REPOSITORY)!.commits[0];
  const oid = createHash('sha256').update(WEIGHTS).digest('hex');
  expect(Buffer.from(files.get('onnx/model.onnx')!).toString()).toBe(oid);
});

it.each([
  [401, 'api/repos', 'does not accept the access token'],
  [403, 'api/repos', 'does not let this access token write to me/a-model'],
  [404, 'preupload', 'has no me/a-model'],
  [409, 'api/repos', 'has me/a-model already'],
  [413, 'lfs/', 'too large'],
  [429, 'info/lfs', 'slow down'],
  [500, '/commit/', 'answered 500 \\(refused with 500\\), so nothing was committed'],
])('says what %d at %s means', async (status, path, words) => {
  hub.failing = { path: new RegExp(path), status };
  const error: Error = await push().then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  );
  expect([error.name, error.message]).toEqual(['PushError', expect.stringMatching(words)]);
  expect(error.message).not.toContain(TOKEN);
  expect(hub.repositories.get(REPOSITORY)?.commits ?? []).toEqual([]);
});

it('tells a name that is taken, an owner who is somebody else, and a token that is none', async () => {
  await push();
  await expect(push()).rejects.toThrow('has me/a-model already');
  await expect(push({ repository: 'somebody-else/x' })).rejects.toThrow('write to somebody-else/x');
  await expect(push({ repository: 'me/missing', create: null })).rejects.toThrow('has no me/missing');
  const before = hub.asked.length;
  await expect(push({}, { token: 'password' })).rejects.toThrow('not an access token');
  await expect(push({ repository: '../x' })).rejects.toThrow('"../x" is not a model id');
  expect(hub.asked.length, 'nothing was sent').toBe(before);
});

it('sends nothing to another host, and the token to none but the hub', async () => {
  const asked: { url: string; token: boolean }[] = [];
  const real = fetch;
  vi.stubGlobal('fetch', (url: URL, init: RequestInit) => {
    asked.push({ url: url.href, token: JSON.stringify([...new Headers(init.headers)]).includes(TOKEN) });
    return real(url, init);
  });
  for (const transfer of ['basic', 'xet'] as const) {
    play({ transfer, storage: 'http://127.0.0.2:9' });
    await expect(push()).rejects.toThrow(/asks to send a file to 127\.0\.0\.2:9, so nothing was committed/);
    expect(hub.repositories.get(REPOSITORY)!.commits).toEqual([]);
  }
  expect(asked.every(({ url }) => url.startsWith(host))).toBe(true);
  asked.length = 0;
  play({ transfer: 'xet' });
  await push();
  expect(asked.filter(({ url }) => url.includes('/cas/')).map(({ token }) => token)).not.toContain(true);
  vi.unstubAllGlobals();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await expect(push()).rejects.toThrow(/cannot be reached \(.*\), so nothing was committed/);
});
