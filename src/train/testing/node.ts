/**
 * Lets tests of models run in Node: what a page fetches from its own site comes from the working tree, `public/` first
 * as Vite serves it.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appBase } from '../../hub/source';

const SITE = new URL(appBase()).origin;
const away = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input, SITE);
  if (url.origin !== SITE) return away(input, init);
  const path = ['public', '.']
    .map((folder) => join(process.cwd(), folder, decodeURIComponent(url.pathname)))
    .find((file) => existsSync(file));
  if (!path) return new Response(null, { status: 404 });
  const bytes = await readFile(path);
  const type = path.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
  return new Response(bytes, { headers: { 'content-length': String(bytes.length), 'content-type': type } });
};

// transformers.js looks here to choose between Node's ONNX Runtime, which is not installed, and the web's, which the
// app uses.
Object.defineProperty(process, 'release', { value: { ...process.release, name: 'page' } });
