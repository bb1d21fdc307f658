import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sayError } from '../shared/texts/say';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ModelError } from '../shared/errors';
import type { ModelFile, ModelSource } from '../shared/types';
import { downloadModel, shardsOf } from './model';
import { chooseFile, listModelFiles } from './modelFiles';
import { type FetchError } from './download';
import { gguf } from './testing/gguf';
import { askFor, checkSource, fetchFile, fetchJson, fileUrl, giveFolder, fetchStart } from './source';

type Hub = Extract<ModelSource, { kind: 'hub' }>;
const hub = (id: string, revision = 'main', host = 'https://huggingface.co'): Hub => ({
  kind: 'hub',
  id,
  revision,
  host,
});
const HUB = hub('owner/name');
const onnx = (path: string, dtype: string, bytes: number | null): ModelFile => ({
  path,
  format: 'onnx',
  dtype,
  bytes,
  exact: true,
  readable: true,
  fits: true,
});
const chosen = async (source: ModelSource = HUB, room?: number) =>
  chooseFile(source, await listModelFiles(source, {}, room));
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
          { path: 'onnx/model.onnx', lfs, size: 1000 },
          { path: 'onnx/small.json' },
          null,
          { path: 3, lfs: { oid: 'x' } },
        ]),
    });
    const { files, listed } = await listModelFiles(HUB);
    expect(chooseFile(HUB, { files, listed })).toEqual(onnx('onnx/model.onnx', 'fp32', 1000));
    expect(listed.get('onnx/model.onnx')).toEqual({ bytes: 1000, sha256 });
    expect(listed.get('onnx/small.json')).toEqual({ bytes: null, sha256: null });
    expect(asked).toHaveLength(2);
    for (const answer of ['{}', 'no JSON', ' '.repeat(2 << 20)]) {
      serve({
        '/api/models/owner/name/tree/main/onnx': () => new Response(answer),
        'onnx/model_fp16.onnx': () => new Response('', { headers: { 'content-length': '77' } }),
      });
      expect(await chosen()).toEqual(onnx('onnx/model_fp16.onnx', 'fp16', 77));
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
    expect(await askFor(HUB, 'a')).toEqual({ bytes: 5000, sha256: null });
    expect(await askFor(HUB, 'd')).toBeNull();
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
    const asked = serve({ 'config.json': () => Response.json({ model_type: 'mamba' }) });
    await expect(downloadModel(HUB)).rejects.toThrow(/model_type is "mamba"/);
    expect(asked).toEqual(['GET config.json']);
  });

  it('asks for fp32, fp16, safetensors; else names what cannot be read', async () => {
    const here = () => new Response('');
    serve({ 'onnx/model.onnx': here, 'onnx/model_fp16.onnx': here });
    expect(await chosen()).toMatchObject({ path: 'onnx/model.onnx', dtype: 'fp32' });
    serve({ 'onnx/model_fp16.onnx': here });
    expect(await chosen()).toMatchObject({ path: 'onnx/model_fp16.onnx', dtype: 'fp16' });
    serve({ 'onnx/model_q4.onnx': here, 'model.safetensors.index.json': here });
    expect(await chosen()).toMatchObject({ path: 'model.safetensors.index.json', format: 'safetensors' });
    serve({ 'onnx/model_q4.onnx': here, 'onnx/model_quantized.onnx': here });
    expect(await chosen()).toMatchObject({ path: 'onnx/model_q4.onnx', readable: true });
    serve({ 'onnx/model_bnb4.onnx': here, 'onnx/model_quantized.onnx': here });
    await expect(chosen()).rejects.toThrow(
      /only quantised weights that cannot be trained on \(onnx\/model_quantized\.onnx, onnx\/model_bnb4\.onnx\)/,
    );
    serve({});
    await expect(chosen()).rejects.toThrow(/no weights that Sieve reads/);
  });

  it('takes the most exact file that fits, with its data; the one that is named; the smallest where none fits', async () => {
    const list =
      (...files: [string, number][]) =>
      () =>
        Response.json(files.map(([path, size]) => ({ path, size })));
    serve({
      '/api/models/owner/name/tree/main/onnx': list(
        ['onnx/model.onnx', 40],
        ['onnx/model.onnx_data', 900],
        ['onnx/model_fp16.onnx', 470],
        ['onnx/model_q4f16.onnx', 100],
        ['onnx/model_int8.onnx', 90],
      ),
      '/api/models/owner/name/tree/main': list(
        ['model.safetensors', 480],
        ['a.Q4_1.gguf', 90],
        ['a.IQ2_XS.gguf', 40],
        ['config.json', 5],
      ),
    });
    expect(await chosen(HUB, 2.8 * 940)).toMatchObject({ path: 'onnx/model.onnx', bytes: 940 });
    expect(await chosen(HUB, 2.8 * 940 - 1)).toMatchObject({ path: 'onnx/model_fp16.onnx', fits: true });
    expect(await chosen(HUB, 1500)).toMatchObject({ path: 'model.safetensors', dtype: null, bytes: 480 });
    expect(await chosen(HUB, 550)).toMatchObject({ path: 'onnx/model_q4f16.onnx', fits: true });
    expect(await chosen(HUB, 10)).toMatchObject({ path: 'a.Q4_1.gguf', fits: false });
    expect(await chosen({ ...HUB, file: 'onnx/model.onnx' }, 10)).toMatchObject({ path: 'onnx/model.onnx' });
    await expect(chosen({ ...HUB, file: 'onnx/model_int8.onnx' })).rejects.toThrow(/cannot be trained on/);
    await expect(chosen({ ...HUB, file: 'onnx/model_x.onnx' })).rejects.toThrow(/has no onnx\/model_x/);
    await expect(chosen({ ...HUB, file: '../secret' })).rejects.toThrow(/not a path inside/);
    expect((await listModelFiles(HUB)).files.map((f) => `${f.format} ${f.dtype} ${f.bytes}`)).toContain('gguf Q4_1 90');
    await expect(chosen({ ...HUB, file: 'a.IQ2_XS.gguf' })).rejects.toThrow(/cannot be trained on/);
  });

  it('knows a GGUF by its name: the largest of quantised ones first, and no part, projector or importance matrix', async () => {
    const names = {
      'm-Q4_0_4_4.gguf': 50,
      'm-MXFP4_MOE.gguf': 51,
      'm-Q8_0-00001-of-00002.gguf': 52,
      'mmproj-F16.gguf': 53,
      'm.mmproj-Q8_0.gguf': 54,
      'imatrix_m.gguf': 55,
      'm.imatrix.gguf': 56,
      'm-Q4_0.gguf': 60,
      'm-Q6_K.gguf': 80,
      'm-Q4_K_M-imatrix.gguf': 70,
      'm-fp16.gguf': 90,
    };
    const list = Object.entries(names).map(([path, size]) => ({ path, size }));
    serve({ '/api/models/owner/name/tree/main': () => Response.json(list) });
    const { files } = await listModelFiles(HUB, {}, 1000);
    const read = files.filter(({ readable }) => readable).map(({ path, exact }) => [path, exact]);
    expect(read).toEqual([
      ['m-fp16.gguf', true],
      ['m-Q6_K.gguf', false],
      ['m-Q4_K_M-imatrix.gguf', false],
      ['m-Q4_0.gguf', false],
    ]);
    expect(files.find(({ path }) => path.includes('-of-'))).toMatchObject({ dtype: 'Q8_0', readable: false });
  });

  it('reads the beginning of a file, from servers that know ranges and from those that send all', async () => {
    const whole = new Uint8Array(1000).map((_, i) => i % 251);
    const part = () =>
      new Response(whole.subarray(0, 100), { status: 206, headers: { 'content-range': 'bytes 0-99/1000' } });
    const all = () => new Response(whole, { headers: { 'content-length': '1000' } });
    for (const answer of [part, all]) {
      serve({ 'a.gguf': answer });
      const { bytes, total } = await fetchStart(HUB, 'a.gguf', 100);
      expect([total, ...bytes]).toEqual([1000, ...whole.subarray(0, 100)]);
    }
    serve({ 'a.gguf': all });
    expect((await fetchStart(HUB, 'a.gguf', 5000)).bytes).toEqual(whole);
    // Neither of these says how long it is.
    serve({
      'a.gguf': () => new Response(whole.subarray(0, 100), { status: 206 }),
      'b.gguf': () => new Response(whole),
    });
    for (const name of ['a.gguf', 'b.gguf']) expect((await fetchStart(HUB, name, 100)).total).toBeNull();
    expect(await fetchStart(HUB, 'b.gguf', 1001)).toEqual({ bytes: whole, total: 1000 });
    serve({});
    await expect(fetchStart(HUB, 'a.gguf', 100)).rejects.toThrow(/has no a\.gguf/);
  });

  it('a beginning that breaks off, ends early or stalls says so', async () => {
    const starting = (then: (control: ReadableStreamDefaultController<Uint8Array>) => void) => () => {
      const body = new ReadableStream<Uint8Array>({
        start: (control) => control.enqueue(new Uint8Array(10)),
        pull: (control) => then(control) ?? new Promise(() => {}),
      });
      return new Response(body, { status: 206, headers: { 'content-range': 'bytes 0-99/1000' } });
    };
    serve({
      breaks: starting((control) => control.error(new TypeError('reset'))),
      ends: starting((control) => control.close()),
      stalls: starting(() => {}),
    });
    await expect(fetchStart(HUB, 'breaks', 100)).rejects.toThrow(/broke off/);
    await expect(fetchStart(HUB, 'ends', 100)).rejects.toMatchObject({ reason: 'truncated' });
    vi.useFakeTimers();
    try {
      const stalled = fetchStart(HUB, 'stalls', 100).catch((error: FetchError) => error);
      await vi.advanceTimersByTimeAsync(31_000);
      expect(await stalled).toMatchObject({ message: expect.stringContaining('nothing has come for 30 s') });
    } finally {
      vi.useRealTimers();
    }
  });

  it('reads heads first: a model with values that are not read is not downloaded', async () => {
    const folder = 'python/fixtures/families/qwen2';
    const config = () => new Response(readFileSync(`${folder}/config.json`));
    const whole = new Uint8Array(readFileSync(`${folder}/model.safetensors`));
    const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0, true);
    const head = new TextDecoder().decode(whole.subarray(8, 8 + length));
    const with16 = (dtype: string) => {
      const bytes = whole.slice();
      bytes.set(new TextEncoder().encode(head.replaceAll('"F16"', dtype)), 8);
      return () => new Response(bytes, { headers: { 'content-length': String(bytes.length) } });
    };
    const asked = serve({ 'config.json': config, 'model.safetensors': with16('"I16"') });
    await expect(downloadModel(HUB)).rejects.toThrow(/is of type I16/);
    // Its length and its header.
    expect(asked.filter((request) => request === 'GET model.safetensors').length).toBe(2);

    const tensors = [{ name: 'token_embd.weight', shape: [4, 4], type: 0, bytes: new Uint8Array(64) }];
    const other = gguf({ 'general.architecture': 'qwen2' }, tensors);
    const file = () => new Response(other, { headers: { 'content-length': String(other.length) } });
    const again = serve({ 'config.json': config, 'm.gguf': file });
    await expect(downloadModel({ ...HUB, file: 'm.gguf' })).rejects.toThrow(/embed_tokens\.weight has the shape/);
    expect(again.filter((request) => request === 'GET m.gguf').length).toBe(1);
  });

  it('reads an index of shards, and refuses one that leads elsewhere', () => {
    const index = (map: unknown) => shardsOf(new TextEncoder().encode(JSON.stringify({ weight_map: map })));
    expect(index({ a: 'm-1.safetensors', b: 'm-2.safetensors', c: 'm-1.safetensors' })).toEqual([
      'm-1.safetensors',
      'm-2.safetensors',
    ]);
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, `m-${i}.safetensors`]));
    for (const map of [
      {},
      null,
      { a: '../m.safetensors' },
      { a: 'm.bin' },
      { a: 'https://x/m.safetensors' },
      { a: 3 },
      many,
    ])
      expect(() => index(map)).toThrow(/safetensors files of the same folder/);
    expect(() => shardsOf(new TextEncoder().encode('{'))).toThrow(/not JSON/);
  });
});

describe('a folder from this computer', () => {
  it('is read as a repository is; another one of the same name takes its place', async () => {
    const folder: ModelSource = { kind: 'folder', id: 'my model' };
    await expect(fetchFile(folder, 'config.json', 100)).rejects.toThrow(/not open any more/);
    giveFolder(
      'my model',
      new Map([
        ['config.json', new Blob(['{}'])],
        ['model.safetensors', new Blob(['12345'])],
      ]),
    );
    expect(await fetchJson(folder, 'config.json', 100)).toEqual({});
    expect(await chosen(folder)).toMatchObject({ path: 'model.safetensors', bytes: 5 });
    await expect(fetchFile(folder, 'x.json', 100)).rejects.toMatchObject({ reason: 'missing' });
    await expect(fetchFile(folder, 'model.safetensors', 4)).rejects.toMatchObject({ reason: 'too-large' });
    giveFolder('my model', new Map());
    await expect(chosen(folder)).rejects.toThrow(/no weights/);
  });
});
