/** Where small things lie between two visits: the browser's small storage, if it lets the page have one. */
import type { z } from '../../shared/zod';
import { siteData } from '../../shared/siteData';

export interface Box<T> {
  /** What an earlier visit left; null where there is nothing that can be read. */
  load(): T | null;
  /** Null throws it away. */
  save(value: T | null): void;
}

/** @param what it holds, for the log */
export function browserBox<T>(key: string, what: string, schema: z.ZodType<T>): Box<T> {
  return {
    load() {
      try {
        const text = siteData('localStorage')?.getItem(key) ?? null;
        if (text === null) return null;
        const found = schema.safeParse(JSON.parse(text));
        if (!found.success) console.info(`${what} of another version are left alone`, found.error.issues[0]);
        return found.data ?? null;
      } catch (error) {
        console.info(`${what} of an earlier visit cannot be read`, error);
        return null;
      }
    },
    save(value) {
      try {
        const place = siteData('localStorage');
        if (value === null) place?.removeItem(key);
        else place?.setItem(key, JSON.stringify(value));
      } catch (error) {
        console.info(`${what} are not kept over a reload`, error);
      }
    },
  };
}
