/**
 * `npm run bench`: the engine against its bars, on this machine's WebGPU adapter.
 *
 *   npm run bench                       all rows
 *   npm run bench -- gate peers         some of them
 *
 * Options: --model 4m|nano  --rank N  --sequences N  --tokens N  --repeats N  --pairs N  --steps N
 *          --results <path>  --json <path>  (everything the rows handed back)
 *
 * The records go to bench/results.json; with another model or shape than a row's own, to .out/bench/results.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { Browser } from 'playwright';
import { createServer } from 'vite';
import type { DeviceInfo } from '../src/shared/types';
import { launch, options } from '../e2e/server';
import { formatTable, short } from './format';
import { peersRoute } from './peers/build';
import type { BenchOptions, BenchRecord, RowResult } from './record';
import { type StoredRecord, commit, mergeResults } from './results';
import { expose } from './services';

/** Every row is rows/<file>.ts, run in a page of its own. */
const ROWS: Record<string, string> = {
  steps: 'steps',
  peers: 'peers',
  'step-of-peak': 'stepOfPeak',
  gate: 'gate',
  prox: 'prox',
  'two-runs': 'twoRuns',
  context: 'context',
  'smollm-shape': 'smollmShape',
  generation: 'generation',
  'gpu-vs-torch': 'gpuVsTorch',
  growth: 'growth',
};

/** Options that change what is measured, not only how often. */
const SHAPE_OPTIONS = ['model', 'rank', 'sequences', 'tokens', 'steps'];

const adapterName = (gpu: DeviceInfo) => `${gpu.description || `${gpu.vendor} ${gpu.architecture}`}${gpu.software ? ' (software)' : ''}`;

export async function main(argv: string[]): Promise<number> {
  const { named, words } = options(argv);
  const unknown = words.filter((w) => !(w in ROWS));
  if (unknown.length) throw new Error(`no row ${unknown.join(', ')}; there are ${Object.keys(ROWS).join(', ')}`);
  const bench = benchOptions(named);
  const server = await createServer({ logLevel: 'error', plugins: [peersRoute()], server: { host: '127.0.0.1', port: 0, open: false, hmr: false } });
  await server.listen();
  const browser = await launch();
  const stored: StoredRecord[] = [];
  const results: Record<string, RowResult> = {};
  let failed = 0;
  try {
    for (const row of words.length ? words : Object.keys(ROWS)) {
      const start = performance.now();
      console.log(`\n== ${row} ==`);
      try {
        const result = await inPage(browser, server.resolvedUrls!.local[0], ROWS[row], bench);
        results[row] = result;
        if (result.text) console.log(result.text);
        console.log(`${adapterLine(result)}, ${((performance.now() - start) / 1000).toFixed(0)} s`);
        const adapter = result.gpu ? adapterName(result.gpu) : 'none';
        stored.push(...result.records.map((r) => ({ row, ...r, adapter, date: new Date().toISOString().slice(0, 10), commit: commit() })));
      } catch (error) {
        failed++;
        console.error(`${row} failed: ${(error as Error).message.split('\n').slice(0, 4).join('\n')}`);
      }
    }
  } finally {
    await browser.close();
    await server.close();
  }
  const own = !SHAPE_OPTIONS.some((name) => name in named);
  mergeResults(named.results ?? (own ? 'bench/results.json' : '.out/bench/results.json'), stored);
  if (named.json) {
    mkdirSync(dirname(named.json), { recursive: true });
    writeFileSync(named.json, JSON.stringify({ bench, results }, null, 1));
  }
  print(stored);
  return failed ? 1 : 0;
}

function benchOptions(named: Record<string, string>): BenchOptions {
  const number = (name: string) => (named[name] === undefined ? undefined : Number(named[name]));
  return {
    model: named.model === 'nano' ? 'sieve-stories-nano' : 'sieve-stories-4m',
    rank: number('rank') ?? 8,
    sequences: number('sequences'), tokens: number('tokens'), repeats: number('repeats'), pairs: number('pairs'), steps: number('steps'),
  };
}

async function inPage(browser: Browser, site: string, file: string, bench: BenchOptions): Promise<RowResult> {
  const page = await browser.newPage();
  try {
    page.on('console', (message) => {
      if (message.type() === 'info') console.log(`  ${message.text()}`);
      if (message.type() === 'error') console.error(message.text(), message.location().url);
    });
    await expose(page);
    await page.goto(`${site}bench/page.html`);
    // As text: the loader that runs this file would rewrite the import for Node.
    return await page.evaluate(`import('/bench/rows/${file}.ts').then((m) => m.run(${JSON.stringify(bench)}))`);
  } finally {
    await page.close();
  }
}

const adapterLine = ({ gpu }: RowResult) => `${gpu ? adapterName(gpu) : 'no adapter opened'}; ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`;

function print(records: BenchRecord[]): void {
  const verdict = (r: BenchRecord) => (r.pass === null ? '–' : r.pass ? 'yes' : 'no');
  const head = ['', 'value', 'bar', 'met'];
  console.log(`\n${formatTable([head, ...records.map((r) => [r.name, r.value === null ? '–' : `${short(r.value)} ${r.unit}`.trim(), r.bar ?? '–', verdict(r)])])}\n`);
  for (const r of records) if (r.detail) console.log(`${r.name}: ${r.detail}`);
}
