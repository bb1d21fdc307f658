/**
 * Sees to the browsers for the tests. An installed Chromium or Chrome, else Playwright's own download, else Debian's
 * package where we may install it, else words on how to get one. Firefox the same, without the download: Playwright's
 * is not the one that people have.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserPath, firefoxPath } from './browser.mjs';

const require = createRequire(import.meta.url);

function run(command, args, minutes, env = {}) {
  console.log(`browser: ${[command.split('/').pop(), ...args].join(' ')}`);
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: minutes * 60_000,
    env: { ...process.env, ...env },
  });
  return result.status === 0;
}

/** Debian's package, where there is apt-get and we are root. */
function aptInstall(name) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) return;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], 5, env);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], 10, env);
}

/**
 * @returns {string} path of Firefox
 * @throws {Error} with what to do, where there is none
 */
export function ensureFirefox() {
  if (!firefoxPath()) aptInstall('firefox-esr');
  const path = firefoxPath();
  if (path) return path;
  throw new Error(
    'No Firefox to test with. Install it (Debian: apt-get install firefox-esr), or set SIEVE_FIREFOX to the path of one.',
  );
}

/**
 * @returns {string} path of a Chromium or Chrome
 * @throws {Error} with what to do, where none can be had
 */
export function ensureBrowser() {
  const there = browserPath();
  if (there) return there;

  const cli = join(dirname(require.resolve('playwright/package.json')), 'cli.js');
  console.log('browser: no Chromium or Chrome found; trying the download Playwright offers');
  run(process.execPath, [cli, 'install', 'chromium', '--no-shell'], 8, {
    PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000',
  });
  const downloaded = browserPath();
  if (downloaded) return downloaded;

  aptInstall('chromium');
  const installed = browserPath();
  if (installed) return installed;
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
