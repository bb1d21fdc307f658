/** Small choices of a person, kept in this browser where it allows that; where not, they last as long as the page. */
import { siteData } from '../shared/siteData';

const PREFIX = 'sieve-';
const now = new Map<string, string>();

/** What was kept under `name`, or null. */
export function recall(name: string): string | null {
  try {
    return now.get(name) ?? siteData('localStorage')?.getItem(PREFIX + name) ?? null;
  } catch (error) {
    console.info('storage is not available', error);
    return null;
  }
}

/** Keeps `value` under `name`. */
export function remember(name: string, value: string): void {
  now.set(name, value);
  try {
    siteData('localStorage')?.setItem(PREFIX + name, value);
  } catch (error) {
    console.info('storage is not available', error);
  }
}
