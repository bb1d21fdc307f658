/** Node's side of the rows: what a page cannot do itself. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Page } from 'playwright';
import { buildPeers } from './peers/build';
import type { Services, TorchOptions } from './record';

/** Where `.ci/run` installs PyTorch. */
const VENV = '.out/venv/bin/python';

/** Puts the services on a row's page. */
export async function expose(page: Page): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const services: Services = {
    async benchHeap() {
      await debug.send('HeapProfiler.collectGarbage');
      return (await debug.send('Runtime.getHeapUsage')).usedSize;
    },
    async benchThreadSeconds() {
      const { metrics } = await debug.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'ThreadTime')!.value;
    },
    benchPeers: async () => buildPeers(),
    benchTorch: async (options) => torch(options),
  };
  for (const [name, service] of Object.entries(services)) await page.exposeFunction(name, service);
}

function torch({ device, shapes, repeats, threads }: TorchOptions): Awaited<ReturnType<Services['benchTorch']>> {
  const python = process.env.SIEVE_PYTHON ?? (existsSync(VENV) ? VENV : 'python3');
  const args = [
    'bench/torch_step.py',
    '--device',
    device,
    '--shapes',
    shapes.join(),
    '--repeats',
    String(repeats),
    ...(threads ? ['--threads', String(threads)] : []),
  ];
  const { status, stdout, stderr, error } = spawnSync(python, args, { encoding: 'utf8', timeout: 600_000 });
  if (status === 0) return JSON.parse(stdout);
  return {
    why: `PyTorch (${device}) could not be run by ${python}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given'}`,
  };
}
