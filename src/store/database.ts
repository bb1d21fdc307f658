/**
 * The database of what this page keeps: records, small and searchable. Large things lie in the origin's private file
 * system. Whatever is read back goes through a schema; a record that does not fit is counted and left alone.
 */
import { type IDBPDatabase, openDB } from 'idb';
import { StorageError } from '../shared/errors';
import { needSiteData } from '../shared/siteData';
import { message } from '../shared/message';

/** saved sessions; experiments over seeds, their cells and token sets. Keys are given from outside. */
const STORES = ['runs', 'studies', 'cells', 'data'] as const;
type StoreName = (typeof STORES)[number];
export type Database = IDBPDatabase<Record<StoreName, { key: string; value: unknown }>>;

/** Another than that of the tuner (train/tuning.ts), which a worker opens for itself. */
const NAME = 'sieve-records';
/** 1 had no runs. */
const VERSION = 2;

let opened: Promise<Database> | null = null;

/**
 * Opens the database at the first use. Rejects where the browser forbids it (some private windows), and with a
 * `StorageError` while a tab of an older version of this page keeps it from being brought up to date.
 */
export function openDatabase(): Promise<Database> {
  opened ??= new Promise<Database>((resolve, reject) => {
    needSiteData('indexedDB');
    openDB<Record<StoreName, { key: string; value: unknown }>>(NAME, VERSION, {
      upgrade(database) {
        for (const store of STORES) if (!database.objectStoreNames.contains(store)) database.createObjectStore(store);
      },
      blocked: () => reject(new StorageError(message('store.saved.oldTab'))),
      // Another tab wants a newer version: it must not wait for this one.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        opened = null;
      },
      terminated: () => {
        opened = null;
      },
    }).then(resolve, reject);
  });
  opened.catch(() => {
    opened = null;
  });
  return opened;
}
