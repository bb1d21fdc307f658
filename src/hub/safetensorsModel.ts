/** A base model's weights from its safetensors files, one or several, by the names of its state dict. */
import { ModelError } from '../shared/errors';
import { message } from '../shared/message';
import { drawnOf, withDrawn } from '../shared/classHead';
import { type ModelDescription, weightShapes } from '../shared/model';
import { type ByteFile, openBlob } from './byteFile';
import { openSafetensors, type SafetensorsFile } from './safetensors';
import { besideDrawn, type Weights } from './weights';

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

/** The model with what its files have of its head. */
export function withFilesHead(config: ModelDescription, files: readonly SafetensorsFile[]): ModelDescription {
  const there = new Set(files.flatMap(({ names }) => names));
  return withDrawn(config, (weight) => namesOf(weight).some((name) => there.has(name)));
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
  // Tensors that are one are stored once; `save_model` of safetensors then writes which other name each has.
  const shared = new Map(files.flatMap(({ metadata }) => Object.entries(metadata)));
  const place = (weight: string): Place => {
    for (const own of namesOf(weight)) {
      for (const name of [own, shared.get(own)]) {
        const file = name === undefined ? undefined : places.get(name);
        if (file) return { file, name: name! };
      }
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

/** Values are read on `get`; what is drawn is the same each time. @throws {ModelError} as `placesOf` does */
export function safetensorsWeights(files: SafetensorsFiles, config: ModelDescription): Weights {
  const opened = [...files].map(([path, file]) => openSafetensors(file, path));
  const places = placesOf(opened, config);
  let released = false;
  const place = (weight: string): Place => {
    if (released) throw new ModelError(message('hub.model.released'));
    return places.get(weight)!;
  };
  const own: Weights = {
    get(weight) {
      const { file, name } = place(weight);
      return file.get(name);
    },
    stored(weight, rows) {
      const { file, name } = place(weight);
      return file.stored(name, rows);
    },
    release() {
      released = true;
      places.clear();
    },
  };
  return besideDrawn(own, config);
}
