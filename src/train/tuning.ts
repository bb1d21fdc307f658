/**
 * Which matmul variants this adapter runs best, measured once and remembered in the browser. The same choice gives the
 * same bits, so a saved run carries its choice with it.
 */
import { type DBSchema, openDB } from 'idb';
import type { Device } from '../engine/device/device';
import { type TypicalProduct, tuneMatmul } from '../engine/kernels/matmul/tuner';
import { VARIANTS } from '../engine/kernels/matmul/variants';
import { siteData } from '../shared/siteData';

export type Tuning = Record<string, string>;

interface SieveDB extends DBSchema {
  tuning: { key: string; value: Tuning };
}

/** Async, so that a browser that throws at once is as one that rejects. */
const open = async () =>
  siteData('indexedDB')
    ? openDB<SieveDB>('sieve', 1, {
        upgrade: (db) => {
          db.createObjectStore('tuning');
        },
      })
    : undefined;

/** Adapter, browser, sizes and the variants there are: with another one of any of them it is measured again. */
function keyOf({ info }: Device, { dIn, dOut, weight }: TypicalProduct): string {
  return JSON.stringify([
    info.vendor,
    info.architecture,
    info.description,
    info.shaderF16,
    navigator.userAgent,
    Object.keys(VARIANTS),
    [dIn, dOut, weight.type],
  ]);
}

/**
 * Takes the remembered choice for this adapter and a model's typical product, or measures one (a second or two) and
 * remembers it. Where the browser keeps no database (some private windows, a full disk) the choice lasts as long as the
 * page.
 */
export async function tune(
  device: Device,
  product: TypicalProduct,
  measure: (device: Device, product: TypicalProduct) => Promise<Tuning> = tuneMatmul,
): Promise<void> {
  const key = keyOf(device, product);
  const db = await open().catch(notKept);
  try {
    const remembered = await db?.get('tuning', key).catch(notKept);
    device.tuning = remembered ?? (await measure(device, product));
    if (!remembered) await db?.put('tuning', device.tuning, key).catch(notKept);
  } finally {
    db?.close();
  }
}

function notKept(error: unknown): undefined {
  if (!(error instanceof DOMException)) throw error;
}
