/**
 * Files go to a repository of a hub as one commit. Only where a person pressed for it, with the token that they gave:
 * it is in the request's headers and nowhere else. Works in a worker: large files are hashed here.
 */
import { type CommitProgressEvent, HubApiError, commitIter, createRepo } from '@huggingface/hub';
import { PushError, SieveError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import { type PushFile, type PushProgress, type PushTarget, isRepositoryId } from '../shared/repository';

export interface Push {
  target: PushTarget;
  /** Of Hugging Face, with the right to write. */
  token: string;
  /** The commit's. */
  title: string;
  files: readonly PushFile[];
}

const TOKEN = /^hf_[A-Za-z0-9_-]{8,200}$/;
/** Of what a hub says of an error. */
const MAX_WORDS = 200;

/** Hosts of the public hub's storage, where large files go. */
const PUBLIC = 'huggingface.co';
const ITS_STORAGE = /\.(huggingface\.co|hf\.co)$/;

/** Whether an address belongs to the hub that the person chose. */
const belongs = (url: URL, hub: URL): boolean =>
  url.origin === hub.origin ||
  (hub.protocol === 'https:' && hub.host === PUBLIC && url.protocol === 'https:' && ITS_STORAGE.test(url.host));

/** `fetch` that sends to the chosen hub alone, and the token to nobody but its own address. */
function toHub(hub: URL, token: string): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const holdsToken = new Headers(init?.headers).get('authorization')?.includes(token) ?? false;
    if (!belongs(url, hub) || (holdsToken && url.origin !== hub.origin))
      throw new PushError(message('hub.push.elsewhere', { hub: hub.host, host: url.host }));
    try {
      return await fetch(url, { ...init, credentials: 'omit', referrerPolicy: 'no-referrer' });
    } catch (error) {
      throw new PushError(message('hub.push.unreachable', { host: url.host, why: (error as Error).message }));
    }
  };
}

/** What went wrong, for a person. */
function reasonOf(error: unknown, { repository }: PushTarget, { host }: URL): Message | null {
  if (error instanceof SieveError) return null;
  if (!(error instanceof HubApiError))
    return message('hub.push.answer', { host, why: String((error as Error).message).slice(0, MAX_WORDS) });
  const { statusCode: status } = error;
  switch (status) {
    case 401:
      return message('hub.push.unauthorized', { host });
    case 403:
      return message('hub.push.forbidden', { host, repository });
    case 404:
      return message('hub.push.missing', { host, repository });
    case 409:
      return message('hub.push.exists', { host, repository });
    case 413:
      return message('hub.push.large', { host });
    case 429:
      return message('hub.fetch.rateLimited', { host });
    default: {
      const said: unknown = error.data?.error ?? error.data?.message ?? '';
      return message('hub.push.refused', { host, status, why: String(said).slice(0, MAX_WORDS) });
    }
  }
}

/** Adds up what is said of single files. */
function counter(files: readonly PushFile[], tell: (progress: PushProgress) => void) {
  const sizes = new Map(files.map(({ path, content }) => [path, content.size]));
  const total = files.reduce((sum, { content }) => sum + content.size, 0);
  const done = { hashing: new Map<string, number>(), uploading: new Map<string, number>() };
  const sum = (of: Map<string, number>) => [...of.values()].reduce((a, b) => a + b, 0);
  return (event: CommitProgressEvent) => {
    if (event.event === 'phase') {
      if (event.phase === 'committing') tell({ step: 'committing', done: total, total });
    } else if (event.state !== 'error') {
      done[event.state].set(event.path, event.progress * (sizes.get(event.path) ?? 0));
      tell({ step: event.state === 'hashing' ? 'hashing' : 'sending', done: sum(done[event.state]), total });
    }
  };
}

/**
 * Makes the repository where it is new, and commits all files at once: whatever fails, none of them is in it.
 * @returns its address
 * @throws {PushError} what the hub refused, and why
 */
export async function pushFiles(
  { target, token, title, files }: Push,
  onProgress: (progress: PushProgress) => void = () => undefined,
): Promise<{ url: string }> {
  const { repository, create } = target;
  if (!isRepositoryId(repository)) throw new PushError(message('hub.source.hubId', { id: repository.slice(0, 120) }));
  if (!TOKEN.test(token)) throw new PushError(message('hub.push.token'));
  const hub = new URL(target.host);
  const base = target.host.replace(/\/$/, '');
  const to = {
    repo: { type: 'model', name: repository },
    accessToken: token,
    hubUrl: base,
    fetch: toHub(hub, token),
  } as const;
  try {
    if (create) {
      onProgress({ step: 'creating', done: 0, total: 0 });
      await createRepo({ ...to, visibility: create });
    }
    const operations = files.map((file) => ({ operation: 'addOrUpdate' as const, ...file }));
    const commit = commitIter({ ...to, title, operations });
    const count = counter(files, onProgress);
    for (let next = await commit.next(); !next.done; next = await commit.next()) count(next.value);
    return { url: `${base}/${repository}` };
  } catch (error) {
    const reason = reasonOf(error, target, hub);
    throw reason ? new PushError(reason) : error;
  }
}
