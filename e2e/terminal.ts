/** Commands as processes of their own, the terminal's and Python's, and what exported sessions hold. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unzipSync } from 'fflate';

/** The Python that has what the package in python/ needs. */
export const python = (): string => process.env.SIEVE_PYTHON ?? resolve('.out/venv/bin/python');

/** Runs a command to its end. @returns all that it said @throws where it did not end well */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { env: { ...process.env, ...env } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done(said) : fail(new Error(`${args[0]}: ${said.slice(-1500)}`))));
  });
}

/**
 * Trains an exported session again from its data. @returns the path of the session that the terminal exports
 * @param model its folder, where it is no model that has an address
 */
export async function trainInTerminal(session: string, data: string, out: string, model?: string): Promise<string> {
  const args = [
    'train',
    session,
    '--data',
    data,
    '--out',
    out,
    '--device',
    'cpu',
    ...(model ? ['--model', model] : []),
  ];
  await run(process.execPath, ['.ci/engine.mjs', 'src/cli/main.ts', ...args]);
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
