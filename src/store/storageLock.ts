/**
 * One tab writes. The first holds a Web Lock for as long as it lives; others read, and the next in line takes over when
 * it closes. A page that holds a lock is not frozen by the browser while it is hidden, which a run also needs.
 */
import { siteData } from '../shared/siteData';

/** 'writer': this tab saves. 'reader': another one does. 'off': this browser lets the page keep nothing. */
export type StorageMode = 'unknown' | 'writer' | 'reader' | 'off';

const NAME = 'sieve-storage';

/** Tells `onChange` what this tab may do, now and when it changes. Resolves once it was told for the first time. */
export async function claimStorage(onChange: (mode: StorageMode) => void): Promise<void> {
  const locks = siteData('locks');
  if (!locks || typeof siteData('storage')?.getDirectory !== 'function' || !siteData('indexedDB')) {
    onChange('off');
    return;
  }
  const held = new Promise<never>(() => {});
  /** Held until the page goes. */
  const keep = () => {
    onChange('writer');
    return held;
  };
  await new Promise<void>((told) => {
    const failed = (error: unknown) => {
      console.info('storage is not available', error);
      onChange('off');
      told();
    };
    locks
      .request(NAME, { ifAvailable: true }, (lock) => {
        if (lock) {
          told();
          return keep();
        }
        onChange('reader');
        told();
        locks.request(NAME, keep).catch(failed);
        return undefined;
      })
      .catch(failed);
  });
}

/**
 * Calls `act` with whether this tab is the only one that holds `name`, and holds it until `act` is done. A page that
 * gets no locks from its browser is taken to be alone: it shares nothing with other tabs either.
 */
export async function withLock(name: string, act: (alone: boolean) => Promise<void>): Promise<void> {
  let called = false;
  const once = (alone: boolean) => {
    called = true;
    return act(alone);
  };
  try {
    await siteData('locks')?.request(name, { ifAvailable: true }, (lock) => once(lock !== null));
  } catch (error) {
    if (called) throw error;
    console.info('locks are not available', error);
  }
  if (!called) await once(true);
}
