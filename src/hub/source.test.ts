import { createHash } from 'node:crypto';
import { sayError } from '../shared/texts/say';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ModelError } from '../shared/errors';
import type { ModelSource } from '../shared/types';
import { chooseFile, downloadModel } from './model';
import { checkSource, fetchFile, fetchJson, fileUrl, hasFile, type FetchError } from './source';

const hub = (id: string, revision = 'main', host = 'https://huggingface.co'): ModelSource => ({
  kind: 'hub',
  id,
  revision,
  host,
});
const HUB = hub('owner/name');
afterEach(() => vi.unstubAllGlobals());

/** Answers by path; anything else is 404. */
function serve(files: Record<string, () => Response>): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    const path = new URL(url).pathname.replace(/^\/owner\/name\/resolve\/main\//, '');
    asked.push(`${init?.method ?? 'GET'} ${path}`);
    return files[path]?.() ?? new Response('', { status: 404 });
  });
  return asked;
}

describe('model ids and URLs', () => {
  it("builds the hub's and the app's addresses", () => {
    expect(fileUrl(HUB, 'onnx/model.onnx')).toBe('https://huggingface.co/owner/name/resolve/main/onnx/model.onnx');
    expect(fileUrl(hub('a/b', 'refs/pr/1', 'http://127.0.0.1:8080/ignored?x'), 'config.json')).toBe(
      'http://127.0.0.1:8080/a/b/resolve/refs%2Fpr%2F1/config.json',
    );
    expect(fileUrl({ kind: 'embedded', id: 'sieve-stories-nano' }, 'config.json')).toMatch(
      /\/models\/sieve-stories-nano\/config\.json$/,
    );
  });

  it.each([
    'name',
    'a/b/c',
    '../x',
    'a/..',
    'a/b--c',
    'a/b..c',
    '/a/b',
    'a/',
    'a b/c',
    'a/b?x',
    'a/b#x',
    'a/%2e%2e',
    'a\\b/c',
    '',
    `a/${'x'.repeat(200)}`,
    'https://x/y',
  ])('refuses the id %j', (id) => {
    expect(() => checkSource(hub(id))).toThrow(ModelError);
  });
  it('refuses strange revisions, hosts and folders', () => {
    for (const revision of ['', '../main', 'a//b', '/main', 'main?x', 'a b'])
      expect(() => checkSource(hub('a/b', revision)), revision).toThrow(/revision/);
    for (const host of ['', 'huggingface.co', 'data:text/plain,x', 'file:///etc', 'https://user:secret@huggingface.co'])
      expect(() => checkSource(hub('a/b', 'main', host)), host).toThrow(ModelError);
    for (const id of ['a/b', '..', 'a--b', ''])
      expect(() => checkSource({ kind: 'embedded', id }), id).toThrow(ModelError);
  });
});

describe('a download that broke off goes on where it ended', () => {
  const whole = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  const same = (bytes: Uint8Array) => Buffer.compare(bytes, whole) === 0;
  /** Sends the file from where it is asked for, and breaks off, stalls or ends as `how` says after `most` bytes. */
  const server = (steps: { most?: number; how?: 'break' | 'stall'; etag?: string; ranges?: boolean }[]) => {
    const asked: (string | null)[] = [];
    vi.stubGlobal('fetch', async (_: string, init?: RequestInit) => {
      const { most = Infinity, how = 'break', etag = '"1"', ranges = true } = steps[asked.length] ?? {};
      const range = new Headers(init?.headers).get('range');
      asked.push(range);
      const from = range && ranges ? Number(/\d+/.exec(range)![0]) : 0;
      let at = from;
      const body = new ReadableStream<Uint8Array>({
        start: (control) => init?.signal?.addEventListener('abort', () => control.error(init.signal!.reason)),
        pull: (control) => {
          if (at - from >= most) {
            if (how === 'stall') return new Promise(() => {});
            control.error(new TypeError('network error'));
          } else if (at === whole.length) control.close();
          else control.enqueue(whole.slice(at, (at = Math.min(at + 50_000, whole.length))));
        },
      });
      const headers = {
        etag,
        'content-length': String(whole.length - from),
        ...(from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}),
      };
      return new Response(body, { status: from > 0 ? 206 : 200, headers });
    });
    return asked;
  };
  const get = (signal?: AbortSignal, seen?: (available: number) => void) =>
    fetchFile(HUB, 'onnx/model.onnx', 1 << 20, { signal, onBytes: (_, available) => seen?.(available) });

  it('after the network failed, with every byte shown to the parser', async () => {
    const asked = server([{ most: 150_000 }, {}]);
    await expect(get()).rejects.toMatchObject({ reason: 'network' });
    const seen: number[] = [];
    expect(same(await get(undefined, (n) => seen.push(n)))).toBe(true);
    expect([asked, seen[0]]).toEqual([[null, 'bytes=150000-'], 150_000]);
    // It is whole now: nothing is left to go on from.
    expect(same(await get())).toBe(true);
    expect(asked[2]).toBeNull();
  });

  it('after it was left, and after it stalled', async () => {
    const asked = server([{ most: 100_000, how: 'stall' }, { most: 100_000, how: 'stall' }, {}]);
    const abort = new AbortController();
    await expect(
      get(abort.signal, (n) => {
        if (n === 100_000) abort.abort();
      }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    vi.useFakeTimers();
    try {
      const stalled = get().catch((error: FetchError) => error);
      await vi.advanceTimersByTimeAsync(31_000);
      expect(await stalled).toMatchObject({
        reason: 'network',
        message: expect.stringContaining('nothing has come for 30 s'),
      });
    } finally {
      vi.useRealTimers();
    }
    expect(same(await get())).toBe(true);
    expect(asked).toEqual([null, 'bytes=100000-', 'bytes=200000-']);
  });

  it('but never with the rest of another file, or of one that comes whole', async () => {
    const asked = server([{ most: 150_000 }, { etag: '"2"' }, { etag: '"2"' }]);
    await expect(get()).rejects.toMatchObject({ reason: 'network' });
    expect(same(await get())).toBe(true);
    expect(asked).toEqual([null, 'bytes=150000-', null]);
    server([{ most: 150_000 }, { ranges: false }]);
    await expect(get()).rejects.toMatchObject({ reason: 'network' });
    expect(same(await get())).toBe(true);
  });
});

describe('files of the hub are checked against its SHA-256', () => {
  const file = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
  const sha256 = createHash('sha256').update(file).digest('hex');

  it('one that was changed on the way is refused, and comes past the cache the next time', async () => {
    const asked: (string | undefined)[] = [];
    vi.stubGlobal('fetch', async (_: string, init?: RequestInit) => {
      asked.push(init?.cache);
      const body = file.slice();
      if (asked.length === 1) body[123_456] ^= 1;
      return new Response(body, { headers: { 'content-length': String(body.length) } });
    });
    const get = () => fetchFile(HUB, 'onnx/model.onnx', 1 << 20, { sha256 });
    await expect(get()).rejects.toMatchObject({ reason: 'different', message: expect.stringContaining('SHA-256') });
    expect((await get()).length).toBe(file.length);
    await get();
    expect(asked).toEqual([undefined, 'reload', undefined]);
  });

  it('the listing says what there is, with the hashes; without one the files are asked for', async () => {
    const lfs = { oid: sha256, size: file.length };
    const asked = serve({
      '/api/models/owner/name/tree/main/onnx': () =>
        Response.json([
          { path: 'onnx/model.onnx', lfs },
          { path: 'onnx/small.json' },
          null,
          { path: 3, lfs: { oid: 'x' } },
        ]),
    });
    expect(await chooseFile(HUB)).toEqual({
      file: 'onnx/model.onnx',
      dtype: 'fp32',
      sha256: new Map([
        ['onnx/model.onnx', sha256],
        ['onnx/small.json', null],
      ]),
    });
    expect(asked).toHaveLength(1);
    for (const answer of ['{}', 'no JSON', ' '.repeat(2 << 20)]) {
      serve({
        '/api/models/owner/name/tree/main/onnx': () => new Response(answer),
        'onnx/model_fp16.onnx': () => new Response(''),
      });
      expect(await chooseFile(HUB)).toEqual({ file: 'onnx/model_fp16.onnx', dtype: 'fp16', sha256: new Map() });
    }
  });
});

describe('each way a download fails has its own words', () => {
  it.each([
    [401, 'unauthorized', /login/],
    [403, 'forbidden', /does not let you/],
    [404, 'missing', /has no config\.json/],
    [429, 'rate-limited', /slow down/],
    [503, 'server', /answered 503/],
  ])('%i', async (status, reason, pattern) => {
    serve({ 'config.json': () => new Response('', { status }) });
    const error = (await fetchJson(HUB, 'config.json', 1000).catch((e: FetchError) => e)) as FetchError;
    expect(error).toBeInstanceOf(ModelError);
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(pattern);
    expect(sayError(error).hint).not.toBe('');
  });

  it('no network', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    await expect(fetchJson(HUB, 'config.json', 1000)).rejects.toMatchObject({
      reason: 'network',
      message: expect.stringContaining('cannot be reached'),
    });
  });

  it('a content security policy', async () => {
    const target = new EventTarget();
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
    vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
    vi.stubGlobal('fetch', async () => {
      setTimeout(
        () =>
          target.dispatchEvent(
            Object.assign(new Event('securitypolicyviolation'), {
              blockedURI: 'https://huggingface.co/owner/name/resolve/main/config.json',
            }),
          ),
        0,
      );
      throw new TypeError('Failed to fetch');
    });
    await expect(fetchJson(HUB, 'config.json', 1000)).rejects.toThrow(/content security policy/);
  });

  it('too large, by header or by its bytes; cut short; HTML instead; not JSON', async () => {
    const big = new Uint8Array(5000);
    serve({
      a: () => new Response(big, { headers: { 'content-length': '5000' } }),
      b: () => new Response(big),
      c: () => new Response(new Uint8Array(10), { headers: { 'content-length': '20' } }),
      d: () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
      e: () => new Response('{"a":'),
      f: () =>
        new Response(
          new ReadableStream({
            start(c) {
              c.enqueue(new Uint8Array(3));
            },
            pull(c) {
              c.error(new Error('reset'));
            },
          }),
        ),
    });
    for (const name of ['a', 'b'])
      await expect(fetchFile(HUB, name, 4000)).rejects.toMatchObject({ reason: 'too-large' });
    await expect(fetchFile(HUB, 'c', 4000)).rejects.toMatchObject({ reason: 'truncated' });
    await expect(fetchFile(HUB, 'd', 4000)).rejects.toMatchObject({ reason: 'missing' });
    await expect(fetchJson(HUB, 'e', 4000)).rejects.toThrow(/not JSON/);
    await expect(fetchFile(HUB, 'f', 4000)).rejects.toThrow(/broke off/);
    expect(await hasFile(HUB, 'a')).toBe(true);
    expect(await hasFile(HUB, 'd')).toBe(false);
  });

  it('reports progress', async () => {
    serve({ a: () => new Response(new Uint8Array(5), { headers: { 'content-length': '5' } }) });
    const seen: unknown[] = [];
    expect((await fetchFile(HUB, 'a', 10, { onProgress: (...p) => seen.push(p) })).length).toBe(5);
    expect(seen.at(-1)).toEqual(['a', 5, 5]);
  });
});

describe('opening a model', () => {
  it('refuses an unsupported configuration before it asks for anything else', async () => {
    const asked = serve({ 'config.json': () => Response.json({ model_type: 'mistral' }) });
    await expect(downloadModel(HUB)).rejects.toThrow(/model_type is "mistral"/);
    expect(asked).toEqual(['GET config.json']);
  });

  it('chooses fp32, else fp16, else names the quantised files', async () => {
    const here = () => new Response('');
    serve({ 'onnx/model.onnx': here, 'onnx/model_fp16.onnx': here });
    expect(await chooseFile(HUB)).toMatchObject({ file: 'onnx/model.onnx', dtype: 'fp32' });
    serve({ 'onnx/model_fp16.onnx': here });
    expect(await chooseFile(HUB)).toMatchObject({ file: 'onnx/model_fp16.onnx', dtype: 'fp16' });
    serve({ 'onnx/model_q4.onnx': here, 'onnx/model_quantized.onnx': here });
    await expect(chooseFile(HUB)).rejects.toThrow(
      /quantised weights only \(onnx\/model_quantized\.onnx, onnx\/model_q4\.onnx\)/,
    );
    serve({});
    await expect(chooseFile(HUB)).rejects.toThrow(/no ONNX file/);
  });
});
