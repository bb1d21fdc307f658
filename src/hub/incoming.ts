/** What a download has brought so far: in one buffer, or in pieces on the disk. */
import { Keeper, forgetKept, keptBlob, keptPart, PIECE } from './keptFiles';
import { giveBack } from '../shared/giveBack';

export interface Incoming<T> {
  /** Bytes that have come. */
  readonly available: number;
  /** All of them, where they lie in one buffer. */
  readonly buffer?: Uint8Array;
  /** @throws {RangeError} where the browser has no memory for them */
  append(bytes: Uint8Array): Promise<void>;
  /** Gives what has come so far once more, in order. */
  replay(show: (bytes: Uint8Array) => void): Promise<void>;
  /** @param sha256 of all, in hexadecimal digits; null: not known */
  finish(sha256: string | null): Promise<T>;
}

/** A body that begins to come. */
export interface Body {
  url: string;
  /** Its length; null where it is not known. */
  total: number | null;
  etag: string | null;
  /** Most bytes that are accepted. */
  cap: number;
}

/** @throws {RangeError} where the browser has no memory for it */
export type Begin<T> = (body: Body) => Promise<Incoming<T>>;

const SMALL = 1 << 16;

const keeperOf = ({ url, total, etag }: Body, available: number): Promise<Keeper> | null =>
  total === null ? null : Keeper.begin(url, { bytes: total, etag }, available);

/** One growing buffer, of which a second copy never piles up. */
class IncomingBuffer implements Incoming<Uint8Array<ArrayBuffer>> {
  buffer: Uint8Array<ArrayBuffer>;
  available: number;
  readonly #cap: number;
  readonly #keeper: Keeper | null;

  constructor(
    buffer: Uint8Array<ArrayBuffer>,
    available: number,
    { cap, keeper }: { cap: number; keeper: Keeper | null },
  ) {
    this.buffer = buffer;
    this.available = available;
    this.#cap = cap;
    this.#keeper = keeper;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const end = this.available + bytes.length;
    if (end > this.buffer.length) {
      const grown = new Uint8Array(Math.min(this.#cap, Math.max(this.buffer.length * 2, end)));
      grown.set(this.buffer.subarray(0, this.available));
      this.buffer = grown;
    }
    this.buffer.set(bytes, this.available);
    this.available = end;
    await this.#keeper?.advance(this.buffer, end);
  }

  async replay(show: (bytes: Uint8Array) => void): Promise<void> {
    show(this.buffer.subarray(0, this.available));
  }

  async finish(sha256: string | null): Promise<Uint8Array<ArrayBuffer>> {
    await this.#keeper?.finish(this.buffer, sha256);
    return this.buffer.subarray(0, this.available);
  }
}

const bufferFor = ({ cap, total }: Body) => new Uint8Array(total ?? Math.min(cap, SMALL));

export const inBuffer: Begin<Uint8Array<ArrayBuffer>> = async (body) =>
  new IncomingBuffer(bufferFor(body), 0, { cap: body.cap, keeper: null });

/** The same, kept in the browser while it comes in. */
export const inKeptBuffer: Begin<Uint8Array<ArrayBuffer>> = async (body) =>
  keptBuffer(body, { bytes: bufferFor(body), available: 0 });

/** @param kept what is kept of it already */
export const keptBuffer = async (
  body: Body,
  { bytes, available }: { bytes: Uint8Array<ArrayBuffer>; available: number },
): Promise<Incoming<Uint8Array<ArrayBuffer>>> =>
  new IncomingBuffer(bytes, available, { cap: body.cap, keeper: await keeperOf(body, available) });

async function eachOf(pieces: readonly Blob[], show: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<void> {
  for (const piece of pieces) {
    const bytes = await piece.arrayBuffer();
    show(new Uint8Array(bytes));
    giveBack([bytes]);
  }
}

/**
 * Pieces that the browser keeps, or holds as blobs where it has no room for them: never a whole file in the memory of
 * the tab.
 */
class IncomingBlob implements Incoming<Blob> {
  readonly #url: string;
  #keeper: Keeper | null;
  /** Pieces that are kept. */
  #kept: number;
  /** All pieces, where they are not kept. */
  #held: Blob[] = [];
  readonly #piece = new Uint8Array(PIECE);
  #filled = 0;

  constructor(url: string, keeper: Keeper | null, kept: number) {
    this.#url = url;
    this.#keeper = keeper;
    this.#kept = kept;
  }

  get available(): number {
    return (this.#kept + this.#held.length) * PIECE + this.#filled;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + PIECE - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === PIECE) await this.#next();
    }
  }

  async #next(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled);
    if (this.#keeper && (await this.#keeper.put(piece))) this.#kept++;
    else {
      if (this.#keeper) await this.#hold();
      this.#held.push(new Blob([piece]));
    }
    this.#filled = 0;
  }

  /** There is no more room: what is kept would never be whole. */
  async #hold(): Promise<void> {
    // Of what the browser forgets it need not have a copy.
    const kept = (await keptPart(this.#url))?.pieces.slice(0, this.#kept) ?? [];
    await eachOf(kept, (bytes) => this.#held.push(new Blob([bytes])));
    this.#kept = 0;
    this.#keeper = null;
    await forgetKept(this.#url);
  }

  async replay(show: (bytes: Uint8Array) => void): Promise<void> {
    const pieces = this.#keeper ? ((await keptPart(this.#url))?.pieces ?? []) : this.#held;
    await eachOf(pieces.slice(0, this.#keeper ? this.#kept : undefined), show);
    show(this.#piece.subarray(0, this.#filled));
  }

  async finish(sha256: string | null): Promise<Blob> {
    const bytes = this.available;
    if (this.#filled > 0) await this.#next();
    if (!this.#keeper) return new Blob(this.#held);
    await this.#keeper.whole(sha256!);
    return (await keptBlob(this.#url, bytes)) ?? new Blob();
  }
}

export const onDisk: Begin<Blob> = (body) => partOnDisk(body, 0);

/** @param pieces that are kept of it already */
export async function partOnDisk(body: Body, pieces: number): Promise<Incoming<Blob>> {
  const keeper = await keeperOf(body, pieces * PIECE);
  // Without room for the rest, what is kept is of no use.
  return keeper?.going ? new IncomingBlob(body.url, keeper, pieces) : new IncomingBlob(body.url, null, 0);
}
