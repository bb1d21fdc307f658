/** Which of a repository's files hold its weights, in which form, and which of them is opened. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import type { ModelFile, ModelSource } from '../shared/types';
import { type FetchOptions } from './download';
import { openingMemory } from './openingMemory';
import { askFor, checkPath, listFiles, type ListedFile, sourceName } from './source';

/**
 * Values of an .onnx file by the end of its name, the most exact first: as they are, in blocks, or such as are not
 * read.
 */
const ONNX_TYPES = [
  ['', 'fp32', 'exact'],
  ['_fp16', 'fp16', 'exact'],
  ['_q4', 'q4', 'blocks'],
  ['_q4f16', 'q4f16', 'blocks'],
  ['_quantized', 'int8', 'no'],
  ['_int8', 'int8', 'no'],
  ['_uint8', 'uint8', 'no'],
  ['_bnb4', 'bnb4', 'no'],
] as const;
/** What a GGUF's name says of its values: some of the types in such a file are not read, or they are exact. */
const GGUF_NOT_READ = /^(?:IQ|TQ|MXFP|NVFP|Q[1-3]_|Q\d_\d_)/i;
const GGUF_EXACT = /^(?:BF16|FP?16|FP?32)$/i;
/** One of several files that are one together, which are not read. */
const GGUF_PART = /-\d{5}-of-\d{5}(?=\.gguf$)/;
/** What images are read with, and what was measured to quantise by; a model that was so may say it in its name, too. */
const GGUF_OTHER = /(?:^|[.-])mmproj|^imatrix|(?<!Q\d_\w+)[.-]imatrix\.gguf$/i;
/** Older exports call the decoder by the second name. */
const ONNX_NAMES = ['model', 'decoder_model_merged'];
export const SHARD_INDEX = 'model.safetensors.index.json';

/** Where the browser does not say what the machine has. */
const USUAL_MEMORY = 8;

/** Bytes that a tab may take: half of the machine's memory, as far as the browser tells. */
function roomHere(): number {
  const { deviceMemory = USUAL_MEMORY } = (globalThis.navigator ?? {}) as { deviceMemory?: number };
  return (deviceMemory * 2 ** 30) / 2;
}

export interface Repository {
  /** The forms in which it holds its weights, the one that is best to train on first. */
  files: ModelFile[];
  /** What the hub says of all files, by path; what it does not list is not here. */
  listed: ReadonlyMap<string, ListedFile>;
}

/**
 * The forms of a model's weights. Two listings say what there is; without them, each file is asked for.
 * @param room bytes that opening may take
 */
export async function listModelFiles(
  source: ModelSource,
  options: FetchOptions = {},
  room = roomHere(),
): Promise<Repository> {
  const onnx = await listFiles(source, 'onnx', options);
  const top = await listFiles(source, '', options);
  const listed = onnx || top ? new Map([...(top ?? []), ...(onnx ?? [])]) : await askForAll(source, options);
  const fits = (file: Omit<ModelFile, 'fits'>) => (openingMemory(file)?.bytes ?? 0) <= room;
  return {
    listed,
    files: modelFiles(listed)
      .map((file) => ({ ...file, fits: fits(file) }))
      // Of those that fit the first; where none does, the smallest comes first.
      .toSorted(
        (a, b) =>
          readableFirst(a, b) || Number(b.fits) - Number(a.fits) || (a.fits ? 0 : (a.bytes ?? 0) - (b.bytes ?? 0)),
      ),
  };
}

const readableFirst = (a: ModelFile, b: ModelFile): number => Number(b.readable) - Number(a.readable);

const ofClasses =
  (formats: readonly ModelFile['format'][]) =>
  (file: ModelFile): ModelFile => ({ ...file, readable: file.readable && formats.includes(file.format) });

/** Asks a host without listings for one file after the other, until one is there that can be read. */
async function askForAll(source: ModelSource, options: FetchOptions): Promise<Map<string, ListedFile>> {
  const found = new Map<string, ListedFile>();
  if (source.kind === 'folder') return found;
  const named = source.kind === 'hub' && source.file !== undefined ? [source.file] : [];
  for (const path of [...named, ...CANDIDATES]) {
    const file = await askFor(source, path, options);
    if (file) found.set(path, file);
    if (file && modelFiles(found).some(({ readable }) => readable)) break;
  }
  return found;
}

const onnxFiles = ONNX_NAMES.flatMap((name) =>
  ONNX_TYPES.map(([end, dtype, values]) => ({ path: `onnx/${name}${end}.onnx`, dtype, values })),
);
const onnxPaths = (of: (typeof onnxFiles)[number]['values']) =>
  onnxFiles.filter(({ values }) => values === of).map(({ path }) => path);
const CANDIDATES = [
  ...onnxPaths('exact'),
  'model.safetensors',
  SHARD_INDEX,
  ...onnxPaths('blocks'),
  ...onnxPaths('no'),
];

/** Those of the weights among files that can be read, the most exact first. */
export const readableFiles = (files: Sizes) => modelFiles(files).filter(({ readable }) => readable);

/** Files by path. */
type Sizes = ReadonlyMap<string, Pick<ListedFile, 'bytes'>>;

/** Weights among listed files, the most exact first: of GGUFs that are quantised those that take most bytes. */
function modelFiles(listed: Sizes): Omit<ModelFile, 'fits'>[] {
  /** Bytes of all files that `is` says belong together; null where one of them is not known. */
  const bytesOf = (is: (path: string) => boolean): number | null => {
    let sum: number | null = 0;
    for (const [path, { bytes }] of listed) if (is(path)) sum = sum === null || bytes === null ? null : sum + bytes;
    return sum;
  };
  const [floats, others, quantised]: Omit<ModelFile, 'fits'>[][] = [[], [], []];
  const add = (file: Omit<ModelFile, 'fits'>) => (file.exact ? floats : others).push(file);
  for (const { path, dtype, values } of onnxFiles) {
    if (!listed.has(path)) continue;
    const bytes = bytesOf((p) => p === path || p.startsWith(`${path}_data`) || p.startsWith(`${path}.data`));
    add({ path, format: 'onnx', dtype, bytes, exact: values === 'exact', readable: values !== 'no' });
  }
  const shards = bytesOf((p) => /^model-\d+-of-\d+\.safetensors$/.test(p));
  for (const [path, bytes] of [
    ['model.safetensors', bytesOf((p) => p === 'model.safetensors')],
    [SHARD_INDEX, shards === 0 ? null : shards],
  ] as const)
    if (listed.has(path)) add({ path, format: 'safetensors', dtype: null, bytes, exact: true, readable: true });
  for (const [path, { bytes }] of listed) {
    if (!/^[^/]+\.gguf$/.test(path)) continue;
    const dtype = /([^.-]+)\.gguf$/.exec(path.replace(GGUF_PART, ''))?.[1] ?? '';
    const exact = GGUF_EXACT.test(dtype);
    const readable = ![GGUF_PART, GGUF_OTHER].some((name) => name.test(path)) && !GGUF_NOT_READ.test(dtype);
    (exact ? floats : quantised).push({ path, format: 'gguf', dtype: dtype || null, bytes, exact, readable });
  }
  return [...floats, ...others, ...quantised.toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))];
}

/**
 * Formats that models with classes are read from. safetensors first: beside it an .onnx file often gives the logits of
 * masked tokens, over which no head can be drawn. The graphs of models of pictures are not read.
 */
const CLASS_FORMATS: Record<'texts' | 'pictures', readonly ModelFile['format'][]> = {
  texts: ['safetensors', 'onnx'],
  pictures: ['safetensors'],
};

/**
 * The form that is opened: the one that the source names, else the first that can be read.
 * @param classes of what the model tells classes apart, if it does
 * @throws {ModelError} where there is none
 */
export function chooseFile(
  source: ModelSource,
  { files, listed }: Repository,
  classes: keyof typeof CLASS_FORMATS | null = null,
): ModelFile {
  if (classes) {
    const formats = CLASS_FORMATS[classes];
    const place = ({ format }: ModelFile) => formats.indexOf(format);
    const own = files
      .map(ofClasses(formats))
      .toSorted((a, b) => readableFirst(a, b) || (a.readable ? place(a) - place(b) : 0));
    if (own.length > 0 && !own[0].readable)
      throw new ModelError(
        message('hub.model.classesFrom', {
          model: sourceName(source),
          files: own.map(({ path }) => path).join(', '),
        }),
      );
    return chooseFile(source, { files: own, listed });
  }
  const wanted = source.kind === 'embedded' ? undefined : source.file;
  if (wanted !== undefined) {
    checkPath(wanted);
    const file = files.find(({ path }) => path === wanted);
    if (!file) throw new ModelError(message('hub.model.noFile', { model: sourceName(source), file: wanted }));
    if (!file.readable) throw new ModelError(message('hub.model.unreadable', { file: wanted }));
    return file;
  }
  const best = files.at(0);
  if (best?.readable) return best;
  throw new ModelError(
    best
      ? message('hub.model.quantisedOnly', {
          model: sourceName(source),
          files: files.map(({ path }) => path).join(', '),
        })
      : message('hub.model.noWeights', { model: sourceName(source) }),
  );
}
