/**
 * What the parts of the app find in a page and Node lacks: files of the app's own site, and a GPU. The site is a
 * folder: `public/` of the working tree, or the package's own.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Device, openWebGpu } from '../engine';
import { appBase } from '../hub/source';
import { GpuError } from '../shared/errors';
import { message } from '../shared/message';

const TYPES: Record<string, string> = { wasm: 'application/wasm', json: 'application/json' };

/** Where the site lies, seen from this file: in a package, all of its code is in one folder. */
const SITE = import.meta.env.PROD ? ['../site/', './'] : ['../../public/', '../../'];

/** From now on `fetch` takes what belongs to the app's own site from the first of its folders that has it. */
export function serveSite(): void {
  const folders = SITE.map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
  const away = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, appBase());
    if (url.origin !== new URL(appBase()).origin) return away(input, init);
    const path = decodeURIComponent(url.pathname).slice(1);
    const file = folders.map((folder) => join(folder, path)).find((candidate) => existsSync(candidate));
    if (path.split('/').includes('..') || !file) return new Response(null, { status: 404 });
    const bytes = readFileSync(file);
    const type = TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return new Response(bytes, { headers: { 'content-length': String(bytes.length), 'content-type': type } });
  };
  // transformers.js looks here to choose between Node's ONNX Runtime, which is not installed, and the web's, which the
  // app uses.
  Object.defineProperty(process, 'release', { value: { ...process.release, name: 'page' } });
}

/** Dawn for Node: its own choice of what is installed beside Sieve. */
const DAWN = 'webgpu';

interface Dawn {
  create(options: string[]): GPU;
  globals: object;
}

/**
 * @param load for tests
 * @throws {GpuError} where the package `webgpu` is not installed or cannot run here, or its driver gives no adapter
 */
export async function openGpuInNode(
  load = async (): Promise<Dawn> => import(/* @vite-ignore */ DAWN),
): Promise<Device> {
  let gpu: GPU;
  try {
    const dawn = await load();
    Object.assign(globalThis, dawn.globals);
    gpu = dawn.create([]);
  } catch (error) {
    throw new GpuError(message('cli.noDawn', { why: (error as Error).message.split('\n')[0] }));
  }
  if (!(await gpu.requestAdapter())) throw new GpuError(message('cli.noDriver'));
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return openWebGpu();
}
