/**
 * A Hugging Face hub of large files, behind the same address as the page (`?hub=/`): files are streamed, never held.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';

/** What the hub keeps as large files, with a SHA-256. */
const LARGE = 1_000_000;

/** Paths in a repository, and the files that they are. */
export type Repository = Record<string, string>;

/** Bytes of bodies that were sent, by path. */
export type Sent = Map<string, number>;

const hashes = new Map<string, Promise<string>>();

function sha256(file: string): Promise<string> {
  const known = hashes.get(file);
  if (known) return known;
  const made = new Promise<string>((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(file)
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('hex')))
      .on('error', reject);
  });
  hashes.set(file, made);
  return made;
}

/** Serves `repositories` (by `owner/name`) beside the page; files that are not there are left out. */
export function hubBeside(repositories: Record<string, Repository>): { plugin: Plugin; sent: Sent } {
  const sent: Sent = new Map();
  const answer = async (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const tree = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/[^/]+\/?(.*)$/.exec(pathname);
    const asked = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(pathname);
    const repository = repositories[(tree ?? asked)?.[1] ?? ''];
    if (!repository) return next();
    if (tree) {
      const inside = Object.entries(repository).filter(
        ([path, file]) => existsSync(file) && path.slice(0, Math.max(0, path.lastIndexOf('/'))) === tree[2],
      );
      const list = await Promise.all(
        inside.map(async ([path, file]) => {
          const { size } = statSync(file);
          return { type: 'file', path, size, ...(size > LARGE ? { lfs: { oid: await sha256(file), size } } : {}) };
        }),
      );
      response.setHeader('content-type', 'application/json').end(JSON.stringify(list));
      return;
    }
    const path = decodeURIComponent(asked![2]);
    const file = repository[path];
    if (!file || !existsSync(file)) {
      response.statusCode = 404;
      response.end('Entry not found');
      return;
    }
    const { size } = statSync(file);
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const start = range ? Number(range[1]) : 0;
    response.statusCode = range ? 206 : 200;
    response.setHeader('content-type', path.endsWith('.json') ? 'application/json' : 'application/octet-stream');
    response.setHeader('content-length', size - start);
    response.setHeader('etag', `"${size}"`);
    if (range) response.setHeader('content-range', `bytes ${start}-${size - 1}/${size}`);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    sent.set(path, (sent.get(path) ?? 0) + size - start);
    createReadStream(file, { start }).pipe(response);
  };
  return {
    sent,
    plugin: {
      name: 'hub-beside',
      configurePreviewServer: ({ middlewares }) => {
        middlewares.use((request, response, next) => {
          answer(request, response, next).catch((error: Error) => response.writeHead(500).end(error.message));
        });
      },
    },
  };
}
