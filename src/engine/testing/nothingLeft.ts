/** Files of tests share one device: each leaves as many buffers on it as it found, or the next one would count them. */
import { afterAll, beforeAll } from 'vitest';
import { liveBuffers } from './harness';

let before = 0;
beforeAll(async () => {
  before = await liveBuffers();
});
afterAll(async () => {
  const left = (await liveBuffers()) - before;
  if (left !== 0) throw new Error(`this file has not freed ${left} buffers`);
});
