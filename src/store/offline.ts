/** The service worker that keeps the app for when there is no network: registered, watched, and told to take over. */

import { siteData } from '../shared/siteData';

/** 'off': a dev server, or a browser without. 'update': a new version waits for a reload. */
export type OfflineState = 'off' | 'preparing' | 'ready' | 'update' | 'failed';

/** Lets the version that waits take over; the page is loaded again when it has. */
export type TakeOver = () => void;

/**
 * @param base where the app and its `sw.js` lie
 * @param onChange is told what this page can count on; with 'update' comes what to call for it
 */
export function watchOffline(base: string, onChange: (state: OfflineState, takeOver?: TakeOver) => void): void {
  const serviceWorker = import.meta.env.PROD ? siteData('serviceWorker') : null;
  if (!serviceWorker) return;
  const register = async () => {
    onChange('preparing');
    const registration = await serviceWorker.register(`${base}sw.js`, { updateViaCache: 'none' });
    const update = (waiting: ServiceWorker) =>
      onChange('update', () => {
        // Only then: a first install also takes control, and nothing is to be reloaded for it.
        serviceWorker.addEventListener('controllerchange', () => globalThis.location.reload(), { once: true });
        waiting.postMessage('take-over');
      });
    const watch = (installing: ServiceWorker) => {
      installing.addEventListener('statechange', () => {
        if (installing.state === 'installed' && registration.active) update(installing);
        else if (installing.state === 'activated') onChange('ready');
        else if (installing.state === 'redundant' && !registration.active) onChange('failed');
      });
    };
    if (registration.waiting) update(registration.waiting);
    else if (registration.active) onChange('ready');
    if (registration.installing) watch(registration.installing);
    registration.addEventListener('updatefound', () => registration.installing && watch(registration.installing));
  };
  const start = () =>
    register().catch((error: unknown) => {
      console.info('no offline use', error);
      onChange('failed');
    });
  // What the page itself loads goes first.
  if (document.readyState === 'complete') void start();
  else globalThis.addEventListener('load', () => void start(), { once: true });
}
