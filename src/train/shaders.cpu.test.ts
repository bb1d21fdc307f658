/**
 * The shaders in one piece, as a GPU gets them, are written down in docs/shaders, so that a change of a snippet shows
 * where it ends up. `npm run shaders` writes them anew (one that is gone is deleted by hand).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { composedShaders } from './testing/shaders';

const FOLDER = join(import.meta.dirname, '../../docs/shaders');

it('docs/shaders has every shader as it is composed', async () => {
  const shaders = await composedShaders();
  for (const [name, code] of shaders) await expect(code, name).toMatchFileSnapshot(join(FOLDER, name));
  const written = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  expect(written.filter((name) => !shaders.has(name))).toEqual([]);
});
