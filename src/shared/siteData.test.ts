/**
 * Site data that are blocked: every name throws, as in Chrome, or there is none. Nobody who wants one may fall over it.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from './zod';
import type { Device } from '../engine/device/device';
import type { Weight } from '../engine/kernels/matmul/weight';
import { browserBox } from '../store/compare/box';
import { openDatabase } from '../store/database';
import { type OfflineState, watchOffline } from '../store/offline';
import { claimStorage, withLock } from '../store/storageLock';
import { openLibrary } from '../store/experiments/library';
import { Keep } from '../train/keep';
import { tune } from '../train/tuning';
import { recall, remember } from '../ui/remembered';
import { StorageError } from './errors';
import { needSiteData, siteData } from './siteData';

const GLOBALS = ['localStorage', 'sessionStorage', 'indexedDB', 'caches'];
const PRODUCT = { weight: { type: 'f32' } as Weight, dIn: 64, dOut: 176 };
const OF_NAVIGATOR = ['storage', 'locks', 'serviceWorker'];
const USED = ['localStorage', 'indexedDB', 'storage', 'locks', 'serviceWorker'] as const;

const throwing = {
  configurable: true,
  get: () => {
    throw new DOMException('access is denied for this document', 'SecurityError');
  },
};
const missing = { configurable: true, value: undefined };
const before = GLOBALS.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);

beforeEach(() => {
  vi.stubEnv('PROD', true);
  vi.spyOn(console, 'info').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  for (const [name, descriptor] of before) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
  }
});

describe.each([
  ['throws', throwing],
  ['is missing', missing],
])('a storage that %s', (_, descriptor) => {
  beforeEach(() => {
    for (const name of GLOBALS) Object.defineProperty(globalThis, name, descriptor);
    vi.stubGlobal(
      'navigator',
      Object.defineProperties(
        { userAgent: 'a browser' },
        Object.fromEntries(OF_NAVIGATOR.map((name) => [name, descriptor])),
      ),
    );
  });

  test.each(USED)('%s is none', (name) => {
    expect(siteData(name)).toBeNull();
    expect(() => needSiteData(name)).toThrow(StorageError);
  });

  test('small choices last as long as the page', () => {
    remember(`theme of ${_}`, 'dark');
    expect(recall(`theme of ${_}`)).toBe('dark');
    expect(recall('never chosen')).toBeNull();
  });

  test('Compare begins with nothing and forgets', () => {
    const box = browserBox('votes', 'votes', z.string());
    box.save('a');
    box.save(null);
    expect(box.load()).toBeNull();
  });

  test('nothing is kept, and the page is told so', async () => {
    const modes: string[] = [];
    await claimStorage((mode) => modes.push(mode));
    expect(modes).toEqual(['off']);
    await expect(openDatabase()).rejects.toThrow(StorageError);
    await expect(openLibrary().all()).rejects.toThrow(StorageError);
    await expect(new Keep().info()).rejects.toThrow(StorageError);
    await expect(new Keep().deleteRun('a')).rejects.toThrow(StorageError);
  });

  test('there is no offline use', () => {
    const states: OfflineState[] = [];
    watchOffline('/', (state) => states.push(state));
    expect(states).toEqual([]);
  });

  test('an experiment runs without a lock', async () => {
    const alone: boolean[] = [];
    await withLock('experiment', async (free) => {
      alone.push(free);
    });
    expect(alone).toEqual([true]);
  });

  test('the tuner measures anew', async () => {
    const gpu = { info: {}, tuning: {} } as unknown as Device;
    await tune(gpu, PRODUCT, async () => ({ 'wide nk': 'tile16' }));
    expect(gpu.tuning).toEqual({ 'wide nk': 'tile16' });
  });
});

/** Firefox hands out the names, and throws or rejects when they are used. */
describe('a storage that refuses when it is used', () => {
  const refuse = () => {
    throw new DOMException('the operation is insecure', 'SecurityError');
  };
  const reject = async () => refuse();

  beforeEach(() => {
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse });
    vi.stubGlobal('indexedDB', { open: refuse });
    vi.stubGlobal('navigator', {
      userAgent: 'a browser',
      storage: { getDirectory: reject, estimate: reject, persisted: reject },
      locks: { request: reject },
      serviceWorker: { register: reject },
    });
    vi.stubGlobal('document', { readyState: 'complete' });
  });

  test('everybody goes on without', async () => {
    remember('a choice', 'zh');
    expect(recall('a choice')).toBe('zh');
    expect(recall('never chosen')).toBeNull();
    const box = browserBox('votes', 'votes', z.string());
    box.save('a');
    expect(box.load()).toBeNull();
    const modes: string[] = [];
    await claimStorage((mode) => modes.push(mode));
    expect(modes).toEqual(['off']);
    await expect(openDatabase()).rejects.toThrow('insecure');
    await expect(new Keep().info()).rejects.toThrow(StorageError);
    const gpu = { info: {}, tuning: {} } as unknown as Device;
    await tune(gpu, PRODUCT, async () => ({ 'wide nk': 'tile16' }));
    expect(gpu.tuning).toEqual({ 'wide nk': 'tile16' });
    const states: OfflineState[] = [];
    watchOffline('/', (state) => states.push(state));
    await vi.waitFor(() => expect(states).toEqual(['preparing', 'failed']));
  });

  test('an experiment runs without a lock; what fails inside it is its own', async () => {
    const alone: boolean[] = [];
    await withLock('experiment', async (free) => {
      alone.push(free);
    });
    expect(alone).toEqual([true]);
    vi.stubGlobal('navigator', {
      locks: { request: (_n: string, _o: object, act: (lock: object | null) => Promise<void>) => act(null) },
    });
    await withLock('experiment', async (free) => {
      alone.push(free);
    });
    expect(alone).toEqual([true, false]);
    await expect(withLock('experiment', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});
