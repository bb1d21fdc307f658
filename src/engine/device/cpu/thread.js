// One thread of the CPU engine, in a browser's worker or in Node's. It stands alone: it is started from its own text, so
// that no request is needed. `control` (i32): see threads.ts. It sleeps until the generation changes, takes ranges of
// items until none is left, and says so.
const begin = async ({ module, memory, control, scratch, layout, report }) => {
  const { GENERATION, FUNCTION, ITEMS, CHUNK, NEXT, PENDING, ARGUMENT_COUNT, ARGUMENTS_AT, FAILED, SPINS } = layout;
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  exports.setScratch(scratch);
  const functions = WebAssembly.Module.exports(module).filter((e) => e.kind === 'function').map((e) => exports[e.name]);
  const numbers = new Float64Array(control.buffer, control.byteOffset + ARGUMENTS_AT);
  let generation = 0;
  report();
  for (;;) {
    for (let i = 0; i < SPINS && Atomics.load(control, GENERATION) === generation; i++);
    // Whoever calls may be late to wake a thread that has seen the call, done it and gone to sleep again.
    while (Atomics.load(control, GENERATION) === generation) Atomics.wait(control, GENERATION, generation);
    generation = Atomics.load(control, GENERATION);
    const of = Atomics.load(control, FUNCTION);
    if (of < 0) return;
    try {
      const items = control[ITEMS];
      const chunk = control[CHUNK];
      const args = numbers.slice(0, control[ARGUMENT_COUNT]);
      for (let from = Atomics.add(control, NEXT, chunk); from < items; from = Atomics.add(control, NEXT, chunk)) {
        functions[of](...args, from, Math.min(items, from + chunk));
      }
    } catch {
      // The host throws by name: see Threads.run.
      Atomics.store(control, FAILED, 1);
    }
    Atomics.sub(control, PENDING, 1);
    Atomics.notify(control, PENDING);
  }
};

if (typeof process === 'object' && process.versions?.node) {
  import('node:worker_threads').then(({ parentPort }) => {
    parentPort.once('message', (message) => begin({ ...message, report: () => parentPort.postMessage('ready') }));
  });
} else {
  globalThis.onmessage = ({ data }) => begin({ ...data, report: () => postMessage('ready') });
}
