/**
 * The CPU device's work, in the order in which it was sent. A thread that computes cannot listen, so between jobs it
 * listens often enough that a pause or a question is heard at once.
 */

/** Milliseconds of work between two times of listening. */
const SLICE = 12;

/** Lets messages and timers through: a task of its own, without the delay that timers have. */
function listen(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

interface Job {
  run: () => void;
  /** Runs although an earlier job failed: memory is given back in any case. */
  always: boolean;
}

export class Queue {
  #jobs: Job[] = [];
  #next = 0;
  #running: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;
  #stopped = false;

  /** Runs `run` after all that was pushed before. */
  push(run: () => void): void {
    this.#add({ run, always: false });
  }

  /** Runs `run` after all that was pushed before, whatever failed there; at once when nothing is waiting. */
  settle(run: () => void): void {
    if (this.#running) this.#add({ run, always: true });
    else run();
  }

  #add(job: Job): void {
    this.#jobs.push(job);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Whoever pushes finishes what it does first.
    await Promise.resolve();
    let start = performance.now();
    while (this.#next < this.#jobs.length) {
      const { run, always } = this.#jobs[this.#next++];
      try {
        if (always || !(this.#failure || this.#stopped)) run();
      } catch (error) {
        this.#failure ??= { error };
      }
      if (performance.now() - start > SLICE) {
        await listen();
        start = performance.now();
      }
    }
    this.#jobs = [];
    this.#next = 0;
    this.#running = null;
  }

  /**
   * Resolves when all that was pushed before has run, whatever was pushed since. @throws what a job among them threw
   */
  async soFar(): Promise<void> {
    if (!this.#running) return this.done();
    const failure = await new Promise<{ error: unknown } | null>((resolve) => {
      this.#add({ run: () => resolve(this.#failure), always: true });
    });
    if (!failure) return;
    // Nobody goes on before what depends on it was passed over.
    await this.done().catch(() => undefined);
    throw failure.error;
  }

  /** Resolves when nothing is left to do. @throws what a job threw; what was pushed behind it did not run */
  async done(): Promise<void> {
    while (this.#running) await this.#running;
    const failure = this.#failure;
    this.#failure = null;
    if (failure) throw failure.error;
  }

  /** What a job threw since `done` was last called. */
  get failure(): unknown {
    return this.#failure?.error ?? null;
  }

  /** From now on only what settles is run: nobody waits for ever. */
  stop(): void {
    this.#stopped = true;
  }
}
