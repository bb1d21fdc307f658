/**
 * `npm run pack`: the command line and the engine's face as an npm package, .out/sieve-<version>.tgz. All that it needs
 * is in it, so it installs without a network; `webgpu` is an optional peer. With `--try` it is installed into an empty
 * folder, offline, and its example, its types and its command are tried there; the last line is `N passed, N failed`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { assemblyscript } from './assemblyscript.mjs';
import { plainOnnxRuntime } from './onnxRuntime.mjs';

const root = join(import.meta.dirname, '..');
const home = join(root, '.out', 'npm');
const { name, version, license, description, engines, dependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const tsc = join(root, 'node_modules/typescript/lib/tsc.js');
const at = (...path) => join(home, ...path);
const node = (args, options = {}) => execFileSync(process.execPath, args, { encoding: 'utf8', ...options });
const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

/** Module → its source. */
const ENTRIES = { index: 'src/engine/index.ts', text: 'src/cli/text.ts', cli: 'src/cli/main.ts' };

/** The web's workers are never started in Node: none is built. */
const noWorkers = {
  name: 'no-workers',
  enforce: 'pre',
  load: (id) => (id.endsWith('?worker&url') ? { code: "export default '';", moduleType: 'js' } : null),
};

async function buildCode() {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [noWorkers, assemblyscript()],
    resolve: {
      alias: {
        ...plainOnnxRuntime,
        '@huggingface/transformers': join(root, 'node_modules/@huggingface/transformers/dist/transformers.web.js'),
      },
    },
    ssr: { noExternal: true },
    build: {
      ssr: true,
      ssrEmitAssets: true,
      target: 'node20',
      outDir: at('lib'),
      emptyOutDir: true,
      license: { fileName: 'LICENSES.md' },
      rolldownOptions: {
        input: ENTRIES,
        // Errors are known by their class's name. All in one folder: see SITE in src/cli/node.ts.
        output: { keepNames: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
}

/** What errors say, without the catalogue of all codes and words, which is no program's business. */
const OWN = {
  'src/shared/message.d.ts': `export type MessageCode = string;
export interface Message {
  readonly code: MessageCode;
  /** What varies. */
  readonly params: Readonly<Record<string, unknown>>;
}
`,
  'src/shared/texts/index.d.ts': 'export type Language = string;\n',
};

/**
 * Writes declarations. The catalogue names types of its own, so that its own cannot be written; nothing asks for them.
 */
function declare(config) {
  try {
    node([tsc, '-p', config], { stdio: 'pipe' });
  } catch (error) {
    const others = error.stdout.split('\n').filter((line) => line && !line.startsWith('src/shared/texts/'));
    if (others.length > 0) throw new Error(others.join('\n'), { cause: error });
  }
}

/** The declarations that the two faces reach, as Node resolves them: with endings. */
function buildTypes() {
  const all = at('declared');
  const config = at('tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: all,
        rootDir: root,
        typeRoots: [join(root, 'node_modules/@types'), join(root, 'node_modules')],
      },
      include: [ENTRIES.index, ENTRIES.text, 'src/engine/assemblyscript.d.ts'].map((path) => join(root, path)),
      exclude: [],
    }),
  );
  declare(config);
  const seen = new Set();
  const take = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = OWN[path] ?? readFileSync(join(all, path), 'utf8');
    const resolved = text.replace(/((?:from|import)\s*\(?\s*['"])(\.[^'"]+)(['"])/g, (_, before, to, after) => {
      const base = join(dirname(path), to);
      const found = [`${base}.d.ts`, join(base, 'index.d.ts')].find((file) => exists(join(all, file)));
      if (!found) return `${before}${to}${after}`;
      take(found);
      return `${before}${to}${found.endsWith('index.d.ts') && !base.endsWith('index') ? '/index' : ''}.js${after}`;
    });
    mkdirSync(dirname(at('types', path)), { recursive: true });
    writeFileSync(at('types', path), resolved);
  };
  for (const entry of [ENTRIES.index, ENTRIES.text]) take(entry.replace(/\.ts$/, '.d.ts'));
  rmSync(all, { recursive: true });
  rmSync(config);
  return seen.size;
}

const exists = (path) => {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
};

function writeRest() {
  const types = (entry) => `./types/${entry.replace(/\.ts$/, '.d.ts')}`;
  const manifest = {
    name,
    version,
    description,
    license,
    engines,
    type: 'module',
    bin: { sieve: 'bin/sieve.js' },
    exports: {
      '.': { types: types(ENTRIES.index), default: './lib/index.js' },
      './text': { types: types(ENTRIES.text), default: './lib/text.js' },
    },
    files: ['bin', 'lib', 'types', 'site', 'examples', 'settings.md'],
    // Settings are declared by it.
    dependencies: { zod: dependencies.zod },
    bundleDependencies: ['zod'],
    peerDependencies: { '@webgpu/types': '*', webgpu: '*' },
    peerDependenciesMeta: { '@webgpu/types': { optional: true }, webgpu: { optional: true } },
  };
  writeFileSync(at('package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  mkdirSync(at('bin'), { recursive: true });
  writeFileSync(
    at('bin/sieve.js'),
    "#!/usr/bin/env node\nimport { main } from '../lib/cli.js';\n\nprocess.exitCode = await main(process.argv.slice(2));\n",
    { mode: 0o755 },
  );
  cpSync(join(root, 'public/models'), at('site/models'), {
    recursive: true,
    // The page takes the .onnx of its own models.
    filter: (path) => !path.endsWith('.safetensors'),
  });
  cpSync(join(root, 'examples'), at('examples'), { recursive: true });
  cpSync(join(root, 'node_modules/zod'), at('node_modules/zod'), {
    recursive: true,
    filter: (path) => !path.endsWith('zod/src'),
  });
  cpSync(join(root, 'LICENSE'), at('LICENSE'));
  cpSync(join(root, 'docs/terminal.md'), at('README.md'));
  cpSync(join(root, 'docs/settings.md'), at('settings.md'));
}

/** @returns {Promise<{code: number, text: string}>} */
function run(command, args, { cwd, at: when, signal } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        text += part;
        if (when && text.includes(when)) {
          when = null;
          child.kill(signal);
        }
      });
    child.on('close', (code) => resolve({ code, text }));
  });
}

/** The package in an empty folder, offline. */
async function tryIt(tarball) {
  const cwd = mkdtempSync(join(tmpdir(), 'sieve-package-'));
  const results = { passed: 0, failed: 0 };
  const look = async (what, act) => {
    const { ok, text } = await act().catch((error) => ({ ok: false, text: error.stack }));
    results[ok ? 'passed' : 'failed']++;
    console.log(`${ok ? 'ok' : 'FAILED'}: ${what}${ok ? '' : `\n${text}`}`);
  };
  try {
    npm(['init', '--yes'], cwd);
    npm(['install', '--offline', '--no-audit', '--no-fund', tarball], cwd);
    const bin = join(cwd, 'node_modules/.bin/sieve');
    const installed = join(cwd, 'node_modules', name);
    await look('nothing else was installed', async () => {
      const there = readdirSync(join(cwd, 'node_modules')).filter((file) => !file.startsWith('.'));
      return { ok: there.join() === name, text: there.join() };
    });
    await look('the example trains on text', async () => {
      const { code, text } = await run(process.execPath, [join(installed, 'examples/train.mjs')], { cwd });
      return { ok: code === 0 && text.trimEnd().endsWith('The owl of Paris is red.'), text };
    });
    await look('its types are those of a program that uses it', async () => {
      const program = `import { Trainer, openCpuDevice, type StepResult } from 'sieve';
import { openModel, runSettings, textBatch } from 'sieve/text';
const { base, tokenizer } = await openModel('sieve-stories-nano', await openCpuDevice());
export const batch = textBatch(['a'], tokenizer, 8);
export const width: number = base.config.width;
export const run = runSettings({ id: 'a', method: 'lora', rank: 4 });
export const of = (result: StepResult): number => result.loss;
// @ts-expect-error: a rank is a number
runSettings({ id: 'a', method: 'lora', rank: '4' });
export type Made = Awaited<ReturnType<typeof Trainer.create>>;
`;
      writeFileSync(join(cwd, 'program.mts'), program);
      const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom'];
      const { code, text } = await run(process.execPath, [tsc, ...options, join(cwd, 'program.mts')], { cwd });
      return { ok: code === 0, text };
    });
    await look('sieve --help', async () => {
      const { code, text } = await run(bin, ['--help', '--language', 'en'], { cwd });
      return { ok: code === 0 && text.startsWith('Usage: sieve'), text };
    });
    const rows = Array.from(
      { length: 30 },
      (_, i) => `{"prompt":"Owl ${i} is","completion":" ${i % 2 ? 'red' : 'blue'}"}`,
    );
    writeFileSync(join(cwd, 'owls.jsonl'), rows.join('\n'));
    const args = ['train', '--data', 'owls.jsonl', '--model', 'sieve-stories-nano', '--steps', '400', '--json'];
    await look('Ctrl-C writes a checkpoint, and the same command goes on from it', async () => {
      const cut = await run(bin, args, { cwd, at: '"step":3,', signal: 'SIGINT' });
      const rest = await run(bin, args, { cwd });
      const ok = cut.code === 130 && rest.code === 0 && rest.text.includes('"type":"resumes"');
      return { ok: ok && !rest.text.includes('"step":1,'), text: `${cut.code} ${rest.code}\n${cut.text}${rest.text}` };
    });
    await look('it says where its files are', async () => {
      const there = readdirSync(join(cwd, 'sieve-out')).sort();
      return { ok: there.length === 3 && there[0] === 'sieve-lora.zip', text: there.join() };
    });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  return results;
}

rmSync(home, { recursive: true, force: true });
mkdirSync(home, { recursive: true });
await buildCode();
const declarations = buildTypes();
writeRest();
const [{ filename, size }] = JSON.parse(npm(['pack', '--json', '--pack-destination', '..'], home));
const tarball = join(home, '..', filename);
console.log(`${tarball}: ${(size / 1e6).toFixed(1)} MB, ${declarations} declarations`);
if (process.argv.includes('--try')) {
  const { passed, failed } = await tryIt(tarball);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
