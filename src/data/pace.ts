/** Long work in slices, so that a worker hears of a cancel and the page of the progress. */
import { SieveError } from '../shared/errors';
import { type Message, message } from '../shared/message';

/** The person has changed their mind; nothing is wrong. */
export class Cancelled extends SieveError {
  constructor() {
    super(message('data.cancelled'));
  }
}

export interface PaceHooks {
  signal?: AbortSignal;
  /** @param total null where it is not known. */
  onProgress?: (label: Message, loaded: number, total: number | null) => void;
}

/** Work between two looks at the mailbox, and between two reports, in ms. */
const SLICE = 30;
const REPORT = 150;

export class Pace {
  readonly #hooks: PaceHooks;
  #sliceEnd = performance.now() + SLICE;
  #nextReport = performance.now() + REPORT;

  constructor(hooks: PaceHooks = {}) {
    this.#hooks = hooks;
  }

  /** Whether it is time for `rest`; cheap enough for every few rows. */
  get due(): boolean {
    return performance.now() >= this.#sliceEnd;
  }

  /**
   * Reports, and lets messages in.
   * @throws {Cancelled} when the work is not wanted any more.
   */
  async rest(label: Message, loaded: number, total: number | null): Promise<void> {
    const now = performance.now();
    if (now >= this.#nextReport) {
      this.#nextReport = now + REPORT;
      this.#hooks.onProgress?.(label, loaded, total);
    }
    // A timer of 0 would be stretched to 4 ms; a message is a task of its own at once.
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
    if (this.#hooks.signal?.aborted) throw new Cancelled();
    this.#sliceEnd = performance.now() + SLICE;
  }
}
