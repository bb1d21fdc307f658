import { describe, expect, test } from 'vitest';
import { lintDoors, lintFolders } from './lint-folders.mjs';

/** Errors for a small tree given as {path: text}. */
const errorsOf = (tree) => lintFolders(new Map(Object.entries(tree))).errors;

describe('the folder rule', () => {
  test('accepts the way the architecture draws it', () => {
    expect(
      errorsOf({
        'shared/types.ts': 'export interface A { a: number }',
        'hub/model.ts':
          "import type { A } from '../shared/types'; import { AutoConfig } from '@huggingface/transformers'; export type B = A; void AutoConfig;",
        'engine/device/device.ts': "import type { A } from '../../shared/types'; export type C = A;",
        'engine/kernels/add/add.wgsl': '// out = a + b',
        'engine/kernels/add/add.ts':
          "import wgsl from './add.wgsl?raw'; import type { C } from '../../device/device'; export type D = C; void wgsl;",
        'engine/model/llama.ts': "import type { D } from '../kernels/add/add'; export type E = D;",
        'engine/engine.ts': "export type { E } from './model/llama';",
        'train/protocol/events.ts': "import type { A } from '../../shared/types'; export type P = A;",
        'train/protocol/index.ts': "export * from './events';",
        'train/trainWorker.ts':
          "import type { E } from '../engine/engine'; import type { P } from './protocol'; export type W = E | P;",
        'store/client.ts':
          "import type { P } from '../train/protocol'; new Worker(new URL('../train/trainWorker.ts', import.meta.url), { type: 'module' }); export type S = P;",
        'ui/App.tsx':
          "import { useState } from 'react'; import type { S } from '../store/client'; export const App = () => { useState<S>(); return <p>x</p>; };",
        'main.tsx': "import { App } from './ui/App'; void App;",
        'train/testing/tiny.ts': 'export const tiny = 1;',
        'store/testing/page.ts': "export { tiny } from '../../train/testing/tiny';",
      }),
    ).toEqual([]);
  });

  const b = 'export const b = 1;';
  test.each([
    [
      'shared imports hub',
      { 'shared/a.ts': "import { b } from '../hub/b'; void b;", 'hub/b.ts': b },
      'stand on nothing',
    ],
    [
      'hub imports data',
      { 'hub/a.ts': "import { b } from '../data/b'; void b;", 'data/b.ts': b },
      'hub may import shared',
    ],
    [
      'engine imports train',
      { 'engine/a.ts': "import { b } from '../train/b'; void b;", 'train/b.ts': b },
      'never URLs',
    ],
    [
      'ui imports engine, by type only',
      { 'ui/a.ts': "import type { b } from '../engine/b'; export type A = typeof b;", 'engine/b.ts': b },
      'ui reads the store',
    ],
    [
      'store imports the session',
      { 'store/a.ts': "import { b } from '../train/session'; void b;", 'train/session.ts': b },
      'train/protocol',
    ],
    [
      'store imports a part of the protocol, past its face',
      { 'store/a.ts': "import { b } from '../train/protocol/events'; void b;", 'train/protocol/events.ts': b },
      'train/protocol',
    ],
    [
      'store imports a worker as code',
      { 'store/a.ts': "import { b } from '../train/trainWorker'; void b;", 'train/trainWorker.ts': b },
      'train/protocol',
    ],
    [
      'a re-export goes the wrong way',
      { 'data/a.ts': "export { b } from '../train/b';", 'train/b.ts': b },
      'data may import shared',
    ],
    [
      'import() goes the wrong way',
      { 'data/a.ts': "void import('../train/b');", 'train/b.ts': b },
      'data may import shared',
    ],
    [
      'an import() type goes the wrong way',
      { 'data/a.ts': "export type X = import('../train/b').X;", 'train/b.ts': 'export type X = 1;' },
      'data may import shared',
    ],
    [
      'device imports kernels',
      { 'engine/device/a.ts': "import { b } from '../kernels/b'; void b;", 'engine/kernels/b.ts': b },
      'ground of the engine',
    ],
    [
      'kernels import adapters',
      { 'engine/kernels/a.ts': "import { b } from '../adapters/b'; void b;", 'engine/adapters/b.ts': b },
      'a kernel is one operation',
    ],
    [
      'adapters import the model',
      { 'engine/adapters/a.ts': "import { b } from '../model/b'; void b;", 'engine/model/b.ts': b },
      'never the other way round',
    ],
    [
      'optim imports adapters',
      { 'engine/optim/a.ts': "import { b } from '../adapters/b'; void b;", 'engine/adapters/b.ts': b },
      'must not know which model',
    ],
    [
      'a part imports the top of the engine',
      { 'engine/device/a.ts': "import { b } from '../engine'; void b;", 'engine/engine.ts': b },
      'stands above it',
    ],
    [
      'the app imports testing',
      { 'engine/model/a.ts': "import { b } from '../testing/b'; void b;", 'engine/testing/b.ts': b },
      'only tests',
    ],
    [
      'a file imports a test',
      { 'data/a.ts': "import { b } from './b.test'; void b;", 'data/b.test.ts': b },
      'nobody may import a test',
    ],
    [
      'an unknown folder',
      { 'utils/a.ts': "import { b } from '../shared/b'; void b;", 'shared/b.ts': b },
      'not a folder of the architecture',
    ],
    [
      'React below the page',
      { 'engine/a.ts': "import { useState } from 'react'; void useState;" },
      'React stays at the edge',
    ],
    [
      'words below the page',
      { 'store/a.ts': "import { b } from '../shared/texts/b'; void b;", 'shared/texts/b.ts': b },
      'words stand at the edge',
    ],
    [
      'words in shared',
      { 'shared/a.ts': "export { b } from './texts/b';", 'shared/texts/b.ts': b },
      'words stand at the edge',
    ],
    ['a file that is not there', { 'data/a.ts': "import { b } from './b'; void b;" }, 'no file of src/'],
    ['a file outside src/', { 'data/a.ts': "import { b } from '../../bench/b'; void b;" }, 'outside src/'],
    ['a file that does not parse', { 'data/a.ts': 'import {' }, 'does not parse'],
  ])('refuses: %s', (_name, tree, why) => {
    const errors = errorsOf(tree);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(why);
  });

  test('names every file of a cycle, through type imports too', () => {
    const errors = errorsOf({
      'data/a.ts': "import { b } from './b'; export const a = b;",
      'data/b.ts': "import type { c } from './c'; export const b = 1 as unknown as typeof c;",
      'data/c.ts': "import { a } from './a'; export const c = a;",
    });
    expect(errors).toHaveLength(1);
    for (const file of ['src/data/a.ts', 'src/data/b.ts', 'src/data/c.ts']) expect(errors[0]).toContain(file);
  });

  test('lets tests reach across folders and into testing', () => {
    expect(
      errorsOf({
        'engine/testing/allclose.ts': 'export const b = 1;',
        'hub/model.ts': 'export const m = 1;',
        'engine/model/llama.test.ts':
          "import { b } from '../testing/allclose'; import { m } from '../../hub/model'; import f from '../../../python/golden/x.json'; void b; void m; void f;",
      }),
    ).toEqual([]);
  });

  test('lets the page read words, and everybody their types', () => {
    expect(
      errorsOf({
        'shared/texts/index.ts': 'export const texts = 1; export type Texts = 1;',
        'shared/message.ts': "import type { Texts } from './texts'; export type M = Texts;",
        'store/testing/a.ts': "import { texts } from '../../shared/texts'; void texts;",
        'ui/a.ts': "import { texts } from '../shared/texts'; void texts;",
        'main.tsx': "import { texts } from './shared/texts'; void texts;",
      }),
    ).toEqual([]);
  });

  test('lets nobody outside reach past the engine’s face', () => {
    const at = (path, text) => lintDoors(new Map([[path, text]]));
    expect(at('bench/rows/a.ts', "import { Trainer } from '../../src/engine'; void Trainer;")).toEqual([]);
    const [error] = at('e2e/a.ts', "import type { Trainer } from '../src/engine/trainer'; export type T = Trainer;");
    expect(error).toContain('e2e/a.ts:1: imports src/engine/trainer');
  });

  test('only notes a long file', () => {
    const { errors, warnings } = lintFolders(new Map([['data/long.ts', '\n'.repeat(600)]]));
    expect(errors).toEqual([]);
    expect(warnings[0]).toContain('601 lines');
  });
});
