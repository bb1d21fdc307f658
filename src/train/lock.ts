/** One task at a time, in the order of asking: training steps and answers to the page take turns on the GPU. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // The caller sees the failure; the next task must run all the same.
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
