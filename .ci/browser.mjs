/** Finds the browsers to test with, and the flags that give Chromium WebGPU without a display. */
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright';

/** A browser as people have it, but for what would disturb a test. Without a GPU it has no WebGPU adapter. */
export const plainArgs = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** SwiftShader gives a real WebGPU adapter on the CPU; SIEVE_GPU=real leaves the choice to the browser. */
export const webgpuArgs = [
  ...plainArgs,
  '--enable-unsafe-webgpu',
  ...(process.env.SIEVE_GPU === 'real' ? ['--enable-features=Vulkan'] : ['--use-webgpu-adapter=swiftshader']),
];

/**
 * For scripts: a browser as people have it, which computes on the CPU; `SIEVE_GPU=software` gives it SwiftShader,
 * `real` a GPU.
 */
export const browserArgs = process.env.SIEVE_GPU ? webgpuArgs : plainArgs;

/**
 * For journeys: such a browser whose V8 optimises a WebAssembly function after fifteen times as much of its work (13 MB
 * by default). A short visit is over before it pays: it was a quarter of all processor time of opening a model. Which
 * compiler it was changes no bit.
 */
export const journeyArgs = [...plainArgs, '--js-flags=--wasm-tiering-budget=200000000'];

/**
 * For tests with WebGPU, which run no WebAssembly of ours for long: V8 compiles it once, fast, and leaves it at that.
 */
export const webgpuTestArgs = [...webgpuArgs, '--js-flags=--liftoff-only'];

/**
 * For the tests of kernels: shaders as they are written, without the bounds checks that the browser puts around every
 * access. A kernel that leaned on them, reading what is clamped for it, would differ from its reference; journeys have
 * them. Compiling, which is what these tests take their time for, is a fifth shorter.
 */
export const kernelTestArgs = [...webgpuTestArgs, '--enable-dawn-features=disable_robustness'];

/** The first of these commands, else of these paths, that there is. */
function installed(names, paths) {
  for (const name of names) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      // not this one
    }
  }
  return paths.find((path) => existsSync(path));
}

/**
 * @returns {string | undefined} path of an installed Firefox as Mozilla or Debian builds it, or undefined where there
 * is none.
 */
export function firefoxPath() {
  return (
    process.env.SIEVE_FIREFOX ||
    installed(
      ['firefox-esr', 'firefox'],
      ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
    )
  );
}

/** @returns {string | undefined} path of an installed Chromium or Chrome, or undefined where there is none. */
export function browserPath() {
  if (process.env.SIEVE_BROWSER) return process.env.SIEVE_BROWSER;
  const path = installed(
    ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
  );
  if (path) return path;
  const own = chromium.executablePath();
  return existsSync(own) ? own : undefined;
}
