/**
 * Sees to a browser for the tests: an installed Chromium or Chrome, else Playwright's own download, else Debian's
 * package where we may install it, else words on how to get one.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserPath } from './browser.mjs';

const require = createRequire(import.meta.url);

function run(command, args, minutes, env = {}) {
  console.log(`browser: ${[command.split('/').pop(), ...args].join(' ')}`);
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: minutes * 60_000, env: { ...process.env, ...env } });
  return result.status === 0;
}

/**
 * @returns {string} path of a browser
 * @throws {Error} with what to do, where none can be had
 */
export function ensureBrowser() {
  const there = browserPath();
  if (there) return there;

  const cli = join(dirname(require.resolve('playwright/package.json')), 'cli.js');
  console.log('browser: no Chromium or Chrome found; trying the download Playwright offers');
  run(process.execPath, [cli, 'install', 'chromium', '--no-shell'], 8, { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' });
  const downloaded = browserPath();
  if (downloaded) return downloaded;

  if (process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('which', ['apt-get']).status === 0) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], 5, env);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], 10, env);
    const installed = browserPath();
    if (installed) return installed;
  }
  throw new Error(
    'No browser to test with. Install Chromium or Google Chrome (Debian: apt-get install chromium; Fedora: dnf install chromium; ' +
      'macOS: brew install --cask google-chrome), or run "npx playwright install chromium", or set SIEVE_BROWSER to the path of one.',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(`browser: ${ensureBrowser()}`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
