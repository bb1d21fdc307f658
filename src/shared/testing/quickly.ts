/**
 * The bound on what a hostile file may cost. CPU time of this process, or the clock, whichever is less: neither what the
 * machine does besides nor the tests in other threads of this process shall count.
 */
import { expect } from 'vitest';

/** ms; the design's bound. */
const LIMIT = 100;
/** Tests in other threads take the processor now and then: what is slow by itself is slow every time. */
const TRIES = 20;

/** Starts to measure; the result tells the ms so far. */
export function stopwatch(): () => number {
  const [start, clock] = [process.cpuUsage(), performance.now()];
  return () => {
    const { user, system } = process.cpuUsage(start);
    return Math.min((user + system) / 1000, performance.now() - clock);
  };
}

/** What `act` gives; the fastest of a few tries must keep to the bound. */
export async function quickly<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const time = stopwatch();
    const result = await act();
    const ms = time();
    if (ms > LIMIT && tries < TRIES) continue;
    expect(ms, 'ms').toBeLessThanOrEqual(LIMIT);
    return result;
  }
}
