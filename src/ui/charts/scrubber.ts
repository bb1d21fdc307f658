/** Moves the skip map through time from anywhere on the page. */

/** Given a row and the last row, the row to go to; ends are held. */
type Move = (to: (at: number, last: number) => number) => void;

class Scrubber {
  #map: Move | null = null;

  /** A map that is on the page takes the moves. @returns an end to that */
  attach(map: Move): () => void {
    this.#map = map;
    return () => {
      if (this.#map === map) this.#map = null;
    };
  }

  /** @returns false where there is no map */
  move(to: (at: number, last: number) => number): boolean {
    this.#map?.(to);
    return this.#map !== null;
  }
}

/** The page's. */
export const scrubber = new Scrubber();
