/**
 * Exported adapters of every family and method: they come back as the same adapter, and lie in `.out/export-families` for CI,
 * where PEFT (with sieve-peft, for gates) must give the logits of `check.json` (python/sieve_ref/check_export.py).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { Generator } from '../engine/generator';
import { expectCloseToMax } from '../engine/testing/allclose';
import { testDevice } from '../engine/testing/harness';
import { checkOf } from './adapterCheck';
import { adapterFiles, readAdapter } from './adapterFiles';
import {
  FAMILY_METHODS,
  FIXTURE_FAMILIES,
  familyConfigs,
  loadFamily,
  openFamily,
  startAdapter,
} from './testing/family';
import { fixtureBatch, sequence } from './testing/fixture';

const OUT = '.out/export-families';
const ROWS = [0, 3, 16];

beforeAll(() => rmSync(OUT, { recursive: true, force: true }));

async function logits(base: BaseModel, run: AdapterRun, ids: Int32Array): Promise<number[][]> {
  const generator = await Generator.create(base, [run], ids.length);
  const [rows] = await generator.logits(ids);
  generator.free();
  return ROWS.map((row) => [...rows[row]]);
}

/** Adapters of class heads are not exported yet. */
const EXPORTED = FIXTURE_FAMILIES.filter((name) => name !== 'vit');

describe.each(EXPORTED)('%s', (name) => {
  it.each(FAMILY_METHODS)('%s', async (method) => {
    const f = await loadFamily(name);
    const base = await openFamily(await testDevice(), name);
    const { ids } = sequence(fixtureBatch(f, 'batch0'), 2);
    const own = await startAdapter(f, base, method);
    const expected = await logits(base, own, ids);
    const gated = method.startsWith('ts-');
    const files = adapterFiles({
      run: own.config,
      model: { id: name, revision: null },
      adapters: await own.adapters(),
      inOut: own.modules.some((m) => m.inOut),
      thresholds: await own.method.thresholds(),
      template: { prompt: '', completion: '' },
      check: checkOf({ model: `families/${name}`, ids: [...ids], rows: ROWS, logits: expected }),
    });
    own.free();
    const folder = `${OUT}/${name}-${method}`;
    mkdirSync(folder, { recursive: true });
    for (const file of files) writeFileSync(`${folder}/${file.name}`, file.bytes);

    const imported = readAdapter(files, base.config, 'imported');
    const again = new AdapterRun(base, imported.run, familyConfigs(f, method).train);
    await again.init();
    again.load(imported.adapters);
    if (imported.thresholds) again.method.setThresholds(imported.thresholds);
    await again.refresh();
    expectCloseToMax(
      (await logits(base, again, ids)).flat(),
      expected.flat(),
      1e-6,
      'logits of the adapter that was read',
    );
    expect(imported.thresholds !== null).toBe(gated);
    again.free();
    base.free();
  });
});
