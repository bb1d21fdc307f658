/** A base model's weights from its safetensors files, one or several, by the names of its state dict. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { drawHead } from '../shared/classHead';
import { type ModelDescription, headWeights, tellsClasses, weightShapes } from '../shared/model';
import { rowsOf } from '../shared/quantised';
import { type ByteFile, openBlob } from './byteFile';
import { openSafetensors, type SafetensorsFile } from './safetensors';
import type { Weights } from './weights';

/** The files, by their paths in the repository. */
export type SafetensorsFiles = ReadonlyMap<string, ByteFile>;

/** A tensor in one of the files. */
interface Place {
  file: SafetensorsFile;
  name: string;
}

/** Files that lie where the browser has them, by their paths. */
export const openBlobs = async (blobs: ReadonlyMap<string, Blob>): Promise<SafetensorsFiles> =>
  new Map(await Promise.all([...blobs].map(async ([path, blob]) => [path, await openBlob(blob, path)] as const)));

/** Names that a file may have for a weight. */
function namesOf(weight: string): string[] {
  // A model that was saved without its head has names without the first part, as GPT-2 has on the hub.
  const names = [weight, weight.slice(weight.indexOf('.') + 1)];
  // Files that were TensorFlow's once call a norm's parts otherwise.
  const former = names
    .filter((name) => /LayerNorm\.(weight|bias)$/.test(name))
    .map((name) => name.replace(/weight$/, 'gamma').replace(/bias$/, 'beta'));
  return [...names, ...former];
}

/**
 * The model with what its files have of its head: what they lack of one with classes is to be drawn, and a layer before the
 * classifier that is drawn is trained with it.
 */
export function withDrawn(config: ModelDescription, files: readonly SafetensorsFile[]): ModelDescription {
  if (!tellsClasses(config)) return config;
  const { head } = config;
  const there = new Set(files.flatMap(({ names }) => names));
  const missing = headWeights(config)
    .map(({ name }) => name)
    .filter((weight) => !namesOf(weight).some((name) => there.has(name)));
  if (missing.length === 0) return config;
  const trained = head.dense && (head.dense.trained || missing.includes(`${head.dense.linear.path}.weight`));
  return {
    ...config,
    head: { ...head, dense: head.dense && { ...head.dense, trained: trained === true }, drawn: missing },
  };
}

/**
 * Finds and checks every weight by the files' headers; those that are drawn are none of theirs.
 * @throws {ModelError} naming the weight that is missing, there twice, misshapen, or of a type that is not read
 */
export function placesOf(files: readonly SafetensorsFile[], config: ModelDescription): Map<string, Place> {
  const places = new Map<string, SafetensorsFile>();
  for (const file of files) {
    for (const name of file.names) {
      if (places.has(name)) throw new ModelError(message('hub.weights.twice', { weight: name }));
      places.set(name, file);
    }
  }
  const place = (weight: string): Place => {
    for (const name of namesOf(weight)) {
      const file = places.get(name);
      if (file) return { file, name };
    }
    throw new ModelError(message('hub.weights.missing', { weight }));
  };
  const found = new Map<string, Place>();
  const drawn = drawnOf(config);
  for (const { name: weight, shape } of weightShapes(config)) {
    if (drawn.includes(weight)) continue;
    const { file, name } = place(weight);
    const [stored, wanted] = [file.shape(name), shape].map((dims) => dims.join(', '));
    if (stored !== wanted) throw new ModelError(message('hub.weights.shape', { weight, stored, wanted }));
    file.checkType(name);
    found.set(weight, { file, name });
  }
  return found;
}

const drawnOf = (config: ModelDescription): readonly string[] =>
  (tellsClasses(config) ? config.head.drawn : undefined) ?? [];

/** Values are read on `get`; what is drawn is the same each time. @throws {ModelError} as `placesOf` does */
export function safetensorsWeights(files: SafetensorsFiles, config: ModelDescription): Weights {
  const opened = [...files].map(([path, file]) => openSafetensors(file, path));
  const places = placesOf(opened, config);
  const drawn = tellsClasses(config) ? drawHead(config, 0) : new Map<string, Float32Array>();
  const shapes = new Map(weightShapes(config).map(({ name, shape }) => [name, shape]));
  let released = false;
  const place = (weight: string): Place | undefined => {
    if (released) throw new ModelError(message('hub.model.released'));
    return places.get(weight);
  };
  return {
    get(weight) {
      const found = place(weight);
      return found ? found.file.get(found.name) : { data: drawn.get(weight)!, shape: shapes.get(weight)! };
    },
    stored(weight, rows) {
      const found = place(weight);
      if (found) return found.file.stored(found.name, rows);
      const whole = drawn.get(weight)!;
      return rows ? rowsOf(whole, rows, whole.length / shapes.get(weight)![0]) : whole;
    },
    release() {
      released = true;
      places.clear();
    },
  };
}
