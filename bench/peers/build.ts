/**
 * Builds the peers' bundles. Their libraries are no dependencies of ours: they are installed under .out/, and kept as
 * long as the sources are the same.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import type { Plugin } from 'vite';

const FOLDER = '.out/peers';
const DEPENDENCIES = {
  '@jax-js/jax': '0.1.25',
  '@tensorflow/tfjs': '4.22.0',
  '@tensorflow/tfjs-backend-webgpu': '4.22.0',
  esbuild: '0.28.2',
};
const ENTRIES = ['jax.js', 'tfjs.js'].map((name) => resolve('bench/peers', name));

/** Why the peers cannot be had, or '' when their bundles are ready. */
export function buildPeers(): string {
  const manifest = JSON.stringify({ name: 'peers', private: true, type: 'module', dependencies: DEPENDENCIES });
  const sources = [...ENTRIES, resolve('bench/peers/problem.ts')].map((file) => readFileSync(file, 'utf8'));
  const key = createHash('sha256')
    .update(manifest + sources.join())
    .digest('hex');
  const keyFile = join(FOLDER, 'dist', 'key.txt');
  if (existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return '';
  mkdirSync(join(FOLDER, 'dist'), { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), manifest);
  console.log('peers: installing and bundling, once');
  const install = run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (install) return `npm install failed (${install})`;
  const bundle = run(process.execPath, [
    'node_modules/esbuild/bin/esbuild',
    ...ENTRIES,
    '--bundle',
    '--format=esm',
    '--minify',
    '--outdir=dist',
    '--define:process.env.NODE_ENV="production"',
    '--log-level=error',
  ]);
  if (bundle) return `esbuild failed (${bundle})`;
  writeFileSync(keyFile, key);
  return '';
}

/**
 * Runs a command in the folder; '' or the last line of what it complained about. The sources find the libraries by
 * NODE_PATH.
 */
function run(command: string, args: string[]): string {
  const env = { ...process.env, NODE_PATH: resolve(FOLDER, 'node_modules') };
  const { status, stderr, error } = spawnSync(command, args, { cwd: FOLDER, env, encoding: 'utf8', timeout: 300_000 });
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
