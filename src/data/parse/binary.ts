/**
 * Formats that are no text: how a file of one is known, and what reads it, which is loaded with the first such file.
 */
import { BINARY_FORMATS, type BinaryFormat } from '../../shared/data';
import type { Pace } from '../pace';
import type { Source } from './source';
import type { TableBuilder } from './table';

interface Binary {
  /** Bytes that its files begin with, as Latin-1. */
  magic: string;
  reader: () => Promise<(file: Blob, table: TableBuilder, pace: Pace) => Promise<void>>;
}

const BINARIES: Record<BinaryFormat, Binary> = {
  parquet: { magic: 'PAR1', reader: async () => (await import('./parquet/parquet')).readParquet },
};

/** The format of a file by its beginning or, where it is packed, by its name; null for a text. */
export async function binaryFormatOf({ blob, path }: Source): Promise<BinaryFormat | null> {
  const ending = /\.(\w+)$/.exec(path)?.[1].toLowerCase();
  if (!blob) return BINARY_FORMATS.find((format) => format === ending) ?? null;
  const begins = async (magic: string) =>
    new TextDecoder('latin1').decode(await blob.slice(0, magic.length).arrayBuffer()) === magic;
  for (const format of BINARY_FORMATS) if (await begins(BINARIES[format].magic)) return format;
  return null;
}

/** Adds the file's rows to `table`. @throws {DataError} where it is damaged; {Cancelled} */
export async function readBinary(format: BinaryFormat, source: Source, table: TableBuilder, pace: Pace): Promise<void> {
  const read = await BINARIES[format].reader();
  await read(source.blob ?? (await whole(source)), table, pace);
}

async function whole(source: Source): Promise<Blob> {
  const pieces: BlobPart[] = [];
  for await (const piece of source.pieces(() => {})) pieces.push(piece as Uint8Array<ArrayBuffer>);
  return new Blob(pieces);
}
