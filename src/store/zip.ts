/** Adapters as zip files: written with client-zip, read with fflate behind caps. */
import { downloadZip } from 'client-zip';
import { unzip } from 'fflate';
import { AdapterError } from '../shared/errors';
import type { AdapterFile } from '../train/protocol';

/** Files an adapter may consist of, and the most bytes each may have. */
const KNOWN: Record<string, number> = {
  'adapter_config.json': 1 << 20,
  'adapter_model.safetensors': 256 << 20,
  'ts_peft.json': 4 << 20,
  'README.md': 1 << 20,
};
const MAX_ZIP = 260 << 20;

/** The files as one zip. */
export async function zipAdapter(files: AdapterFile[]): Promise<Blob> {
  return downloadZip(files.map((f) => ({ name: f.name, input: f.bytes }))).blob();
}

/** Unpacks with the stated sizes only; fflate allocates exactly what the filter has let through. */
function unpack(bytes: Uint8Array, seen: Map<string, number>): Promise<Record<string, Uint8Array>> {
  return new Promise((resolve, reject) => {
    unzip(bytes, {
      filter: ({ name, originalSize }) => {
        const file = name.split('/').at(-1) ?? '';
        const cap = Object.hasOwn(KNOWN, file) ? KNOWN[file] : undefined;
        if (cap === undefined) return false;
        if (originalSize > cap) throw new AdapterError(`${file} in the zip says it has ${originalSize} bytes; at most ${cap} are read.`, 'Choose a zip that Sieve or PEFT has written.');
        if (seen.has(file)) throw new AdapterError(`The zip holds ${file} twice.`, 'Choose a zip with one adapter in it.');
        seen.set(file, originalSize);
        return true;
      },
    }, (error, files) => (error ? reject(error) : resolve(files)));
  });
}

/**
 * Reads an exported adapter. Unknown files are left alone; a folder in front of the names is allowed.
 * @throws {AdapterError} when it is not a zip, a size is over its cap or untrue, or a file is missing.
 */
export async function unzipAdapter(zip: Blob): Promise<AdapterFile[]> {
  if (zip.size > MAX_ZIP) throw new AdapterError(`The file has ${zip.size} bytes; at most ${MAX_ZIP} are read.`, 'Choose the zip of one adapter.');
  const seen = new Map<string, number>();
  let unpacked: Record<string, Uint8Array>;
  try {
    unpacked = await unpack(new Uint8Array(await zip.arrayBuffer()), seen);
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    throw new AdapterError(`The file could not be read as a zip (${error instanceof Error ? error.message : String(error)}).`, 'Choose a zip that Sieve has exported.');
  }
  const files: AdapterFile[] = [];
  for (const [path, bytes] of Object.entries(unpacked)) {
    const name = path.split('/').at(-1) ?? '';
    if (bytes.length !== seen.get(name)) throw new AdapterError(`${name} in the zip is ${bytes.length} bytes long, not the ${seen.get(name)} it says.`, 'The file is damaged: export the adapter again.');
    files.push({ name, bytes });
  }
  for (const needed of ['adapter_config.json', 'adapter_model.safetensors']) {
    if (!files.some((f) => f.name === needed)) throw new AdapterError(`The zip holds no ${needed}.`, 'Choose a zip that Sieve or PEFT has written.');
  }
  return files;
}
