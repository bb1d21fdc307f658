/** Moves the skip map through time from anywhere on the page. */

/** Given a row and the last row, the row to go to; ends are held. @returns false where the map is not seen */
type Move = (to: (at: number, last: number) => number) => boolean;

class Scrubber {
  #map: Move | null = null;

  /** A map that is on the page takes the moves. @returns an end to that */
  attach(map: Move): () => void {
    this.#map = map;
    return () => {
      if (this.#map === map) this.#map = null;
    };
  }

  /** @returns false where no map is seen */
  move(to: (at: number, last: number) => number): boolean {
    return this.#map?.(to) ?? false;
  }
}

/** The page's. */
export const scrubber = new Scrubber();
