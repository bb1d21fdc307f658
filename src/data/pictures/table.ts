/** A folder or an archive of pictures by class: a picture's class is the name of the folder that it lies in. */
import type { Detection, ParsedTable, RowSource, TableInfo } from '../../shared/data';
import { DataError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { Source } from '../parse/source';

/** Most pictures of a data set, and most bytes of one as it is in its file. */
const MAX_PICTURES = 20_000;
const MAX_PICTURE_BYTES = 32 * 2 ** 20;

const PICTURE_NAME = /\.(png|jpe?g|webp)$/i;
const HIDDEN = /(^|\/)(\.|__MACOSX\/)/;

/** What a folder above the classes says that it is for. */
const USES = [
  ['train', /^(train(ing)?|训练集?)$/i],
  ['validation', /^(val(id(ation)?)?|dev|eval|验证集?)$/i],
  ['test', /^(test(ing)?|测试集?)$/i],
] as const;
type Use = (typeof USES)[number][0];

const useOf = (folders: readonly string[]): Use | null => {
  for (const [use, name] of USES) if (folders.some((folder) => name.test(folder))) return use;
  return null;
};

/** The pictures among files; none where they are beside the data (a readme's, say). */
export function picturesAmong(sources: readonly Source[]): Source[] {
  const shown = sources.filter(({ path }) => !HIDDEN.test(path));
  const pictures = shown.filter(({ path }) => PICTURE_NAME.test(path));
  return pictures.length >= 2 && pictures.length * 2 > shown.length ? pictures : [];
}

interface Picture {
  source: Source;
  label: string;
  use: Use | null;
}

export interface PictureTable {
  /** By picture. */
  paths: string[];
  labels: string[];
  /** The first that is measured on; null where folders do not say. */
  validationFrom: number | null;
  /** A picture's file as it is. @throws {DataError} where it cannot be read, or is too large */
  file(picture: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Those in folders called `validation` (or `test`, where there are none) above the classes are measured on.
 * @throws {DataError} where they do not lie in folders by class, or are too many
 */
export function pictureTable(sources: readonly Source[]): PictureTable {
  if (sources.length > MAX_PICTURES)
    throw new DataError(message('data.pictures.many', { n: sources.length, most: MAX_PICTURES }));
  const all = sources
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((source): Picture => {
      const folders = source.path.split('/').slice(0, -1);
      return { source, label: folders.at(-1) ?? '', use: useOf(folders.slice(0, -1)) };
    });
  const labels = new Set(all.map(({ label }) => label));
  if (labels.size < 2 || labels.has('')) throw new DataError(message('data.pictures.folders'));
  const used = (use: Use) => all.filter((picture) => picture.use === use);
  const [validation, test] = [used('validation'), used('test')];
  const measured = validation.length > 0 ? validation : test;
  const learnt = all.filter(({ use }) => use !== 'validation' && use !== 'test');
  // Where nothing is to learn from, the folders' names were those of classes, or of nothing.
  const given = learnt.length > 0 && measured.length > 0;
  const rows = given ? [...learnt, ...measured] : all;
  return {
    paths: rows.map(({ source }) => source.path),
    labels: rows.map(({ label }) => label),
    validationFrom: given ? learnt.length : null,
    file: (picture) => wholeOf(rows[picture].source),
  };
}

/** Names of the table's columns; they are the roles' names, too. */
const COLUMNS = ['picture', 'label'] as const;
/** Classes that are named. */
const NAMED = 8;

/** There is nothing to guess. */
export function detectedPictures({ rows }: ParsedTable): Detection {
  const classes = [...new Set(Array.from({ length: rows.length }, (_, i) => rows.cells(i)[1]))].sort();
  const said = { n: classes.length, some: classes.slice(0, NAMED).join(', '), more: classes.length > NAMED };
  return {
    mapping: { kind: 'picture-label', roles: { picture: COLUMNS[0], label: COLUMNS[1] } },
    evidence: [message('data.evidence.pictures', said)],
  };
}

class PictureRows implements RowSource {
  readonly #of: Pick<PictureTable, 'paths' | 'labels'>;

  constructor(of: Pick<PictureTable, 'paths' | 'labels'>) {
    this.#of = of;
  }

  get length(): number {
    return this.#of.paths.length;
  }

  cells(i: number): string[] {
    return [this.#of.paths[i], this.#of.labels[i]];
  }

  line(i: number): number {
    return i + 1;
  }

  state(): 'ok' {
    return 'ok';
  }

  continues(): boolean {
    return false;
  }
}

/** Pictures as a table of their paths and labels. @throws {DataError} see `pictureTable` */
export function parsedPictures(sources: readonly Source[], info: Pick<TableInfo, 'fileName' | 'packed'>): ParsedTable {
  const { paths, labels, validationFrom, file } = pictureTable(sources);
  return {
    ...info,
    format: 'pictures',
    columns: [...COLUMNS],
    header: null,
    separator: '',
    quote: 'none',
    surplus: 0,
    unit: null,
    notes: [],
    encoding: 'binary',
    legacy: null,
    files: [],
    validationFrom,
    rows: new PictureRows({ paths, labels }),
    picture: file,
  };
}

async function wholeOf(source: Source): Promise<Uint8Array<ArrayBuffer>> {
  if (source.problem) throw source.problem;
  const tooLarge = (bytes: number) =>
    new DataError(
      message('data.pictures.large', {
        path: source.path,
        mb: Math.ceil(bytes / 2 ** 20),
        most: MAX_PICTURE_BYTES / 2 ** 20,
      }),
    );
  if (source.bytes !== null && source.bytes > MAX_PICTURE_BYTES) throw tooLarge(source.bytes);
  const pieces: BlobPart[] = [];
  let size = 0;
  for await (const piece of source.pieces(() => {})) {
    size += piece.length;
    if (size > MAX_PICTURE_BYTES) throw tooLarge(size);
    pieces.push(piece as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
