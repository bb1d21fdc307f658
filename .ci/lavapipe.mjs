/**
 * The kernels with a GPU's variants (shared memory, split-K, f16), on a machine without a GPU: Dawn for Node on Mesa's
 * lavapipe, of which the tests believe that it is hardware. Needs both, and neither comes with `npm ci`:
 *
 *   apt install -t bookworm-backports mesa-vulkan-drivers     Mesa 25; Dawn refuses Debian 12's 22.3
 *   npm install --no-save webgpu@0.6.2                        130 MB
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const DRIVERS = '/usr/share/vulkan/icd.d';
/**
 * Files whose shaders lavapipe compiles for longer than anyone waits: what is written out for each head size or
 * variant.
 */
const EXCLUDED = ['attention.test.ts', 'attention.wgsl.test.ts', 'gated.test.ts', 'matmul.wgsl.test.ts'];
/** For a kernel's file. On a quiet machine most take some seconds. */
const MINUTES = 15;

/** Environment in which Dawn finds lavapipe, or why there is none. */
function driver(root) {
  if (!existsSync(join(root, 'node_modules/webgpu'))) return { why: 'the package webgpu is not installed' };
  const own = existsSync(DRIVERS) ? readdirSync(DRIVERS).find((name) => /^lvp_icd.*json$/.test(name)) : undefined;
  const icd = process.env.VK_DRIVER_FILES ?? (own && join(DRIVERS, own));
  if (!icd) return { why: `no lavapipe in ${DRIVERS}` };
  const scratch = join(root, '.out', 'lavapipe');
  mkdirSync(scratch, { recursive: true });
  // One thread of its own: its pools outlive a device, and processes with many of them ended in an error of the
  // system's.
  return { env: { VK_DRIVER_FILES: icd, XDG_RUNTIME_DIR: scratch, LP_NUM_THREADS: '1' } };
}

const PROBE = `import { create } from 'webgpu';
process.exit((await create(['backend=vulkan']).requestAdapter())?.features.has('shader-f16') ? 0 : 1);`;

/**
 * Each kernel's tests in a process of their own, one after the other; skipped, which counts as one test, where there is
 * no driver.
 * @param run runs a Node script: arguments and options in, exit code out
 * @param vitest runs tests in a project of a config: counts of passed, failed and skipped ones
 */
export async function lavapipe(root, { run, vitest }) {
  const { why, env } = driver(root);
  const missing =
    why ??
    ((await run(['--input-type=module', '-e', PROBE], { minutes: 1, env })) === 0 ? null : 'Dawn refuses the driver');
  const all = { passed: 0, failed: 0, skipped: 0 };
  if (missing) {
    console.log(`lavapipe: skipped, ${missing}; see .ci/lavapipe.mjs`);
    return { ...all, skipped: 1 };
  }
  const files = ['kernels', 'optim', 'adapters']
    .map((folder) => join('src/engine', folder))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.cpu.test.ts'))
    .filter((file) => !EXCLUDED.includes(basename(file)))
    .toSorted();
  console.log(`lavapipe: ${files.length} files; excluded: ${EXCLUDED.join(', ')}`);
  for (const file of files) {
    const began = Date.now();
    const counts = await vitest(file, { minutes: MINUTES, env });
    for (const key of Object.keys(all)) all[key] += counts[key];
    console.log(
      `${file}: ${counts.passed} passed, ${counts.failed} failed, ${((Date.now() - began) / 1000).toFixed(0)} s`,
    );
  }
  return all;
}
