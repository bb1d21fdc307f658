/**
 * Holds `src/` to the dependency rule of docs/ARCHITECTURE.md: who may import whom, and no import cycles.
 * Type-only imports count: a type that points the wrong way is a concept that lives in the wrong folder.
 *
 *   node .ci/lint-folders.mjs            checks src/, prints what is wrong and why, exits 1 on errors
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Visitor, parseSync } from 'vite';

/** Folder → the folders it may import. A folder may always import itself. `train/protocol` is its face alone. */
const MAY_IMPORT = {
  shared: [],
  hub: ['shared'],
  data: ['shared'],
  engine: ['shared'],
  train: ['shared', 'hub', 'data', 'engine'],
  store: ['shared', 'train/protocol'],
  ui: ['shared', 'store'],
  cli: ['shared', 'hub', 'data', 'engine', 'train', 'store'],
};

/** The same inside `engine/`. Files directly in `engine/` stand above all of these. */
const ENGINE_MAY_IMPORT = {
  device: [],
  kernels: ['device'],
  adapters: ['device', 'kernels'],
  model: ['device', 'kernels', 'adapters'],
  optim: ['device', 'kernels'],
  testing: ['device', 'kernels', 'adapters', 'model', 'optim'],
};

/** Why a folder is closed: the sentence a person reads when the rule stops them. */
const WHY = {
  shared: 'shared/ is what everything else stands on, so it must stand on nothing',
  hub: 'hub/ turns a model id into config, tokenizer and weights and must not know who uses them',
  data: 'data/ turns files into token batches and must not know models, GPU or page',
  engine: 'the engine knows typed arrays and GPU buffers, never URLs, files or the page',
  train: 'the training loop drives hub, data and engine; the page hears of it only through train/protocol events',
  store: 'the store talks to the workers only through train/protocol, so that the page cannot reach past it',
  cli: 'the command line puts the parts together as the page and its workers do; it has no screen',
  ui: 'ui reads the store and nothing else, so that one direction of data flow remains',
  'engine/device': 'engine/device is the ground of the engine and must not know what runs on it',
  'engine/kernels': 'a kernel is one operation and must not know adapters, models or optimizers',
  'engine/adapters': 'an adapter method builds on kernels; the model calls it, never the other way round',
  'engine/model': 'the model reaches an adapter through its method interface and leaves optimizing to optim',
  'engine/optim': 'an optimizer updates buffers and must not know which model or adapter they belong to',
};

/** npm packages that belong to some folders only. */
const PACKAGE_HOMES = [
  {
    packages: /^react(-dom)?(\/|$)/,
    folders: ['ui', 'store', 'main'],
    why: 'React stays at the edge; the core is plain TypeScript',
  },
  { packages: /^@huggingface\//, folders: ['hub'], why: 'only hub/ knows where models come from' },
  {
    packages: /^zod$/,
    folders: ['shared/zod.ts'],
    why: 'shared/zod.ts sets it so that it does not try eval, which the page forbids',
  },
  { packages: /^onnxruntime/, folders: ['hub'], why: 'only hub/ knows where models come from' },
];

const WARN_LINES = { '.ts': 500, '.tsx': 500, '.wgsl': 150 };

const isTest = (path) => /\.test\.tsx?$/.test(path) || path.includes('.fixture.');
const top = (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.\w+$/, ''));
const enginePart = (path) => {
  const rest = path.slice('engine/'.length);
  return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : '';
};

/** Every module a file names: imports, re-exports, import(), `new URL(…, import.meta.url)`. */
function importsOf(path, text) {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length) return { errors: errors.map((e) => e.message), found: [] };
  const lineOf = (offset) => text.slice(0, offset).split('\n').length;
  const found = [];
  // `?worker&url` gives the address of a worker's script.
  for (const i of module.staticImports)
    found.push({
      to: i.moduleRequest.value,
      line: lineOf(i.start),
      worker: i.moduleRequest.value.endsWith('?worker&url'),
      types: i.entries.length > 0 && i.entries.every((entry) => entry.isType),
    });
  for (const e of module.staticExports)
    for (const x of e.entries) if (x.moduleRequest) found.push({ to: x.moduleRequest.value, line: lineOf(e.start) });
  for (const d of module.dynamicImports) {
    const raw = text.slice(d.moduleRequest.start, d.moduleRequest.end);
    const literal = /^(['"`])([^$]*)\1$/.exec(raw);
    if (literal) found.push({ to: literal[2], line: lineOf(d.start) });
  }
  new Visitor({
    NewExpression(node) {
      const [first, second] = node.arguments;
      if (
        node.callee.name === 'URL' &&
        first?.type === 'Literal' &&
        second &&
        text.slice(second.start, second.end) === 'import.meta.url'
      ) {
        found.push({ to: String(first.value), line: lineOf(node.start), worker: true });
      }
    },
    TSImportType(node) {
      found.push({ to: node.source.value, line: lineOf(node.start) });
    },
  }).visit(program);
  return { errors: [], found };
}

/** The file of `src/` a relative import means, or null. */
function resolve(from, request, files) {
  const base = posix.normalize(posix.join(posix.dirname(from), request.replace(/\?.*$/, '')));
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`, `${base}/index.tsx`].find((c) => files.has(c)) ?? null;
}

/** The catalogue of what a person reads, and who may read it; its types belong to everybody. */
const TEXTS = 'shared/texts/';
const mayRead = (from) =>
  ['ui', 'cli', 'main'].includes(top(from)) || from.startsWith(TEXTS) || isTest(from) || /\/testing\//.test(from);

/** The rule `from` breaks by importing `to`, as a sentence, or null. */
function broken(from, to, { worker, types }) {
  if (to.startsWith(TEXTS) && !types && !mayRead(from))
    return 'words stand at the edge: below page and command line say `message(code, …)`, which ui puts into words';
  if (isTest(to) && to !== from) return 'nobody may import a test: move what is shared to a file of its own';
  if (isTest(from)) return null;
  const [a, b] = [top(from), top(to)];
  if (/\/testing\//.test(to))
    return /\/testing\//.test(from) ? null : 'only tests may import testing/: it must not reach the app';
  if (a === 'main')
    return b === 'ui' || b === 'store' || b === 'shared'
      ? null
      : 'main.tsx mounts the page; everything else is reached through ui/ and store/';
  if (!(a in MAY_IMPORT)) return `src/${a} is not a folder of the architecture (${Object.keys(MAY_IMPORT).join(', ')})`;
  if (a !== b) {
    if (MAY_IMPORT[a].includes(b) || MAY_IMPORT[a].includes(to.replace(/(\/index)?\.ts$/, ''))) return null;
    // Starting a worker is not importing it: its code never runs in the page.
    if (worker && a === 'store' && /^train\/\w+Worker\.ts$/.test(to)) return null;
    return `${a} may import ${MAY_IMPORT[a].join(', ') || 'nothing'}: ${WHY[a]}`;
  }
  if (a === 'engine') {
    const [p, q] = [enginePart(from), enginePart(to)];
    if (p === '' || p === q) return null;
    if (!(p in ENGINE_MAY_IMPORT))
      return `src/engine/${p} is not a part of the engine (${Object.keys(ENGINE_MAY_IMPORT).join(', ')})`;
    if (q === '') return `engine/${p} must not import a file that stands above it in engine/`;
    if (!ENGINE_MAY_IMPORT[p].includes(q))
      return `engine/${p} may import ${['shared', ...ENGINE_MAY_IMPORT[p]].join(', ')}: ${WHY[`engine/${p}`]}`;
  }
  return null;
}

/** Cycles of the import graph, each once, as lists of files (Tarjan's strongly connected components). */
function cycles(graph) {
  const state = new Map();
  const stack = [];
  const out = [];
  let next = 0;
  const visit = (v) => {
    const mine = { index: next, low: next++, onStack: true };
    state.set(v, mine);
    stack.push(v);
    for (const w of graph.get(v) ?? []) {
      const seen = state.get(w);
      if (!seen) mine.low = Math.min(mine.low, visit(w).low);
      else if (seen.onStack) mine.low = Math.min(mine.low, seen.index);
    }
    if (mine.low === mine.index) {
      const part = [];
      let w;
      do {
        w = stack.pop();
        state.get(w).onStack = false;
        part.push(w);
      } while (w !== v);
      if (part.length > 1 || graph.get(v)?.has(v)) out.push(part.reverse());
    }
    return mine;
  };
  for (const v of graph.keys()) if (!state.has(v)) visit(v);
  return out;
}

/**
 * Checks a tree of sources.
 * @param {Map<string, string>} sources path below src/ (with `/`) → text; every file, WGSL and CSS included.
 * @returns {{errors: string[], warnings: string[], files: number}}
 */
export function lintFolders(sources) {
  const errors = [];
  const warnings = [];
  const files = new Set(sources.keys());
  const graph = new Map();
  for (const [path, text] of sources) {
    const limit = WARN_LINES[/\.\w+$/.exec(path)?.[0] ?? ''];
    const lines = text.split('\n').length;
    if (limit && lines > limit && !isTest(path))
      warnings.push(`src/${path}: ${lines} lines; over ${limit} it probably holds two things`);
    // AssemblyScript has a compiler of its own, and is no TypeScript.
    if (!/\.tsx?$/.test(path) || path.endsWith('.as.ts')) continue;
    const parsed = importsOf(path, text);
    for (const message of parsed.errors) errors.push(`src/${path}: does not parse: ${message}`);
    const edges = new Set();
    graph.set(path, edges);
    for (const { to, line, worker, types } of parsed.found) {
      const at = `src/${path}:${line}`;
      if (!to.startsWith('.')) {
        const home = PACKAGE_HOMES.find((h) => h.packages.test(to));
        if (home && !isTest(path) && !home.folders.includes(top(path)) && !home.folders.includes(path))
          errors.push(`${at}: imports ${to}, which only ${home.folders.join(', ')} may: ${home.why}`);
        continue;
      }
      const target = resolve(path, to, files);
      if (!target) {
        // Above src/ lie the fixtures and models that tests read.
        const outside = posix.normalize(posix.join(posix.dirname(path), to)).startsWith('..');
        if (!outside) errors.push(`${at}: imports ${to}, which is no file of src/`);
        else if (!isTest(path) && !to.endsWith('package.json'))
          errors.push(`${at}: imports ${to} from outside src/: the app is what lies in src/ and public/`);
        continue;
      }
      if (!worker) edges.add(target);
      const why = broken(path, target, { worker, types });
      if (why) errors.push(`${at}: imports src/${target}, but ${why}`);
    }
  }
  for (const cycle of cycles(graph)) {
    errors.push(
      `import cycle: ${[...cycle, cycle[0]].map((p) => `src/${p}`).join(' → ')}: none of these can be understood or tested alone; move what they share below them`,
    );
  }
  return { errors, warnings, files: graph.size };
}

/**
 * Checks what drives the app from outside (bench, e2e, fuzz): of the engine it uses the face, nothing deeper.
 * @param {Map<string, string>} sources path below the repository → text
 * @returns {string[]} errors
 */
export function lintDoors(sources) {
  const errors = [];
  for (const [path, text] of sources) {
    if (!/\.tsx?$/.test(path)) continue;
    for (const { to, line } of importsOf(path, text).found) {
      const target = posix.normalize(posix.join(posix.dirname(path), to));
      if (to.startsWith('.') && target.startsWith('src/engine/') && !/^src\/engine\/index(\.ts)?$/.test(target))
        errors.push(
          `${path}:${line}: imports ${target}, but src/engine/index.ts is the engine's face: export it there`,
        );
    }
  }
  return errors;
}

/** Reads every text file below `root` as `lintFolders` wants it. */
export function readTree(root) {
  const sources = new Map();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(tsx?|js|wgsl|css|json|py)$/.test(entry.name)) continue;
    const full = join(entry.parentPath, entry.name);
    sources.set(relative(root, full).split(sep).join('/'), readFileSync(full, 'utf8'));
  }
  return sources;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const { errors, warnings, files } = lintFolders(readTree(join(root, 'src')));
  for (const folder of ['bench', 'e2e', 'fuzz']) {
    const sources = [...readTree(join(root, folder))].map(([path, text]) => [`${folder}/${path}`, text]);
    errors.push(...lintDoors(new Map(sources)));
  }
  for (const w of warnings) console.log(`note: ${w}`);
  for (const e of errors) console.error(`error: ${e}`);
  console.log(`folders: ${files} files, ${errors.length} errors`);
  process.exit(errors.length ? 1 : 0);
}
