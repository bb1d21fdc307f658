/** The browser's process is killed in the middle of a run; what comes of it is what would have come of it anyway. */
import { FILES } from './data';
import { straightAndKilled } from './killed';
import { expect, test } from './test';

test('a run whose browser was killed goes on to the same losses and weights, bit for bit; trained again, it is on the same data', async ({
  baseURL,
}) => {
  // The CPU takes a step in hundredths of a second: fewer would be over before the kill.
  const { straight, killed, problems } = await straightAndKilled(baseURL!, 200, 1, console.log);
  expect(problems).toEqual([]);
  expect(killed.data[0]).toBe(`Data of this run: ${FILES[0].name}. `);
  expect(killed.data).toEqual(straight.data);
  expect(killed.losses).toEqual(straight.losses);
  expect(killed.final).toEqual(straight.final);
  expect(Object.keys(killed.adapters)).toHaveLength(11);
  for (const [file, bytes] of Object.entries(straight.adapters))
    expect(killed.adapters[file] === bytes, `${file} is the same`).toBe(true);
});
