/**
 * `npm run accept -- claims`: the engine repeats what the PyTorch twin has trained (python/sieve_ref/claims/engine.py),
 * from the same A and on the same batches, in a headless browser. Its rows lie beside the twin's;
 * docs/claims/first-runs.md compares them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright';
import { createServer } from 'vite';

const PLAN = '.out/claims-plan.json';
const FOLDER = 'python/claims/engine';

/** Held-out losses of the two may differ by this much at most: kept tokens at the edge of a gate fall either way. */
const TOLERANCE = 0.1;

export interface PlanBatch {
  ids: number[];
  targets: number[];
  starts: number[];
}

export interface ClaimsSeed {
  seed: number;
  /** A and B before the first step, by module: float32 as base64. */
  start: Record<string, { a: string; b: string }>;
  /** One for every step. */
  batches: PlanBatch[];
  heldOut: PlanBatch[];
}

export interface ClaimsPlan {
  model: string;
  train: Record<string, number>;
  runs: { id: string; name: string }[];
  seeds: ClaimsSeed[];
}

export interface ClaimsRow {
  by: 'engine' | 'twin';
  run: string;
  seed: number;
  trainLoss: number[];
  heldOut: number;
  /** Shares, in the last quarter of training and on the held-out set; none without gates. */
  skipped?: { train: number; heldOut: number };
}

export async function claims(browser: Browser): Promise<{ ok: boolean; line: string }> {
  if (!existsSync(PLAN))
    return {
      ok: true,
      line: `skipped: ${PLAN} is not here; python -m sieve_ref.claims.engine (in python/) writes it`,
    };
  const { seeds, ...plan } = JSON.parse(readFileSync(PLAN, 'utf8')) as ClaimsPlan;
  const twin = readFileSync(`${FOLDER}/twin.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ClaimsRow);
  const server = await createServer({
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, open: false, hmr: false },
  });
  await server.listen();
  const rows: ClaimsRow[] = [];
  try {
    for (const seed of seeds) {
      const page = await browser.newPage();
      await page.goto(`${server.resolvedUrls!.local[0]}bench/page.html`);
      // As text: the loader that runs this file would rewrite the import for Node.
      rows.push(
        ...((await page.evaluate(
          `import('/e2e/claimsEngine.ts').then((m) => m.repeat(${JSON.stringify(plan)}, ${JSON.stringify(seed)}))`,
        )) as ClaimsRow[]),
      );
      await page.close();
      console.log(
        `seed ${seed.seed}: ${rows
          .slice(-plan.runs.length)
          .map((r) => `${r.run} ${r.heldOut.toFixed(4)}`)
          .join(', ')}`,
      );
    }
  } finally {
    await server.close();
  }
  writeFileSync(`${FOLDER}/engine.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const apart = (run: string) =>
    Math.max(
      ...rows
        .filter((r) => r.run === run)
        .map((r) => Math.abs(r.heldOut - twin.find((t) => t.run === run && t.seed === r.seed)!.heldOut)),
    );
  const parts = plan.runs.map(({ id }) => ({ id, apart: apart(id) }));
  return {
    ok: parts.every((p) => p.apart < TOLERANCE),
    line: `validation losses of ${seeds.length} seeds, engine and twin apart by at most ${parts.map((p) => `${p.apart.toFixed(4)} (${p.id})`).join(', ')}`,
  };
}
