/**
 * Compiles AssemblyScript for the CPU engine: `import { shared, single } from './x.as.ts?wasm'` gives the module's
 * bytes, for a memory that threads share and for one of a single thread (a module must say which). Nothing binary is
 * committed.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** What was compiled by any process: tests on two devices and the build of the journeys need the same 12 s of work. */
const KEPT = join(ROOT, 'node_modules', '.cache', 'sieve-assemblyscript');

/** Pages of 64 KiB: all that 32-bit addresses reach, as in src/engine/device/cpu/memory.ts. */
const PAGES = ['--initialMemory', '16', '--maximumMemory', '65536'];
// `stub`: nothing is allocated in there. `abort` would be an import.
const FLAGS = [
  '-O3',
  '--noAssert',
  '--enable',
  'simd',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--importMemory',
  '--noExportMemory',
  ...PAGES,
];

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

const THREADS = ['--enable', 'threads', '--sharedMemory'];

/** @returns {Promise<{bytes: Uint8Array, sources: [string, string][]}>} paths with the SHA-256 of what was read */
async function compile(file, flags) {
  let bytes;
  const sources = new Map();
  const { error, stderr } = await asc.main([basename(file), '--outFile', 'out.wasm', ...FLAGS, ...flags], {
    readFile(name, base) {
      try {
        const path = join(base === '.' ? dirname(file) : base, name);
        const text = readFileSync(path, 'utf8');
        sources.set(path, sha256(text));
        return text;
      } catch {
        // The compiler asks for several places where a file could be.
        return null;
      }
    },
    writeFile(name, data) {
      if (name.endsWith('.wasm')) bytes = data;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${file}: ${error.message}\n${stderr}`);
  return { bytes, sources: [...sources] };
}

const decode = (name, base64) => `export const ${name} = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0));`;

/** Where the modules of an entry are kept; another compiler or other flags are another file. */
const keptAt = (file) =>
  join(KEPT, `${sha256(JSON.stringify([relative(ROOT, file), asc.version, FLAGS, THREADS]))}.json`);

/**
 * What was kept, if all it consists of is as it was.
 * @returns {{ sources: [string, string][], single: string, shared: string } | null} the modules in base64
 */
function kept(file) {
  try {
    const found = JSON.parse(readFileSync(keptAt(file), 'utf8'));
    const same = ([path, hash]) => sha256(readFileSync(join(ROOT, path), 'utf8')) === hash;
    return found.sources.every(same) ? found : null;
  } catch {
    // Never compiled, or one of its parts is gone.
    return null;
  }
}

/** Compiles an entry and keeps its modules in base64, with the SHA-256 of each file that it consists of. */
async function make(file) {
  const [single, shared] = [await compile(file, []), await compile(file, THREADS)];
  const made = {
    sources: single.sources.map(([path, hash]) => [relative(ROOT, path), hash]),
    single: Buffer.from(single.bytes).toString('base64'),
    shared: Buffer.from(shared.bytes).toString('base64'),
  };
  mkdirSync(KEPT, { recursive: true });
  // Whole or not at all: other processes read here.
  const part = `${keptAt(file)}.${process.pid}`;
  writeFileSync(part, JSON.stringify(made));
  renameSync(part, keptAt(file));
  return made;
}

/** @returns {import('vite').Plugin} */
export function assemblyscript() {
  return {
    name: 'sieve-assemblyscript',
    enforce: 'pre',
    async load(id) {
      const [file, query] = id.split('?');
      if (query !== 'wasm' || !file.endsWith('.as.ts')) return null;
      const { sources, single, shared } = kept(file) ?? (await make(file));
      for (const [path] of sources) this.addWatchFile(join(ROOT, path));
      return { code: [decode('single', single), decode('shared', shared)].join('\n'), moduleType: 'js' };
    },
  };
}
