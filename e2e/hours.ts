/**
 * Hours of use in minutes: what people do, in an order that follows from a seed. Whatever comes, the page answers,
 * nothing is thrown that nobody caught, and at rest there is no more of anything than there was at first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../src/shared/rng';
import type { App } from './app';
import { FILES } from './data';
import { readRepo, serveHub } from './hub';
import { type Counts, counts } from './probes';

/** What is at rest: buffers and workers, and the page's heap after it was tidied, in bytes. */
export interface Rest extends Counts {
  heap: number;
}

export interface Hours {
  /** How often each was done. */
  done: Record<string, number>;
  rests: Rest[];
  problems: string[];
}

/** Actions between two looks at what is there. */
const REST_EVERY = 12;
const NETWORK = /huggingface\.co|Failed to load resource|net::ERR|aborted/;

export async function hoursOfUse(
  app: App,
  { actions, seed, file }: { actions: number; seed: number; file: string },
  report: (line: string) => void,
): Promise<Hours> {
  const { page } = app;
  const rng = new Rng(seed);
  const pick = <T>(all: readonly T[]): T => all[rng.below(all.length)];
  const found: Hours = { done: {}, rests: [], problems: [] };
  app.expectProblem(NETWORK);
  const model = join('public', 'models', 'sieve-stories-nano');
  await serveHub(page.context(), {
    'someone/stalled': readRepo(model),
    'someone/broken': { 'config.json': Buffer.from('{}') },
  });
  await page.context().route('https://huggingface.co/someone/stalled/**/model.onnx', async (route) => {
    if (route.request().method() === 'HEAD') await route.fallback();
    // A GET is never answered.
  });

  const live = async () => ['compiling', 'training', 'evaluating', 'paused'].includes(await app.phase());
  const stop = async () => {
    if (!(await live())) return;
    await app.get('stop-button').click();
    await app.waitPhase(['stopped', 'finished'], 60_000);
  };
  /** Reading or a model may have been left in between: there is something to learn from again. */
  const ready = async () => {
    await app.dataReady();
    if (!(await app.get('train-button').isEnabled())) await app.loadFile(FILES[0]);
  };
  const begin = async (steps: number) => {
    await app.set('steps', steps);
    await ready();
    await app.get('train-button').click();
    await app.begun();
  };
  const upload = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  const DO: Record<string, () => Promise<unknown>> = {
    train: async () => {
      await app.set('steps', 4 + rng.below(6));
      await ready();
      await app.train();
    },
    stop: async () => {
      await begin(500);
      await app.waitSteps(1 + rng.below(4));
      await stop();
    },
    pause: async () => {
      await begin(500);
      await app.waitSteps(2);
      await app.get('pause-button').click();
      await app.waitPhase(['paused'], 30_000);
      const at = await app.steps();
      await app.get('resume-button').click();
      await app.waitSteps(at + 2);
      await stop();
    },
    fail: async () => {
      // So large a rate that nothing can be computed any more.
      await app.set('learningRate', 1);
      await app.set('steps', 40);
      await ready();
      await app.get('train-button').click();
      await app.begun();
      await app.waitPhase(['finished', 'stopped'], 120_000).catch(() => undefined); // it may fail: that is what is tried
      await app.set('learningRate', 0.003);
    },
    data: () => app.loadFile(pick(FILES)),
    'bad data': async () => {
      await app
        .get('data-file')
        .setInputFiles(upload('bad.csv', pick(['', 'a,b\n', '\0\x01\x02'.repeat(50), '{"a":'])));
      await page.locator('#data').getByTestId('error-alert').first().waitFor();
      await app.loadFile(FILES[0]);
    },
    'leave data': async () => {
      const rows = Array.from({ length: 60_000 }, (_, i) => `{"prompt":"p ${i}","completion":"c ${i}"}`).join('\n');
      await app.get('data-file').setInputFiles(upload('long.jsonl', rows));
      await app
        .get('data-cancel')
        .click({ timeout: 3000 })
        .catch(() => undefined); // it may be through already
      await page.getByTestId('data-progress').waitFor({ state: 'detached' });
      await app.loadFile(FILES[0]);
    },
    model: () => app.chooseModel(pick(['sieve-stories-4m', 'sieve-stories-nano'])),
    'bad model': async () => {
      await app.openFromHub('someone/broken');
      await page.waitForFunction(
        () => document.querySelector('[data-testid="model-status"]')?.getAttribute('data-status') !== 'opening',
      );
      await app.chooseModel('sieve-stories-nano');
    },
    'leave a model': async () => {
      await app.openFromHub('someone/stalled');
      await app.get('model-cancel').click();
      await app.modelReady();
    },
    import: async () => {
      const before = await app.get('saved-session').count();
      await app.get('history-import').setInputFiles(file);
      await page.waitForFunction(
        (n) => document.querySelectorAll('[data-testid="saved-session"]').length >= n,
        Math.max(1, before),
      );
      await app.get('saved-open').first().click();
      await app.get('saved-session').first().getByText('shown above').waitFor();
      await settings(app);
    },
    delete: async () => {
      if ((await app.get('saved-session').count()) < 2) return;
      await app.get('saved-delete').last().click();
      await app.get('saved-delete-yes').click();
      await app.get('saved-delete-yes').waitFor({ state: 'detached' });
    },
    'bad import': async () => {
      const bytes = readFileSync(file);
      bytes[rng.below(bytes.length)] ^= 1 << rng.below(8);
      await app.get('history-import').setInputFiles({ name: 'x.zip', mimeType: 'application/zip', buffer: bytes });
      // Read or refused: both are an end.
      await page.waitForTimeout(500);
    },
    ask: () => app.compare(pick(['Once upon a time', 'The hat', 'Tom said'])),
    reload: async () => {
      await page.reload();
      await app.modelReady();
      await app.loadFile(FILES[0]);
      await settings(app);
    },
  };
  const session = await page.context().newCDPSession(page);
  const rest = async () => {
    await stop();
    await app.chooseModel('sieve-stories-4m');
    await app.chooseModel('sieve-stories-nano');
    // What was kept aside grows with what people keep; the rest must not.
    while ((await app.get('saved-session').count()) > 1) await DO.delete();
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
    found.rests.push({ ...(await counts(page)), heap: usedSize });
    const { workers, buffers, bytes, heap } = found.rests.at(-1)!;
    report(
      `at rest: ${workers} workers, ${buffers} buffers of ${bytes} bytes, heap ${(heap / 2 ** 20).toFixed(1)} MiB`,
    );
  };

  await app.loadFile(FILES[0]);
  await settings(app);
  await DO.train();
  await rest();
  const names = Object.keys(DO);
  for (let i = 1; i <= actions; i++) {
    const name = pick(names);
    const start = Date.now();
    try {
      await stop();
      await DO[name]();
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
      const missing = await app.get('train-missing').allTextContents();
      found.problems.push(`action ${i}, ${name}: ${[why, ...missing, ...(await app.errors())].join(' | ')}`);
    }
    found.done[name] = (found.done[name] ?? 0) + 1;
    report(`${i} ${name}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
    if (i % REST_EVERY === 0) await rest();
  }
  found.problems.push(...app.problems);
  return found;
}

async function settings(app: App): Promise<void> {
  await app.small(6);
  await app.set('learningRate', 0.003);
}
