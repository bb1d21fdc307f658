/** Downloads that are kept, by a cache in memory: what is asked for again, and what is not. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ModelSource } from '../shared/types';
import { forgetHead } from './gguf/head';
import { keptBlob } from './keptFiles';
import { dropKept, keptModels } from './keptModels';
import { downloadModel } from './model';
import { fetchBlob, fetchFile, fetchJson, fetchStart, listFiles } from './source';
import { nanoGguf } from './testing/nanoGguf';

const HUB: ModelSource = { kind: 'hub', id: 'owner/name', revision: 'main', host: 'https://huggingface.co' };
const MB = 2 ** 20;
const file = new Uint8Array(10 * MB).map((_, i) => (i * 7 + (i >> 13)) & 255);
const sha256 = createHash('sha256').update(file).digest('hex');

let entries: Map<string, Uint8Array<ArrayBuffer>>;
let quota: number;
beforeEach(() => {
  entries = new Map();
  quota = Infinity;
  const cache = {
    match: async (key: string) => (entries.has(key) ? new Response(entries.get(key)) : undefined),
    put: async (key: string, response: Response) => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length > quota) throw new DOMException('full', 'QuotaExceededError');
      entries.set(key, bytes);
    },
    delete: async (key: string) => entries.delete(key),
    keys: async () => [...entries.keys()].map((url) => ({ url })),
  };
  vi.stubGlobal('caches', { open: async () => cache });
});
afterEach(() => vi.unstubAllGlobals());

/**
 * A hub with one large file, that sends no more than `most` bytes of it at a time; `online: false` cannot be reached.
 */
function serve({ online = true, most = Infinity } = {}): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    if (!online) throw new TypeError('Failed to fetch');
    const { pathname } = new URL(url);
    const range = new Headers(init?.headers).get('range');
    asked.push(`${pathname.split('/').pop()}${range ? ` ${range}` : ''}`);
    if (pathname.endsWith('/config.json')) return Response.json({ a: 1 });
    if (pathname.includes('/api/')) return Response.json([{ path: 'model.safetensors', size: file.length }]);
    if (!/\.(safetensors|gguf|onnx)$/.test(pathname)) return new Response('', { status: 404 });
    const from = range ? Number(/\d+/.exec(range)![0]) : 0;
    const parts = file.subarray(from, Math.min(file.length, from + most));
    let at = 0;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (at < parts.length) controller.enqueue(parts.slice(at, (at += MB)));
          else if (from + parts.length < file.length) controller.error(new Error('reset'));
          else controller.close();
        },
      }),
      {
        status: range ? 206 : 200,
        headers: {
          etag: '"1"',
          ...(range
            ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` }
            : { 'content-length': String(file.length) }),
        },
      },
    );
  });
  return asked;
}

const large = (hash: string | null = sha256) => fetchFile(HUB, 'model.safetensors', 16 * MB, { sha256: hash });

it('a large file is downloaded once; another version of it, or one that was damaged, again', async () => {
  let asked = serve();
  expect(await large()).toEqual(file);
  asked = serve();
  const seen: number[] = [];
  const again = await fetchFile(HUB, 'model.safetensors', 16 * MB, {
    sha256: null,
    onBytes: (_, available) => seen.push(available / MB),
  });
  expect(again).toEqual(file);
  expect(seen).toEqual([8, 10]);
  expect(asked).toEqual([]);
  await expect(large('0'.repeat(64))).rejects.toMatchObject({ reason: 'different' });
  expect(asked).toEqual(['model.safetensors']);
  expect(entries.size).toBe(0);
  await large();
  entries.get('https://huggingface.co/owner/name/resolve/main/model.safetensors?piece=1')![5] ^= 1;
  asked = serve();
  expect(await large()).toEqual(file);
  expect(asked).toEqual(['model.safetensors']);
});

it('a download goes on at the last piece that was kept, when its tab was closed', async () => {
  serve({ most: 9 * MB });
  await expect(large()).rejects.toThrow(/broke off after 9\.4 MB/);
  // What a tab remembers is gone once it has downloaded something else.
  await fetchFile({ ...HUB, id: 'owner/other' }, 'model.safetensors', 16 * MB).catch(() => undefined);
  const asked = serve();
  expect(await large()).toEqual(file);
  expect(asked).toEqual([`model.safetensors bytes=${8 * MB}-`]);
});

it('without a network small files are as they were, and so is what was missing', async () => {
  serve();
  const all = async () => [
    await fetchJson(HUB, 'config.json', 1000),
    [...(await listFiles(HUB, ''))!.keys()],
    await fetchJson(HUB, 'generation_config.json', 1000).catch((e: Error & { reason: string }) => e.reason),
  ];
  const there = await all();
  expect(there).toEqual([{ a: 1 }, ['model.safetensors'], 'missing']);
  serve({ online: false });
  expect(await all()).toEqual(there);
  await expect(fetchJson(HUB, 'tokenizer.json', 1000)).rejects.toMatchObject({ reason: 'network' });
});

it('without a network the beginning of a kept file is there, but not of another version', async () => {
  serve();
  await large();
  serve({ online: false });
  const start = (most: number, hash: string | null) => fetchStart(HUB, 'model.safetensors', most, { sha256: hash });
  for (const most of [100, 8 * MB, 9 * MB + 1, 20 * MB]) {
    const { bytes, total } = await start(most, sha256);
    expect([Buffer.compare(bytes, file.subarray(0, most)), total]).toEqual([0, file.length]);
  }
  expect((await start(100, null)).bytes).toHaveLength(100);
  await expect(start(100, '0'.repeat(64))).rejects.toMatchObject({ reason: 'network' });
});

it('a GGUF without a configuration of its own opens again without a network', async () => {
  const bytes = nanoGguf('Q8_0');
  const oid = createHash('sha256').update(bytes).digest('hex');
  vi.stubGlobal('fetch', async (url: string) => {
    if (url.endsWith('/tree/main')) return Response.json([{ path: 'a.gguf', size: bytes.length, lfs: { oid } }]);
    const headers = { 'content-length': String(bytes.length) };
    return url.endsWith('/a.gguf') ? new Response(bytes, { headers }) : new Response('', { status: 404 });
  });
  const { config } = await downloadModel(HUB);
  forgetHead();
  serve({ online: false });
  expect((await downloadModel(HUB)).config).toEqual(config);
});

it('kept models are listed, and can be forgotten', async () => {
  serve();
  await large();
  await fetchJson({ ...HUB, id: 'owner/other', revision: 'refs/pr/1' }, 'config.json', 1000);
  const models = await keptModels();
  expect(models).toEqual([
    {
      host: 'https://huggingface.co',
      id: 'owner/name',
      revision: 'main',
      file: 'model.safetensors',
      bytes: file.length,
    },
    { host: 'https://huggingface.co', id: 'owner/other', revision: 'refs/pr/1', file: null, bytes: 7 },
  ]);
  await dropKept(models[0]);
  expect(await keptModels()).toEqual([models[1]]);
  await dropKept(models[1]);
  expect(entries.size).toBe(0);
});

it('of a kept model the form that is here is named, one that is whole before one that broke off', async () => {
  const kept = async () => (await keptModels()).map((model) => model.file);
  const get = (path: string) => fetchFile(HUB, path, 16 * MB, { sha256: null });
  serve({ most: 9 * MB });
  await expect(get('model.F16.gguf')).rejects.toThrow(/broke off/);
  expect(await kept()).toEqual(['model.F16.gguf']);
  serve();
  await get('model-Q4_K_M.gguf');
  expect(await kept()).toEqual(['model-Q4_K_M.gguf']);
  await get('onnx/model_q4.onnx');
  expect(await kept()).toEqual(['onnx/model_q4.onnx']);
  await large();
  expect(await kept()).toEqual(['model.safetensors']);
});

it('the start of a kept file needs no network', async () => {
  serve({ online: false });
  await expect(fetchStart(HUB, 'model.safetensors', 5)).rejects.toMatchObject({ reason: 'network' });
  serve();
  await large();
  serve({ online: false });
  expect(await fetchStart(HUB, 'model.safetensors', 5)).toEqual({ bytes: file.slice(0, 5), total: file.length });
});

it('what is kept whole is handed out as it lies there; what is not is in memory', async () => {
  serve();
  const path = 'model.safetensors';
  const blob = await fetchBlob(HUB, path, 20 * MB, { sha256 });
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(file);
  const url = [...entries.keys()].find((key) => key.endsWith('?kept'))!.replace('?kept', '');
  expect((await keptBlob(url, file.length))?.size).toBe(file.length);
  serve({ online: false });
  for (const hash of [sha256, null]) {
    const kept = await fetchBlob(HUB, path, 20 * MB, { sha256: hash });
    expect(new Uint8Array(await kept.arrayBuffer())).toEqual(file);
  }
  const asked = serve();
  entries.get(`${url}?piece=1`)![5] ^= 1;
  const anew = await fetchBlob(HUB, path, 20 * MB, { sha256 });
  expect(new Uint8Array(await anew.arrayBuffer())).toEqual(file);
  expect(asked).toEqual([path]);
  expect(await keptBlob(url, file.length - 1)).toBeNull();
  entries.delete(`${url}?piece=1`);
  expect(await keptBlob(url, file.length)).toBeNull();
  vi.stubGlobal('caches', undefined);
  const again = await fetchBlob(HUB, path, 20 * MB, { sha256 });
  expect(new Uint8Array(await again.arrayBuffer())).toEqual(file);
});

it('where there is no room, or no cache, a file is downloaded all the same', async () => {
  serve();
  quota = MB;
  expect(await large()).toEqual(file);
  expect(entries.size).toBe(0);
  vi.stubGlobal('caches', undefined);
  expect(await large()).toEqual(file);
  expect(await keptModels()).toEqual([]);
});

it('a file for the disk is taken in by pieces: it goes on at a kept one, and is whole where the room ends on the way', async () => {
  const path = 'model.safetensors';
  const get = () => fetchBlob(HUB, path, 20 * MB, { sha256 });
  const same = async (blob: Blob) => expect(new Uint8Array(await blob.arrayBuffer())).toEqual(file);
  serve({ most: 9 * MB });
  await expect(get()).rejects.toThrow(/broke off after 9\.4 MB/);
  let asked = serve();
  // The tab has what came behind the last piece, too.
  await same(await get());
  expect(asked).toEqual([`${path} bytes=${9 * MB}-`]);
  await dropKept((await keptModels())[0]);
  serve({ most: 9 * MB });
  await expect(get()).rejects.toThrow(/broke off/);
  await fetchFile({ ...HUB, id: 'owner/other' }, path, 16 * MB).catch(() => undefined);
  asked = serve();
  await same(await get());
  expect(asked).toEqual([`${path} bytes=${8 * MB}-`]);
  // There was room for a piece, but there is none for the rest.
  await dropKept((await keptModels())[0]);
  serve({ most: 9 * MB });
  await expect(get()).rejects.toThrow(/broke off/);
  await fetchFile({ ...HUB, id: 'owner/other' }, path, 16 * MB).catch(() => undefined);
  vi.stubGlobal('navigator', { storage: { estimate: async () => ({ usage: 9 * MB, quota: 9 * MB }) } });
  serve();
  await same(await get());
  vi.stubGlobal('navigator', {});
  // What was kept last is larger than the last piece of the next: the first fits, the second does not.
  await dropKept((await keptModels())[0]);
  serve();
  const { put } = (await caches.open('')) as Cache;
  let puts = 0;
  const cache = {
    ...(await caches.open('')),
    put: async (...args: Parameters<Cache['put']>) => {
      if (/piece/.test(String(args[0])) && ++puts > 1) throw new DOMException('full', 'QuotaExceededError');
      return put(...args);
    },
  };
  vi.stubGlobal('caches', { open: async () => cache });
  await same(await get());
  expect([puts, entries.size]).toEqual([2, 0]);
  await expect(fetchBlob(HUB, path, 20 * MB, { sha256: '0'.repeat(64) })).rejects.toMatchObject({
    reason: 'different',
  });
});
