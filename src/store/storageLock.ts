/**
 * One tab writes. The first holds a Web Lock for as long as it lives; others read, and the next in line takes over when
 * it closes. A page that holds a lock is not frozen by the browser while it is hidden, which a run also needs.
 */

/** 'writer': this tab saves. 'reader': another one does. 'off': this browser lets the page keep nothing. */
export type StorageMode = 'unknown' | 'writer' | 'reader' | 'off';

const NAME = 'sieve-storage';

/** Whether this page can keep anything at all. */
function available(): boolean {
  const { navigator } = globalThis;
  return typeof navigator?.locks?.request === 'function' && typeof navigator.storage?.getDirectory === 'function' && typeof globalThis.indexedDB !== 'undefined';
}

/** Tells `onChange` what this tab may do, now and when it changes. Resolves once it was told for the first time. */
export async function claimStorage(onChange: (mode: StorageMode) => void): Promise<void> {
  if (!available()) {
    onChange('off');
    return;
  }
  const { locks } = globalThis.navigator;
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
    locks.request(NAME, { ifAvailable: true }, (lock) => {
      if (lock) {
        told();
        return keep();
      }
      onChange('reader');
      told();
      locks.request(NAME, keep).catch(failed);
      return undefined;
    }).catch(failed);
  });
}
