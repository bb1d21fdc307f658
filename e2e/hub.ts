/** A Hugging Face hub made of files at hand: Playwright answers for it, nothing leaves the machine. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { BrowserContext, Route } from '@playwright/test';
import type { PlayedHub } from '../src/hub/testing/playedHub';

/** What the hub keeps as large files, with a SHA-256. */
const LARGE = 100_000;

export type RepoFiles = Record<string, Buffer>;

/** Every file below a folder, by its path with `/`. */
export function readRepo(folder: string): RepoFiles {
  const files: RepoFiles = {};
  for (const entry of readdirSync(folder, { recursive: true }) as string[]) {
    const full = join(folder, entry);
    if (statSync(full).isFile()) files[relative(folder, full).split(sep).join('/')] = readFileSync(full);
  }
  return files;
}

export interface Hub {
  /** `METHOD path` of every file that was asked for, in order. */
  asked: string[];
  /** Bytes of bodies that were sent. */
  sent: number;
  /** Answers everything with this failure while it is set; 'unreachable' answers nothing. */
  status?: number | 'unreachable';
}

/**
 * Serves `repos` (by `owner/name`) as https://huggingface.co: files under `/resolve/<revision>/`, and the listing of
 * `/api/models/`. Ranges and HEAD are answered as the hub answers them.
 */
export async function serveHub(context: BrowserContext, repos: Record<string, RepoFiles>): Promise<Hub> {
  const hub: Hub = { asked: [], sent: 0 };
  const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };
  const answer = async (route: Route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    hub.asked.push(`${request.method()} ${pathname}`);
    if (hub.status === 'unreachable') return route.abort('addressunreachable');
    if (hub.status !== undefined) return route.fulfill({ status: hub.status, headers: cors, body: '' });

    const api = /^\/api\/models\/([^/]+\/[^/]+)(?:\/(?:revision|tree)\/[^/]+\/?)?(.*)/.exec(pathname);
    if (api) {
      const files = repos[api[1]];
      if (!files) return route.fulfill({ status: 404, headers: cors, json: { error: 'Repository not found' } });
      const inside = Object.entries(files).filter(([path]) => path.startsWith(api[2]));
      const list = inside.map(([path, bytes]) => ({
        type: 'file',
        path,
        rfilename: path,
        size: bytes.length,
        ...(bytes.length > LARGE ? { lfs: { oid: createHash('sha256').update(bytes).digest('hex') } } : {}),
      }));
      return route.fulfill({
        headers: cors,
        json: pathname.includes('/tree/') ? list : { id: api[1], siblings: list },
      });
    }
    const file = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(pathname);
    const bytes = file && repos[file[1]]?.[decodeURIComponent(file[2])];
    if (!bytes) return route.fulfill({ status: 404, headers: cors, body: 'Entry not found' });
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers().range ?? '');
    const from = range ? Number(range[1]) : 0;
    const to = range && range[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1;
    const body = bytes.subarray(from, to + 1);
    const headers = {
      ...cors,
      'content-type': pathname.endsWith('.json') ? 'application/json' : 'application/octet-stream',
      'content-length': String(body.length),
      'accept-ranges': 'bytes',
      ...(range ? { 'content-range': `bytes ${from}-${to}/${bytes.length}` } : {}),
    };
    if (request.method() === 'HEAD') return route.fulfill({ status: 200, headers });
    hub.sent += body.length;
    return route.fulfill({ status: range ? 206 : 200, headers, body });
  };
  await context.route('https://huggingface.co/**', answer);
  return hub;
}

/** Has `hub` take pushes as https://huggingface.co. */
export async function servePushes(context: BrowserContext, hub: PlayedHub): Promise<void> {
  await context.route('https://huggingface.co/**', async (route) => {
    const request = route.request();
    const { status, json } = hub.answer({
      method: request.method(),
      url: new URL(request.url()),
      authorization: request.headers().authorization ?? null,
      body: request.postDataBuffer() ?? new Uint8Array(),
    });
    await route.fulfill({ status, json, headers: { 'access-control-allow-origin': '*' } });
  });
}
