/**
 * What a browser may refuse a page: its storages, and what is given only to a page that may store. With site data
 * blocked, in some private windows and in a sandboxed frame the very name throws, or is not there. Whoever wants one
 * asks here (`npm run lint` sees to it), and goes on without it where there is none.
 */
import { StorageError } from './errors';
import { message } from './message';

const NAMES = {
  localStorage: () => globalThis.localStorage,
  sessionStorage: () => globalThis.sessionStorage,
  indexedDB: () => globalThis.indexedDB,
  caches: () => globalThis.caches,
  storage: () => globalThis.navigator?.storage,
  locks: () => globalThis.navigator?.locks,
  serviceWorker: () => globalThis.navigator?.serviceWorker,
};
type Named<K extends keyof typeof NAMES> = NonNullable<ReturnType<(typeof NAMES)[K]>>;

/** What is called `name` in this browser; null where the browser has none or refuses it. Using it may still fail. */
export function siteData<K extends keyof typeof NAMES>(name: K): Named<K> | null {
  try {
    return (NAMES[name]() as Named<K> | undefined) ?? null;
  } catch (error) {
    console.info(`the browser refuses ${name}`, error);
    return null;
  }
}

/** As `siteData`, for what cannot be done without. @throws {StorageError} where the browser has none or refuses it */
export function needSiteData<K extends keyof typeof NAMES>(name: K): Named<K> {
  const found = siteData(name);
  if (!found) throw new StorageError(message('shared.siteData'));
  return found;
}
