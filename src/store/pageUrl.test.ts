import { expect, it } from 'vitest';
import { startModel } from './pageUrl';

it('starts with the embedded model the address names, else with the default', () => {
  expect(startModel('http://x/sieve/?model=sieve-stories-nano').id).toBe('sieve-stories-nano');
  for (const href of ['http://x/', 'http://x/?model=../../etc', 'http://x/?model=__proto__']) expect(startModel(href).id).toBe('sieve-stories-4m');
});
