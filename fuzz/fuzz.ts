/**
 * `npm run fuzz`: damaged files for every reader. Each must be read, or refused by a typed error, and come to an end.
 *
 *   npm run fuzz -- --seed 7 --minutes 10              all readers, in turns
 *   npm run fuzz -- --seed 7 --minutes 1 --reader onnx  one of them
 *   npm run fuzz -- --seed 7 --inputs 100000            so many inputs for each, however long that takes
 *
 * Input k of a reader follows from the seed and k alone. What fails is written to .out/fuzz/<reader>/; once it is
 * mended it belongs in fuzz/corpus/<reader>/, which is read first every time.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';
import { SieveError } from '../src/shared/errors';
import { Rng } from '../src/shared/rng';
import { mutated, mutatedJson } from './mutate';
import { READERS, corpus, json } from './readers';

/**
 * An input that has not come to an end after so much CPU time hangs, in ms: a busy machine spends the clock's on
 * others.
 */
const HANG = 10_000;
/** What waits, and computes nothing, has so long by the clock, in ms. */
const WAIT = 300_000;
/** Draws until one is what a reader is given at all. */
const TRIES = 50;
/**
 * What an input may take, in ms by the clock for each MB, and for less than one. What takes longer is read again, since
 * the clock counts other processes as well, and what is compiled at first: the fastest reading counts.
 */
const SLOW = 100;
const READINGS = 4;
/** Of the process that reads, in MB: JavaScript's heap, and with it array buffers and code. */
const HEAP = 1024;
const MEMORY = 1536;

const BUILT = join('.out', 'fuzz', 'built');

interface Begun {
  reader: string;
  input: string;
}

const inputOf = (reader: string, seed: number, k: number) => {
  const rng = new Rng((seed * 0x9e3779b1 + k * 0x85ebca6b + reader.length) >>> 0);
  const { seeds, json: isJson } = READERS[reader];
  const honest = seeds[Math.floor(rng.float() * seeds.length)];
  if (!isJson) return mutated(honest, rng);
  // Bytes that are JSON still are dear to find, but hold what no value does: a key twice, or one of another kind.
  if (rng.float() < 0.9) return mutatedJson(honest, rng);
  let bytes = honest;
  for (let tries = 0; tries < TRIES; tries++) {
    bytes = mutated(honest, rng);
    if (json(bytes) !== undefined) break;
  }
  return bytes;
};

function save(reader: string, name: string, bytes: Uint8Array): string {
  const folder = join('.out', 'fuzz', reader);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

/**
 * Ends this process when an input is over its bounds. From a thread of its own: what hangs keeps the reader's.
 * @returns to be called when an input begins
 */
function bounded(): () => void {
  const inputs = new Int32Array(new SharedArrayBuffer(4));
  const watchdog = `
    const { workerData: { inputs, hang, memory } } = require('node:worker_threads');
    let [last, since] = [-1, 0];
    setInterval(() => {
      const { user, system } = process.cpuUsage();
      const [input, ms] = [Atomics.load(inputs, 0), (user + system) / 1000];
      if (input !== last) [last, since] = [input, ms];
      if (ms - since > hang || process.memoryUsage.rss() > memory) process.kill(process.pid, 'SIGKILL');
    }, 200);`;
  const workerData = { inputs, hang: HANG, memory: MEMORY * 2 ** 20 };
  new Worker(watchdog, { eval: true, execArgv: [], workerData }).unref();
  return () => {
    Atomics.add(inputs, 0, 1);
  };
}

/** Whichever comes first. */
interface Bounds {
  minutes: number;
  /** For each reader. */
  inputs: number;
}

/** Milliseconds that reading takes, whatever comes of it. */
async function timed(reader: string, bytes: Uint8Array): Promise<number> {
  const begun = performance.now();
  try {
    await READERS[reader].read(bytes);
  } catch {
    // Told when it was read first.
  }
  return performance.now() - begun;
}

/** Reads in this process, and tells the one that watches what it begins. */
async function attack(seed: number, { minutes, inputs: most }: Bounds, readers: string[]): Promise<number> {
  const end = Date.now() + minutes * 60_000;
  const begins = bounded();
  let failures = 0;
  const counts = Object.fromEntries(readers.map((reader) => [reader, { inputs: 0, read: 0, ms: 0, slowest: 0 }]));
  const one = async (reader: string, name: string, bytes: Uint8Array) => {
    process.send?.({ reader, input: name } satisfies Begun);
    // Messages leave between two tasks only.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    begins();
    const begun = performance.now();
    const count = counts[reader];
    count.inputs++;
    try {
      await READERS[reader].read(bytes);
      count.read++;
    } catch (error) {
      if (!(error instanceof SieveError)) {
        failures++;
        console.log(`FAIL ${reader} ${name}: ${String(error)}; saved as ${save(reader, name, bytes)}`);
      }
    }
    let ms = performance.now() - begun;
    count.ms += ms;
    const bar = SLOW * Math.max(1, bytes.length / 2 ** 20);
    for (let again = 1; again < READINGS && ms > bar; again++) ms = Math.min(ms, await timed(reader, bytes));
    count.slowest = Math.max(count.slowest, ms);
    if (ms > bar) console.log(`slow: ${reader} ${name}, ${bytes.length} bytes, ${Math.round(ms)} ms`);
  };
  for (const reader of readers)
    for (const [i, bytes] of corpus(reader).entries()) await one(reader, `corpus-${i}`, bytes);
  for (let k = 0; k < most && Date.now() < end; k++)
    for (const reader of readers) await one(reader, `${seed}-${k}`, inputOf(reader, seed, k));
  for (const [reader, { inputs, read, ms, slowest }] of Object.entries(counts))
    console.log(
      `${reader}: ${inputs} inputs in ${Math.round(ms / 1000)} s, ${read} read, slowest ${Math.round(slowest)} ms`,
    );
  return failures;
}

/** Runs `attack` in a process of its own, so that what hangs, or takes all memory, is found and named. */
async function watch(args: string[]): Promise<number> {
  // Built, since some readers import what they need only when they need it.
  await build({
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { ssr: 'fuzz/fuzz.ts', outDir: BUILT, emptyOutDir: true },
  });
  const start = `process.exitCode = await (await import(${JSON.stringify(pathToFileURL(join(BUILT, 'fuzz.js')).href)})).main(process.argv.slice(1));`;
  return new Promise((resolve) => {
    let last: Begun | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP}`, '--input-type=module', '-e', start, '--', '--child', ...args],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    child.on('message', (message) => {
      last = message as Begun;
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), WAIT);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      // 13: nothing is left that could settle what is awaited.
      if ((signal || code === 13) && last) {
        const [seed, k] = last.input.split('-').map(Number);
        const saved = Number.isInteger(seed)
          ? save(last.reader, last.input, inputOf(last.reader, seed, k))
          : last.input;
        console.log(
          `FAIL ${last.reader} ${last.input}: ${signal ? `ended by ${signal}, over its bounds of time or memory` : 'waits for ever'}; ${saved}`,
        );
      }
      resolve(code ?? 1);
    });
  });
}

/** @returns the exit code */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      inputs: { type: 'string' },
      reader: { type: 'string' },
      child: { type: 'boolean', default: false },
    },
  });
  if (values.reader && !Object.hasOwn(READERS, values.reader))
    throw new Error(`no reader ${values.reader}; there are ${Object.keys(READERS).join(', ')}`);
  if (!values.child) return watch(args);
  const failures = await attack(
    Number(values.seed),
    { minutes: Number(values.minutes ?? (values.inputs ? Infinity : 1)), inputs: Number(values.inputs ?? Infinity) },
    values.reader ? [values.reader] : Object.keys(READERS),
  );
  // Nothing that a reader has left behind keeps the process.
  process.disconnect?.();
  return failures > 0 ? 1 : 0;
}
