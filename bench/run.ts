/**
 * `npm run bench`: the engine against its bars, on this machine's CPU and WebGPU adapter.
 *
 *   npm run bench                            all rows, each on its first device
 *   npm run bench -- gate peers              some of them
 *   npm run bench -- gate --device cpu       on the CPU engine, in a browser without any flag; or gpu
 *
 * Every row runs in several browser processes, one after the other; a record is the median over them. Options:
 *          --device cpu|gpu  --threads N  --processes N
 *          --model 4m|nano  --rank N  --sequences N  --tokens N  --repeats N  --pairs N  --steps N  --results <path>
 *
 * The records go to bench/results.json; with options other than --device and --threads, or from a working tree that
 * differs from its commit, to .out/bench/results.json.
 */
import { cpus, loadavg } from 'node:os';
import { type Browser, chromium } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { plainArgs, webgpuArgs } from '../.ci/browser.mjs';
import { ensureBrowser } from '../.ci/ensure-browser.mjs';
import { webgpuOnnxRuntime } from '../.ci/onnxRuntime.mjs';
import { options, serveBuild, type Site } from '../e2e/server';
import { formatTable, short } from './format';
import { peersRoute } from './peers/build';
import { firstStep } from './product/firstStep';
import type { BenchOptions, RowResult } from './record';
import { type ProcessReading, type StoredRecord, combine, commit, save } from './results';
import { expose } from './services';

type DeviceKind = BenchOptions['device'];

interface Row {
  /** rows/<file>.ts, run in a page; or a function that drives the built site. */
  run: string | ((browser: Browser, site: Site, options: BenchOptions) => Promise<RowResult>);
  /** Where it can run; the first one unless asked. */
  devices: DeviceKind[];
  /** Browser processes; five unless given. */
  processes?: number;
  /** On the page's own thread, which it asks about. */
  onPage?: boolean;
}

const ROWS: Record<string, Row> = {
  steps: { run: 'steps', devices: ['cpu', 'gpu'] },
  gate: { run: 'gate', devices: ['cpu', 'gpu'] },
  'torch-cpu': { run: 'torchCpu', devices: ['cpu'] },
  'smollm-shape': { run: 'smollmShape', devices: ['cpu', 'gpu'] },
  'first-step': { run: firstStep, devices: ['cpu', 'gpu'] },
  peers: { run: 'peers', devices: ['cpu', 'gpu'] },
  'step-of-peak': { run: 'stepOfPeak', devices: ['cpu', 'gpu'] },
  prox: { run: 'prox', devices: ['gpu', 'cpu'] },
  'two-runs': { run: 'twoRuns', devices: ['gpu', 'cpu'] },
  context: { run: 'context', devices: ['gpu', 'cpu'], processes: 1 },
  host: { run: 'host', devices: ['gpu'], onPage: true },
  generation: { run: 'generation', devices: ['cpu', 'gpu'] },
  'torch-gpu': { run: 'torchGpu', devices: ['gpu'] },
  growth: { run: 'growth', devices: ['gpu'], processes: 1, onPage: true },
};

const PROCESSES = 5;
/** Load average above which somebody else takes part: a row itself leaves about one behind. */
const QUIET = 2;
const OPTIONS = [
  'device',
  'threads',
  'processes',
  'model',
  'rank',
  'sequences',
  'tokens',
  'repeats',
  'pairs',
  'steps',
  'results',
];
/** Options that the records' names tell apart, or that change nothing. */
const NEUTRAL = ['device', 'threads', 'results'];

function adapterName({ gpu: info, adapter }: RowResult): string {
  if (!info) return adapter ?? 'none';
  if (info.kind === 'cpu') return `CPU engine, ${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}`;
  return `${info.description || `${info.vendor} ${info.architecture}`}${info.software ? ' (software)' : ''}`;
}

export async function main(argv: string[]): Promise<number> {
  const { named, words } = options(argv);
  const unknown = words.filter((w) => !(w in ROWS));
  const odd = Object.keys(named).filter((name) => !OPTIONS.includes(name));
  if (odd.length) throw new Error(`no option --${odd.join(', --')}; there are --${OPTIONS.join(', --')}`);
  if (unknown.length) throw new Error(`no row ${unknown.join(', ')}; there are ${Object.keys(ROWS).join(', ')}`);
  if (named.device && !['cpu', 'gpu'].includes(named.device)) throw new Error(`--device ${named.device}: cpu or gpu`);
  // Each peer at its best: ONNX Runtime's plain build on the CPU, as in the app, and the one with WebGPU on a GPU.
  const alias = named.device === 'gpu' ? webgpuOnnxRuntime : {};
  const server = await createServer({
    logLevel: 'error',
    plugins: [peersRoute()],
    resolve: { alias },
    server: { host: '127.0.0.1', port: 0, open: false, hmr: false },
  });
  await server.listen();
  let site: Site | undefined;
  const stored: StoredRecord[] = [];
  const measured = commit();
  const own = measured !== null && Object.keys(named).every((option) => NEUTRAL.includes(option));
  // What is not the row as it stands is a run of its own.
  const label = own ? measured : `${measured ?? 'uncommitted'}, ${new Date().toISOString()}`;
  let version = '';
  let failed = 0;
  try {
    for (const name of words.length ? words : Object.keys(ROWS)) {
      const row = ROWS[name];
      const device = (named.device as DeviceKind | undefined) ?? row.devices[0];
      if (!row.devices.includes(device)) {
        console.log(`\n== ${name} == left out: it does not run on the ${device}`);
        continue;
      }
      console.log(`\n== ${name}, ${device} ==`);
      const bench = benchOptions(named, device);
      const results: { result: RowResult; at: string; load: number }[] = [];
      for (let i = 0; i < Number(named.processes ?? row.processes ?? PROCESSES); i++) {
        const [at, load] = [new Date().toISOString(), loadavg()[0]];
        const browser = await chromium.launch({
          executablePath: ensureBrowser(),
          args: device === 'gpu' ? webgpuArgs : plainArgs,
          headless: true,
        });
        version = browser.version();
        try {
          if (typeof row.run !== 'string') site ??= await serveBuild('/');
          const result =
            typeof row.run === 'string'
              ? await inPage(browser, server, { file: row.run, bench, onPage: Boolean(row.onPage) })
              : await row.run(browser, site!, bench);
          results.push({ result, at, load });
          if (result.text && i === 0) console.log(result.text);
          console.log(
            `process ${i + 1}, ${adapterName(result)}, load ${load.toFixed(1)}: ${result.records.map((r) => `${r.name} ${r.value === null ? '–' : short(r.value)}`).join('; ')}`,
          );
        } catch (error) {
          failed++;
          console.error(`${name} failed: ${(error as Error).message.split('\n').slice(0, 8).join('\n')}`);
          // What fails once is not tried four times more.
          break;
        } finally {
          await browser.close();
        }
      }
      stored.push(...recordsOf(name, results, label));
    }
  } finally {
    await server.close();
    await site?.close();
  }
  const path = named.results ?? (own ? 'bench/results.json' : '.out/bench/results.json');
  if (stored.length)
    save(path, {
      commit: label,
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Chromium ${version}`,
      records: stored,
    });
  print(stored);
  const busiest = Math.max(...stored.flatMap((r) => r.processes.map((p) => p.load ?? 0)));
  if (busiest > QUIET)
    console.log(
      `The machine was busy (load ${busiest.toFixed(1)} at the start of a process): times say little, and ratios not much.`,
    );
  if (stored.length) console.log(`${path}, commit ${label}`);
  return failed ? 1 : 0;
}

function benchOptions(named: Record<string, string>, device: DeviceKind): BenchOptions {
  const number = (name: string) => (named[name] === undefined ? undefined : Number(named[name]));
  return {
    device,
    threads: number('threads') ?? 1,
    model: named.model === 'nano' ? 'sieve-stories-nano' : 'sieve-stories-4m',
    rank: number('rank') ?? 8,
    sequences: number('sequences'),
    tokens: number('tokens'),
    repeats: number('repeats'),
    pairs: number('pairs'),
    steps: number('steps'),
  };
}

async function inPage(
  browser: Browser,
  server: ViteDevServer,
  { file, bench, onPage }: { file: string; bench: BenchOptions; onPage: boolean },
): Promise<RowResult> {
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'info') console.log(`  ${message.text()}`);
    if (message.type() === 'error') console.error(message.text(), message.location().url);
  });
  await expose(page);
  await page.goto(`${server.resolvedUrls!.local[0]}bench/page.html`);
  await page.waitForFunction('typeof runRow === "function"');
  // As text: this file's loader would rewrite it for Node.
  return page.evaluate(`runRow(${JSON.stringify(file)}, ${JSON.stringify(bench)}, ${onPage})`);
}

/** The processes' records, name by name. */
function recordsOf(
  row: string,
  results: { result: RowResult; at: string; load: number }[],
  measured: string,
): StoredRecord[] {
  const byName = new Map<string, { first: Parameters<typeof combine>[0]; processes: ProcessReading[] }>();
  for (const { result, at, load } of results) {
    for (const { name, unit, bar, value, detail, readings } of result.records) {
      const first = { row, name, unit, bar, adapter: adapterName(result), commit: measured, stale: false };
      if (!byName.has(name)) byName.set(name, { first, processes: [] });
      byName.get(name)!.processes.push({ value, detail, readings, at, load });
    }
  }
  return [...byName.values()].map(({ first, processes }) => combine(first, processes));
}

function print(records: StoredRecord[]): void {
  const verdict = (r: StoredRecord) => (r.pass === null ? '–' : r.pass ? 'yes' : 'no');
  const head = ['', 'value', 'lowest–highest', 'processes', 'bar', 'met'];
  const rows = records.map((r) => [
    r.name,
    r.value === null ? '–' : `${short(r.value)} ${r.unit}`.trim(),
    r.interval ? r.interval.map(short).join('–') : '–',
    String(r.processes.length),
    r.bar ?? '–',
    verdict(r),
  ]);
  console.log(`\n${formatTable([head, ...rows])}\n`);
  for (const r of records)
    for (const [i, p] of r.processes.entries()) if (p.detail) console.log(`${r.name}, ${i + 1}: ${p.detail}`);
}
