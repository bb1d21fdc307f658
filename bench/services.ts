/** Node's side of the rows: what a page cannot do itself. */
import { spawnSync } from 'node:child_process';
import type { Page } from 'playwright';
import { buildPeers } from './peers/build';
import type { Services } from './record';

/** Puts the services on a row's page. */
export async function expose(page: Page): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  const services: Services = {
    async benchHeap() {
      await debug.send('HeapProfiler.collectGarbage');
      return (await debug.send('Runtime.getHeapUsage')).usedSize;
    },
    benchPeers: async () => buildPeers(),
    benchTorch: async () => torch(),
  };
  for (const [name, service] of Object.entries(services)) await page.exposeFunction(name, service);
}

function torch(): Awaited<ReturnType<Services['benchTorch']>> {
  const { status, stdout, stderr, error } = spawnSync(process.env.SIEVE_PYTHON ?? 'python3', ['bench/torch_step.py'], { encoding: 'utf8', timeout: 600_000 });
  if (status === 0) return JSON.parse(stdout);
  return { why: `PyTorch with CUDA could not be run (${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given'})` };
}
