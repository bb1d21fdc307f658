/** Files that leave the page, made piece by piece while they are written: a model never lies in memory as a whole. */

export interface ExportFile {
  /** With the folders that it lies in. */
  name: string;
  length: number;
  /** Its bytes, in order; each piece is good until the next is asked for. */
  pieces(): Iterable<Uint8Array>;
}

export const wholeFile = (name: string, bytes: Uint8Array): ExportFile => ({
  name,
  length: bytes.length,
  pieces: () => [bytes],
});

/** Of pieces that are there. */
export const piecesFile = (name: string, pieces: readonly Uint8Array[]): ExportFile => ({
  name,
  length: pieces.reduce((sum, { length }) => sum + length, 0),
  pieces: () => pieces,
});

export const textFile = (name: string, text: string): ExportFile => wholeFile(name, new TextEncoder().encode(text));

export const jsonFile = (name: string, value: unknown): ExportFile =>
  textFile(name, `${JSON.stringify(value, null, 2)}\n`);
