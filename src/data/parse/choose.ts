/** Which of several files are read, and what for: by their names, and where those say nothing by their sizes. */
import { DATA_EXTENSIONS, type FileUse } from '../../shared/data';
import type { Source } from './source';

const DATA_NAME = new RegExp(`\\.(${DATA_EXTENSIONS.join('|')})$`, 'i');
/** What no text lies in. */
const OTHER_NAME =
  /\.(png|jpe?g|gif|webp|bmp|tiff?|pdf|mp[34]|wav|flac|avi|mov|exe|dll|so|bin|pt|pth|safetensors|onnx|npy|npz|pkl|docx?|xlsx?|pptx?)$/i;
/** Beside the data, not the data. */
const PROSE = /(^|\/)(readme|licen[cs]e|copying|changelog|citation|notice|requirements)[^/]*$|\.md$/i;
const ABOUT =
  /(^|\/)(dataset_infos?|dataset_dict|state|config|meta(data)?|package(-lock)?|tokenizer[^/]*|special_tokens_map|vocab|schema|index|labels?|classes)\.(json|txt)$/i;
/** An archive inside of an archive is not opened: it is listed, and says so where it is chosen. */
const ARCHIVE = /\.zip$/i;
const HIDDEN = /(^|\/)(\.|__MACOSX\/)/;

const TRAIN = /(^|[/_.-])(train(ing)?|trn|trein)(?=[/_.-]|\d|$)|训练/i;
const VALIDATION = /(^|[/_.-])(valid(ation)?|val|dev(el)?|heldout|held-out|eval(uation)?)(?=[/_.-]|\d|$)|验证/i;
const TEST = /(^|[/_.-])test(ing)?(?=[/_.-]|\d|$)|测试/i;

/** Which part of a data set a name says it is. */
export function partOfName(path: string): 'train' | 'validation' | 'test' | null {
  // The file's own name says more than the folders it lies in.
  const name = path.split('/').at(-1)!;
  for (const text of [name, path]) {
    if (TRAIN.test(text)) return 'train';
    if (VALIDATION.test(text)) return 'validation';
    if (TEST.test(text)) return 'test';
  }
  return null;
}

/** Files that may hold data, in the order of their paths. */
export function candidates(sources: readonly Source[], archived: boolean): Source[] {
  const shown = sources.filter((s) => !HIDDEN.test(s.path));
  if (sources.length === 1)
    return OTHER_NAME.test(sources[0].path) && archived && sources[0].packed !== null ? [] : [...sources];
  const data = shown.filter(
    (s) => DATA_NAME.test(s.path) || ARCHIVE.test(s.path) || (!archived && !/\.[A-Za-z0-9]{1,5}$/.test(s.path)),
  );
  // Where no name says that it is data, any may be that does not say what else it is.
  const able = data.length > 0 ? data : shown.filter((s) => !OTHER_NAME.test(s.path));
  return able.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * What each file is for: those called train are learnt from, one called validation (or test where there is none) is
 * measured on; without such names it is the first of the largest, and its parts (`data-00000-of-00002`) with it.
 */
export function usesOf(files: readonly Source[], chosen: Readonly<Record<string, FileUse>>): FileUse[] {
  const part = files.map((f) => partOfName(f.path));
  const own = (i: number) => !PROSE.test(files[i].path) && !ABOUT.test(files[i].path) && !ARCHIVE.test(files[i].path);
  const all = files.map((_, i) => i).filter(own);
  const trains = all.filter((i) => part[i] === 'train');
  const loose = all.filter((i) => part[i] === null);
  const main =
    trains.length > 0
      ? trains
      : largest(files, loose.length > 0 ? loose : all.length > 0 ? all : files.map((_, i) => i));
  const held = all.filter((i) => part[i] === 'validation' && !main.includes(i));
  const measured = held.length > 0 ? held : all.filter((i) => part[i] === 'test' && !main.includes(i));
  return files.map((f, i) =>
    Object.hasOwn(chosen, f.path)
      ? chosen[f.path]
      : main.includes(i)
        ? 'train'
        : measured.includes(i)
          ? 'validation'
          : 'none',
  );
}

/** A longer path is not looked at for the number of its part. */
const LONGEST = 1000;

/** The largest file, and those that are parts of the same. */
function largest(files: readonly Source[], among: readonly number[]): number[] {
  const size = (i: number) => files[i].bytes ?? files[i].total * 4;
  const best = among.reduce((a, b) => (size(b) > size(a) ? b : a));
  const stem = (path: string) =>
    path.length > LONGEST ? path : path.replace(/[-_.]?\d+([-_]of[-_]\d+)?(?=\.[^/]*$)/i, '#');
  const parts = among.filter(
    (i) => stem(files[i].path) === stem(files[best].path) && files[i].path !== files[best].path,
  );
  return parts.length > 0 && stem(files[best].path) !== files[best].path
    ? [...parts, best].sort((a, b) => a - b)
    : [best];
}
