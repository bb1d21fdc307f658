/**
 * Builds the peers' bundles outside the repository: their libraries are no dependencies of ours. The folder is kept
 * and used again as long as its sources are the same.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import type { Plugin } from 'vite';

/** The harness whose problem everyone solves; beside the checkout, not in it. */
const COMMON = '../shared/bench/peers/src/common.js';
const FOLDER = join(tmpdir(), 'sieve-bench-peers');
const DEPENDENCIES = { '@jax-js/jax': '0.1.25', '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-webgpu': '4.22.0', esbuild: '0.28.2' };
const OURS = ['jax.js', 'tfjs.js'];

/** Why the peers cannot be had, or '' when their bundles are ready. */
export function buildPeers(): string {
  if (!existsSync(COMMON)) return `${COMMON} is not there`;
  const manifest = JSON.stringify({ name: 'peers', private: true, type: 'module', dependencies: DEPENDENCIES });
  const sources = [COMMON, ...OURS.map((name) => join('bench/peers', name))];
  const key = createHash('sha256').update(manifest + sources.map((file) => readFileSync(file, 'utf8')).join()).digest('hex');
  const keyFile = join(FOLDER, 'dist', 'key.txt');
  if (existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return '';
  mkdirSync(join(FOLDER, 'src'), { recursive: true });
  mkdirSync(join(FOLDER, 'dist'), { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), manifest);
  for (const file of sources) copyFileSync(file, join(FOLDER, 'src', file.split('/').pop()!));
  console.log('peers: installing and bundling, once');
  const install = run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (install) return `npm install failed (${install})`;
  const entries = ['common.js', ...OURS].map((name) => join('src', name));
  const bundle = run(process.execPath, ['node_modules/esbuild/bin/esbuild', ...entries, '--bundle', '--format=esm', '--minify', '--outdir=dist', '--define:process.env.NODE_ENV="production"', '--log-level=error']);
  if (bundle) return `esbuild failed (${bundle})`;
  writeFileSync(keyFile, key);
  return '';
}

/** Runs a command in the folder; '' or the last line of what it complained about. */
function run(command: string, args: string[]): string {
  const { status, stderr, error } = spawnSync(command, args, { cwd: FOLDER, encoding: 'utf8', timeout: 300_000 });
  return status === 0 ? '' : (error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given');
}

/** Serves the bundles under /peers/. */
export const peersRoute = (): Plugin => ({
  name: 'sieve-bench-peers',
  configureServer: (server) => {
    server.middlewares.use('/peers', (request, response, next) => {
      const file = join(FOLDER, 'dist', normalize((request.url ?? '/').split('?')[0]));
      if (!file.endsWith('.js') || !existsSync(file)) return next();
      response.setHeader('content-type', 'text/javascript');
      response.end(readFileSync(file));
    });
  },
});
