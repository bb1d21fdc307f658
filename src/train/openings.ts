/**
 * Models that are asked for while others are on their way: of them all the one that was asked for last is open in the
 * end. One that is still being downloaded ends; one that is being put on a device is, and goes again.
 */
import type { Device } from '../engine/device/device';
import type { DeviceChoice, ModelSource } from '../shared/types';
import { Lock } from './lock';

export interface OpeningsHost<Files> {
  /** The device that is open, where it is whole and what is asked for. */
  fitting: (choice: DeviceChoice) => Device | null;
  openDevice: (choice: DeviceChoice) => Promise<Device>;
  fetch: (source: ModelSource, signal: AbortSignal) => Promise<Files>;
  /**
   * Puts the model on the device, in the place of what is open; what it does not need any more it frees, the device too
   * where it fails.
   */
  place: (device: Device, files: Files) => Promise<void>;
}

export class Openings<Files> {
  readonly #host: OpeningsHost<Files>;
  /** One after the other. */
  readonly #places = new Lock();
  /** Of the model that is being downloaded. */
  #fetching: AbortController | null = null;
  /** Models that are being put on a device, or wait for it. */
  #placing = 0;

  constructor(host: OpeningsHost<Files>) {
    this.#host = host;
  }

  /**
   * Opens a model, then calls `done` before another takes its place.
   * @param done told whether nothing else is on its way
   */
  async open<T>(source: ModelSource, choice: DeviceChoice, done: (last: boolean) => T): Promise<T> {
    this.#fetching?.abort();
    const fetching = (this.#fetching = new AbortController());
    const { fitting, openDevice, fetch, place } = this.#host;
    const own = fitting(choice) ? null : await openDevice(choice);
    let files: Files;
    try {
      files = await fetch(source, fetching.signal);
      fetching.signal.throwIfAborted();
    } catch (error) {
      own?.destroy();
      throw error;
    }
    // From here on opening is not ended by a word.
    this.#fetching = null;
    this.#placing++;
    return this.#places.run(async () => {
      try {
        // A model that was placed since may have taken the device along that fitted.
        await place(own ?? fitting(choice) ?? (await openDevice(choice)), files);
        return done(this.#fetching === null && this.#placing === 1);
      } finally {
        this.#placing--;
      }
    });
  }

  /** Ends the download. @returns whether what was open stays: not where a model is taking its place */
  cancel(): boolean {
    const kept = this.#fetching !== null && this.#placing === 0;
    this.#fetching?.abort();
    this.#fetching = null;
    return kept;
  }
}
