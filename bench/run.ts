/**
 * `npm run bench`: step times on this machine's WebGPU adapter.
 *
 * Options: --model 4m|nano  --rank N  --sequences N  --tokens N  --repeats N  --json <path>
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { createServer } from 'vite';
import { formatTable, launch, options } from '../e2e/server';
import type { BenchOptions, BenchResult } from './measure';

export async function main(argv: string[]): Promise<number> {
  const { named } = options(argv);
  const bench: BenchOptions = {
    model: named.model === 'nano' ? 'sieve-stories-nano' : 'sieve-stories-4m',
    rank: Number(named.rank ?? 8),
    sequences: Number(named.sequences ?? 4),
    tokens: Number(named.tokens ?? 64),
    repeats: Number(named.repeats ?? 7),
  };
  const server = await createServer({ logLevel: 'error', server: { host: '127.0.0.1', port: 0, open: false, hmr: false } });
  await server.listen();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(message.text(), message.location().url);
    });
    await page.goto(`${server.resolvedUrls!.local[0]}bench/page.html`);
    // As text: the loader that runs this file would rewrite the import for Node.
    const result: BenchResult = await page.evaluate(`import('/bench/measure.ts').then((m) => m.measure(${JSON.stringify(bench)}))`);
    print(bench, result);
    if (named.json) {
      mkdirSync(dirname(named.json), { recursive: true });
      writeFileSync(named.json, JSON.stringify({ bench, result }, null, 1));
    }
    return 0;
  } finally {
    await browser.close();
    await server.close();
  }
}

function print(bench: BenchOptions, { gpu, rate, rateSize, rows, kernels }: BenchResult): void {
  const adapter = gpu.description || `${gpu.vendor} ${gpu.architecture}`;
  console.log(`${adapter}${gpu.software ? ' (software)' : ''}; ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`);
  console.log(`${bench.model}, rank ${bench.rank}, all seven modules, ${bench.sequences} × ${bench.tokens} tokens; medians of ${bench.repeats}`);
  console.log(`own matmul at ${rateSize}³: ${((2 * rate) / 1e9).toFixed(2)} GFLOP/s\n`);
  console.log(
    formatTable([
      ['', 'ms', 'fastest–slowest', 'tokens/s', 'Mmac', 'of matmul rate', 'kept'],
      ...rows.map((r) => [
        r.name, r.ms.toFixed(1), `${r.fastest.toFixed(1)}–${r.slowest.toFixed(1)}`, r.tokensPerSecond.toFixed(0), (r.macs / 1e6).toFixed(0),
        `${(100 * r.ofRate).toFixed(0)} %`, r.kept === null ? '–' : `${(100 * r.kept).toFixed(0)} %`,
      ]),
    ]),
  );
  if (kernels.length === 0) return;
  const all = kernels.reduce((sum, k) => sum + k.ms, 0);
  console.log(`\nTS-LoRA step at half kept, by kernel (timestamps, each dispatch alone): ${all.toFixed(0)} ms`);
  console.log(formatTable([['kernel', 'calls', 'ms', 'share'], ...kernels.slice(0, 24).map((k) => [k.kernel, String(k.calls), k.ms.toFixed(1), `${((100 * k.ms) / all).toFixed(1)} %`])]));
}
