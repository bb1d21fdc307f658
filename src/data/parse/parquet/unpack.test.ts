import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

it('reads brotli when it is loaded anew, beside the library that was not', async () => {
  const file = new Blob([readFileSync('src/data/testing/files/pairs-brotli.parquet')]);
  for (let i = 0; i < 2; i++) {
    vi.resetModules();
    const { parseFile } = await import('../index');
    expect((await parseFile('a.parquet', file)).rows).toHaveLength(300);
  }
});
