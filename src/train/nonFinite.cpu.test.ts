/** Where a step could not be computed, the first bad tensor is named: whatever a method trains. */
import { expect, it } from 'vitest';
import type { ModuleValues } from '../engine/adapters/parameters';
import { testDevice } from '../engine/testing/harness';
import { Trainer } from '../engine/trainer';
import { METHODS, runSchema } from '../shared/config';
import { batchOf, openBase } from './testing/fixture';
import { layout, train } from './testing/finished';

it('a NaN in any trained tensor of any method is found by its name', async () => {
  const base = await openBase(await testDevice(), 'sieve-stories-nano');
  const late = { id: 'late', method: 'ts-dora', gate: { rule: 'late' } };
  const runs = [...METHODS.map((method) => ({ id: method, method })), late].map((run) =>
    runSchema.parse({ name: run.id, rank: 4, modules: ['q_proj'], adalora: { initRank: 6 }, ...run }),
  );
  const trainer = await Trainer.create(base, runs, train, layout);
  const batch = batchOf([9], base.config.vocab, 1);
  const kinds = new Set<string>();
  for (const { id } of runs) {
    const run = trainer.run(id);
    const values = await run.adapters();
    const { path } = run.modules[1];
    const names = new Set<string>();
    const keys = (['a', 'b', 'constant', 'extra'] as const).filter((key) => values[1][key]);
    for (const key of keys) {
      const bad = (m: ModuleValues) => ({ ...m, [key]: m[key]!.with(2, NaN) });
      run.load(values.map((m, i) => (i === 1 ? bad(m) : m)));
      const found = await trainer.firstNonFinite(id, [batch], 0);
      expect(found, `${id}: ${key}`).toMatch(new RegExp(`of ${path} \\(value \\d+\\)$`));
      names.add(found!);
      kinds.add(key);
    }
    expect(names.size, id).toBe(keys.length);
  }
  expect(kinds.size).toBe(4);
  trainer.free();
  base.free();
});
