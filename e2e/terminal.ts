/** What a session gives in a terminal: the command line as a process of its own, and what two exported sessions hold. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

/** Trains an exported session again from its data. @returns the path of the session that the terminal exports */
export async function trainInTerminal(session: string, data: string, out: string): Promise<string> {
  const args = ['train', session, '--data', data, '--out', out, '--device', 'cpu'];
  const child = spawn(process.execPath, ['.ci/engine.mjs', 'src/cli/main.ts', ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`the command line ended with ${code}: ${said}`);
  return join(out, readdirSync(out).find((name) => name.startsWith('sieve-session-'))!);
}

interface Metrics {
  runs: { runId: string; step: number[]; loss: number[]; evals: { step: number; loss: number }[] }[];
}

/** All that must be the same wherever the CPU computed: losses, and every file of the adapters. */
export function resultsOf(session: string) {
  const files = unzipSync(readFileSync(session));
  const { runs } = JSON.parse(Buffer.from(files['metrics.json']).toString()) as Metrics;
  return {
    losses: runs.map(({ runId, step, loss, evals }) => ({
      runId,
      step,
      loss,
      evals: evals.map((e) => [e.step, e.loss]),
    })),
    adapters: Object.fromEntries(
      Object.entries(files)
        .filter(([name]) => name.includes('/'))
        .map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
    ),
  };
}
