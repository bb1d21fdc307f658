/** The bound on what a hostile file may cost, for tests on machines that do other things, too. */
import { expect } from 'vitest';

/** ms; the design's bound for a file of up to 1 MB. */
const LIMIT = 100;
const TRIES = 5;

/** What `act` gives; the fastest of a few tries must keep to the bound. */
export async function quickly<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const start = performance.now();
    const result = await act();
    const ms = performance.now() - start;
    if (ms > LIMIT && tries < TRIES) continue;
    expect(ms, 'ms').toBeLessThanOrEqual(LIMIT);
    return result;
  }
}
