/**
 * A hub that takes pushes, as a function from requests to answers: a test serves it from a port, a journey through the
 * browser's router. It holds what was committed, and refuses what the real one refuses.
 */
import { createHash } from 'node:crypto';

interface Asked {
  method: string;
  url: URL;
  authorization: string | null;
  body: Uint8Array;
}

export interface Answer {
  status: number;
  json: unknown;
}

interface Repository {
  visibility: string;
  commits: { title: string; files: Map<string, Uint8Array> }[];
}

export interface PlayedHubOptions {
  /** Its own address. */
  origin: string;
  token: string;
  /** How it takes large files: as they are, or in xorbs at `storage`. */
  transfer?: 'basic' | 'xet';
  storage?: string;
}

const large = /\.(safetensors|onnx|onnx_data|gguf)$/;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The chunks of a xorb, which must lie in it as they are: eight bytes before each say their length, and that in a byte
 * between.
 */
function unpackedXorb(xorb: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < xorb.length; ) {
    const length = xorb[at + 1] | (xorb[at + 2] << 8) | (xorb[at + 3] << 16);
    if (xorb[at + 4] !== 0) throw new Error('a chunk is compressed');
    parts.push(xorb.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts);
}

export class PlayedHub {
  readonly repositories = new Map<string, Repository>();
  /** `METHOD address` of everything that was asked for. */
  readonly asked: string[] = [];
  /** Answers what fits with this status while it is set. */
  failing: { path: RegExp; status: number } | null = null;
  readonly #options: Required<PlayedHubOptions>;
  readonly #stored = new Map<string, Uint8Array>();
  /** Object ids that xorbs stand for; what is in them is looked at by `xorbs`. */
  readonly #promised = new Set<string>();
  /** Bytes of every xorb. */
  readonly xorbs: Uint8Array[] = [];

  constructor(options: PlayedHubOptions) {
    this.#options = { transfer: 'basic', storage: options.origin, ...options };
  }

  /** All bytes of the xorbs so far, of content that does not compress. */
  unpacked(): Uint8Array {
    return Buffer.concat(this.xorbs.map(unpackedXorb));
  }

  answer({ method, url, authorization, body }: Asked): Answer {
    const { origin, token, transfer, storage } = this.#options;
    this.asked.push(`${method} ${url.origin}${url.pathname}`);
    if (this.failing?.path.test(url.pathname)) return this.#refuse(this.failing.status);
    const text = () => new TextDecoder().decode(body);
    if (url.origin === storage && url.pathname.startsWith('/cas/')) {
      if (authorization !== 'Bearer cas') return this.#refuse(401);
      if (url.pathname.includes('/chunks/')) return this.#refuse(404);
      if (url.pathname.includes('/xorbs/')) this.xorbs.push(body);
      return { status: 200, json: { was_inserted: true } };
    }
    if (url.pathname.startsWith('/lfs/')) {
      const oid = url.pathname.slice(5);
      if (authorization !== null || sha256(body) !== oid) return this.#refuse(400);
      this.#stored.set(oid, body);
      return { status: 200, json: {} };
    }
    if (authorization !== `Bearer ${token}`) return this.#refuse(401);
    if (url.pathname === '/api/repos/create') {
      const { name, organization, visibility, type } = JSON.parse(text()) as Record<string, string>;
      const id = `${organization}/${name}`;
      if (type !== 'model' || organization === 'somebody-else') return this.#refuse(403);
      if (this.repositories.has(id)) return this.#refuse(409);
      this.repositories.set(id, { visibility, commits: [] });
      return { status: 200, json: { url: `${origin}/${id}`, id } };
    }
    const of = /^(?:\/api\/models)?\/([^/]+\/[^/]+?)(?:\.git)?\/(preupload|commit|info)\//.exec(url.pathname);
    const repository = of && this.repositories.get(of[1]);
    if (!repository) return this.#refuse(404);
    switch (of[2]) {
      case 'preupload': {
        const { files } = JSON.parse(text()) as { files: { path: string }[] };
        const modes = files.map(({ path }) => ({ path, uploadMode: large.test(path) ? 'lfs' : 'regular' }));
        return { status: 200, json: { files: modes } };
      }
      case 'info': {
        const { objects } = JSON.parse(text()) as { objects: { oid: string; size: number }[] };
        const header = {
          'X-Xet-Cas-Url': `${storage}/cas`,
          'X-Xet-Access-Token': 'cas',
          'X-Xet-Token-Expiration': '4000000000',
        };
        const upload = transfer === 'xet' ? { href: `${origin}/xet`, header } : null;
        if (upload) for (const { oid } of objects) this.#promised.add(oid);
        return {
          status: 200,
          json: {
            transfer,
            objects: objects.map((object) => ({
              ...object,
              actions: { upload: upload ?? { href: `${storage}/lfs/${object.oid}` } },
            })),
          },
        };
      }
      default:
        return this.#commit(repository, text());
    }
  }

  #commit(repository: Repository, lines: string): Answer {
    const files = new Map<string, Uint8Array>();
    let title = '';
    for (const line of lines.split('\n')) {
      const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> };
      if (key === 'header') title = value.summary;
      else if (key === 'file') files.set(value.path, Buffer.from(value.content, 'base64'));
      else if (this.#stored.has(value.oid)) files.set(value.path, this.#stored.get(value.oid)!);
      // A pointer, as git has it.
      else if (this.#promised.has(value.oid)) files.set(value.path, Buffer.from(value.oid));
      else return this.#refuse(400);
    }
    repository.commits.push({ title, files });
    return { status: 200, json: { commitOid: String(repository.commits.length), commitUrl: '', hookOutput: '' } };
  }

  #refuse(status: number): Answer {
    return { status, json: { error: `refused with ${status}` } };
  }
}
