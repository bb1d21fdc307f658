/**
 * `npm test`: every check, whatever the others said; what leaves a core idle runs beside what does not need a browser.
 *
 *   npm test                       all stages
 *   npm test -- lint unit          some of them
 *   npm test -- --quick            what needs no browser and little time
 *   npm test -- lavapipe           the kernels as a GPU gets them, on Mesa's lavapipe: see lavapipe.mjs
 *
 * Stages: types, lint (one test each), unit (Vitest in Node), cpu (Vitest in Node, on the CPU engine), fuzz (20 s of
 * it), gpu (Vitest in a browser with WebGPU), e2e (Playwright on the production build, in Chromium and Firefox). Where
 * there is no Firefox its tests are left out, which counts as one skipped test, and as a failure in CI. The last line
 * adds all up: `N passed, N failed`; the exit code is 1 when anything failed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBrowser, ensureFirefox } from './ensure-browser.mjs';
import { lavapipe } from './lavapipe.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '.out', 'test');

/** The file behind a package's command, so that no shell and no PATH is needed. */
function bin(pkg, name = pkg) {
  // Not by require.resolve: knip does not export its manifest.
  const manifest = join(root, 'node_modules', pkg, 'package.json');
  const { bin: entry } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof entry === 'string' ? entry : entry[name]);
}

/**
 * Runs a Node script to its end and hands back its exit code; a stage that hangs is ended after `minutes`.
 * @param said collects what it prints, for stages side by side; without it all is printed as it comes
 */
function node(args, { minutes, env = {}, said }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', ...Array(2).fill(said ? 'pipe' : 'inherit')],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...env },
    });
    for (const stream of said ? [child.stdout, child.stderr] : []) stream.on('data', (part) => said.push(part));
    const timer = setTimeout(() => {
      console.error(`stopped after ${minutes} minutes`);
      child.kill('SIGKILL');
    }, minutes * 60_000);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}

const none = { passed: 0, failed: 0, skipped: 0 };
const asOne = (code) => (code === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 });

/** A runner that failed without a failing test (a crash, an import error) counts as one failure. */
const withExit = (counts, code) => (code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts);

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`no report from the runner: ${error.message}`);
    return null;
  }
}

/** @param which the tests, as Vitest is told of them */
async function vitest(project, { minutes, said, env, which = ['--project', project] }) {
  const file = join(out, `${project}.json`);
  rmSync(file, { force: true });
  const code = await node(
    [bin('vitest'), 'run', ...which, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { minutes, said, env },
  );
  const report = readReport(file);
  if (!report) return { ...none, failed: 1 };
  const brokenFiles = report.testResults.filter(
    (f) => f.status === 'failed' && !f.assertionResults.some((a) => a.status === 'failed'),
  ).length;
  return withExit(
    {
      passed: report.numPassedTests,
      failed: report.numFailedTests + brokenFiles,
      skipped: report.numPendingTests + report.numTodoTests,
    },
    code,
  );
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What there is of the browsers: one skipped test, or a failed one in CI, where Firefox is missing. */
function firefoxMissing() {
  try {
    console.log(`browser: ${ensureFirefox()}`);
    return none;
  } catch (error) {
    console.error(error.message);
    return { ...none, [process.env.CI ? 'failed' : 'skipped']: 1 };
  }
}

async function playwright({ minutes, said }) {
  const file = join(out, 'e2e.json');
  rmSync(file, { force: true });
  const missing = firefoxMissing();
  const env = { SIEVE_PORT: String(await freePort()), PLAYWRIGHT_JSON_OUTPUT_NAME: file };
  const code = await node([bin('@playwright/test', 'playwright'), 'test', '--reporter=list,json'], {
    minutes,
    env,
    said,
  });
  const report = readReport(file);
  if (!report) return { ...none, failed: 1 };
  const { expected, unexpected, flaky, skipped } = report.stats;
  // A test that passes only when repeated is a failing test.
  const counts = withExit({ passed: expected, failed: unexpected + flaky, skipped }, code);
  return { ...counts, failed: counts.failed + missing.failed, skipped: counts.skipped + missing.skipped };
}

const STAGES = {
  types: async (said) => asOne(await node([bin('typescript', 'tsc'), '--noEmit'], { minutes: 5, said })),
  lint: async (said) => {
    const codes = [];
    for (const args of [
      [bin('oxlint'), '--deny-warnings', 'src', 'e2e', 'bench', 'fuzz', '.ci', 'python/samples'],
      [bin('@biomejs/biome', 'biome'), 'format'],
      ['.ci/lint-folders.mjs'],
      ['.ci/lint-text.mjs'],
      [bin('knip'), '--no-progress'],
    ])
      codes.push(await node(args, { minutes: 5, said }));
    return asOne(Math.max(...codes));
  },
  unit: (said) => vitest('unit', { minutes: 8, said }),
  cpu: (said) => vitest('cpu', { minutes: 8, said }),
  // Every reader against damaged files, the same ones each time as far as the time reaches.
  fuzz: async (said) =>
    asOne(await node(['.ci/ts.mjs', 'fuzz/fuzz.ts', '--seed', '1', '--minutes', '0.33'], { minutes: 3, said })),
  gpu: (said) => vitest('gpu', { minutes: 25, said }),
  e2e: (said) => playwright({ minutes: 40, said }),
  lavapipe: () =>
    lavapipe(root, {
      run: node,
      vitest: (file, how) => vitest('lavapipe', { ...how, which: ['--config', '.ci/lavapipe.config.mjs', file] }),
    }),
};

/** Only where they are asked for. */
const OPTIONAL = ['lavapipe'];

/**
 * What runs side by side, and what after it. WGSL is compiled on one core, whatever is there: the other one goes
 * through the rest meanwhile, beginning with what can use no more. The journeys keep both busy.
 */
const LANES = [[['gpu'], ['fuzz', 'types', 'lint', 'unit', 'cpu']], [['e2e']], [['lavapipe']]];

const QUICK = ['types', 'lint', 'unit', 'cpu'];

const asked = process.argv.slice(2).flatMap((name) => (name === '--quick' ? QUICK : [name]));
const unknown = asked.filter((name) => !(name in STAGES));
if (unknown.length) {
  console.error(`no stage ${unknown.join(', ')}; there are ${Object.keys(STAGES).join(', ')}`);
  process.exit(2);
}
const stages = asked.length ? asked : Object.keys(STAGES).filter((name) => !OPTIONAL.includes(name));
mkdirSync(out, { recursive: true });
const began = Date.now();

let browserError = null;
if (stages.includes('gpu') || stages.includes('e2e')) {
  try {
    console.log(`browser: ${ensureBrowser()}`);
  } catch (error) {
    browserError = error.message;
  }
}

const results = {};

async function run(name, said) {
  const start = Date.now();
  if (!said) console.log(`\n== ${name} ==`);
  if (browserError && (name === 'gpu' || name === 'e2e')) {
    console.error(browserError);
    results[name] = { ...none, failed: 1 };
  } else {
    results[name] = await STAGES[name](said);
  }
  results[name].seconds = (Date.now() - start) / 1000;
  if (said) process.stdout.write(`\n== ${name} ==\n${Buffer.concat(said)}`);
}

for (const all of LANES) {
  const lanes = all.map((names) => names.filter((name) => stages.includes(name))).filter((names) => names.length);
  await Promise.all(
    lanes.map(async (names) => {
      for (const name of names) await run(name, lanes.length > 1 ? [] : undefined);
    }),
  );
}

console.log('\nstage     passed  failed  skipped  seconds');
for (const name of stages) {
  const r = results[name];
  console.log(
    `${name.padEnd(8)}${String(r.passed).padStart(8)}${String(r.failed).padStart(8)}${String(r.skipped).padStart(9)}${r.seconds.toFixed(0).padStart(9)}`,
  );
}
const sum = (key) => Object.values(results).reduce((total, r) => total + r[key], 0);
console.log(`whole: ${((Date.now() - began) / 1000).toFixed(0)} s`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') ? 1 : 0);
