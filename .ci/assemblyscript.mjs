/**
 * Compiles AssemblyScript for the CPU engine: `import { shared, single } from './x.as.ts?wasm'` gives the module's bytes, for
 * a memory that threads share and for one of a single thread (a module must say which). Nothing binary is committed.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';

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

/** @returns {Promise<{bytes: Uint8Array, sources: string[]}>} */
async function compile(file, flags) {
  let bytes;
  const sources = new Set();
  const { error, stderr } = await asc.main([basename(file), '--outFile', 'out.wasm', ...FLAGS, ...flags], {
    readFile(name, base) {
      try {
        const path = join(base === '.' ? dirname(file) : base, name);
        const text = readFileSync(path, 'utf8');
        sources.add(path);
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

const decode = (name, bytes) =>
  `export const ${name} = Uint8Array.from(atob('${Buffer.from(bytes).toString('base64')}'), (c) => c.charCodeAt(0));`;

/** Modules compiled so far, by entry and what it consists of: workers and page are built apart from one another. */
const compiled = new Map();

/** @returns {import('vite').Plugin} */
export function assemblyscript() {
  return {
    name: 'sieve-assemblyscript',
    enforce: 'pre',
    async load(id) {
      const [file, query] = id.split('?');
      if (query !== 'wasm' || !file.endsWith('.as.ts')) return null;
      const known = compiled.get(file);
      const fresh = known && known.texts.every(([path, text]) => readFileSync(path, 'utf8') === text);
      if (!fresh) {
        const [single, shared] = [
          await compile(file, []),
          await compile(file, ['--enable', 'threads', '--sharedMemory']),
        ];
        const texts = single.sources.map((path) => [path, readFileSync(path, 'utf8')]);
        compiled.set(file, {
          texts,
          code: [decode('single', single.bytes), decode('shared', shared.bytes)].join('\n'),
        });
      }
      const { texts, code } = compiled.get(file);
      for (const [path] of texts) this.addWatchFile(path);
      return { code, moduleType: 'js' };
    },
  };
}
