/**
 * `npm run accept`: the long checks, one by one, each with a PASS or FAIL line and its numbers.
 *
 *   npm run accept                     all of them
 *   npm run accept -- sidebyside data  some of them
 *   npm run accept -- kills --kills 100 --seed 7
 *   npm run accept -- hours --actions 360 --seed 7
 *   npm run accept -- smollm2 --smollm2 FOLDER [--forms fp32,fp16]
 *   npm run accept -- export --smollm2 FOLDER [--forms fp32,q4]
 *   npm run accept -- handover [--cases texts,labels]
 *   npm run accept -- people [--who student,teacher] [--ways mouse,keyboard,phone] [--gpu software]
 *   npm run accept -- axe [--pictures FOLDER]
 *   npm run accept -- pictures [--places train]
 *   npm run accept -- reloads [--at 'paused']
 *   npm run accept -- shapes [--shapes Qwen2.5-0.5B,Llama-3.2-1B]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { chartPictures } from './chartPictures';
import { claims } from './claims';
import { asUpload, FILES, writeBig } from './data';
import { exportModels } from './exportModels';
import { everyView } from './everyView';
import { handOver } from './handOver';
import { hoursOfUse } from './hours';
import { straightAndKilled } from './killed';
import { manyKills } from './kills';
import { countBuffers, counts, inputDelays, mainThreadTasks, peakHeap, type Task } from './probes';
import { type PEOPLE, WAYS, oneVisit } from './people';
import { MOMENTS, reloadAt } from './reloads';
import { smollm2 } from './smollm2';
import { shapes } from './shapes';
import { SHIFT } from './shifts';
import { formatTable, launch, options, serveBuild, type Site, visit } from './server';

const OUT = '.out/accept';

interface Outcome {
  ok: boolean;
  /** What was measured, in one line. */
  line: string;
}

type Item = (site: Site, browser: Browser, named: Record<string, string>) => Promise<Outcome>;

/** "12.3 %" or "−0.51" as a number; NaN where there is none. */
const numberOf = (text: string | null) => Number((text ?? '').replace('−', '-').replace(/[^\d.e+-]/gi, '') || NaN);

/** Some of the test suite in a process of its own. */
function vitest(...filters: string[]): Outcome {
  const bin = join('node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(process.execPath, [bin, 'run', '--project', 'gpu', ...filters], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, SIEVE_LONG: '1' },
  });
  return { ok: status === 0, line: `tests: ${filters.join(' ')}` };
}

/** Bars of Sieve afterwards on two threads, in ms. */
const SIEVE_BARS = { curve: 10_000, preview: 300, whole: 1000 } as const;

/** Sieve afterwards in Node, where the CPU time of all threads can be told from a busy machine's wall time. */
const sieve: Item = async () => {
  const script = 'bench/product/sieveTimes.ts';
  const { status, stdout } = spawnSync(process.execPath, ['.ci/engine.mjs', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) return { ok: false, line: `${script} ended with ${status}` };
  const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, { wall: number; cpu: number }>;
  const parts = Object.entries(SIEVE_BARS).map(([name, bar]) => {
    const { wall, cpu } = found[name];
    return { ok: wall <= bar, text: `${name} ${wall.toFixed(0)} ms (${cpu.toFixed(0)} ms of CPU; bar ${bar})` };
  });
  return { ok: parts.every((p) => p.ok), line: parts.map((p) => p.text).join(', ') };
};

/** Side by side, 100 steps of 4 × 64 tokens, 4m model, defaults. */
const sidebyside: Item = async (site, browser) => {
  const { app, page, close } = await visit(browser, site);
  try {
    await app.open('sieve-stories-4m');
    await app.loadSample((await app.samples())[0]);
    await app.set('steps', 100);
    const start = Date.now();
    await app.train(15 * 60_000);
    const minutes = (Date.now() - start) / 60_000;
    console.log(formatTable(await app.table('final-table')));
    console.log(formatTable(await app.table('work-table')));
    const final = async (id: string) => numberOf(await app.get(`final-${id}`).textContent());
    const [base, lora, ts] = [await final('base'), await final('lora'), await final('ts-lora')];

    // The module table of the last evaluation.
    const modules = page.locator('#train');
    await modules.getByLabel('Tokens of').selectOption('eval');
    const [head, ...rows] = await app.table('module-table');
    console.log(formatTable([head, ...rows]));
    const column = (name: RegExp) => head.findIndex((h) => name.test(h));
    const shares = rows.map((r) => numberOf(r[column(/^skipped$/)]));
    const skipped = numberOf(await app.get('skipped-ts-lora').textContent());
    const spread = Math.max(...shares) - Math.min(...shares);
    const mu = rows
      .map((r) => ({ active: numberOf(r[column(/μ, active/)]), skipped: numberOf(r[column(/μ, skipped/)]) }))
      .filter((m) => Number.isFinite(m.active) && Number.isFinite(m.skipped));
    const lower = mu.filter((m) => m.active < m.skipped).length;
    await page.screenshot({ path: `${OUT}/sidebyside.png`, fullPage: true });

    const failures = [
      minutes < 10 || 'took 10 minutes or more',
      base - lora >= 0.3 || 'LoRA is less than 0.3 under base',
      base - ts >= 0.3 || 'TS-LoRA is less than 0.3 under base',
      (skipped >= 20 && skipped <= 80) || 'skipped share is outside 20–80 %',
      spread >= 5 || 'all modules skip alike',
      app.problems.length === 0 || app.problems.join(', '),
    ].filter((f) => f !== true);
    const note = lower > mu.length / 2 ? 'in most, as expected' : 'NOT in most: see the table';
    const line = `${minutes.toFixed(1)} min, losses base ${base} LoRA ${lora} TS-LoRA ${ts}, skipped ${skipped} % (${Math.min(...shares)}–${Math.max(...shares)} % by module), mean μ of active below skipped in ${lower} of ${mu.length} modules (${note})`;
    return { ok: failures.length === 0, line: failures.length ? `${line}; ${failures.join('; ')}` : line };
  } finally {
    await close();
  }
};

/** Real files, ten steps each. */
const data: Item = async (site, browser) => {
  const folder = join('..', 'shared', 'data');
  const files: [string, string][] = [
    ['alpaca', join('llama-factory-demo', 'alpaca_en_demo.json')],
    ['gsm8k', join('gsm8k', 'train.jsonl')],
    ['sst2', join('sst2', 'train.tsv')],
    ['tinyshakespeare', join('tinyshakespeare', 'input.txt')],
  ];
  if (!existsSync(folder)) return { ok: true, line: `skipped: ${folder} is not here` };
  const lines: string[] = [];
  let ok = true;
  for (const [name, file] of files) {
    const { app, close } = await visit(browser, site);
    try {
      await app.open('sieve-stories-4m');
      await app.loadFile(join(folder, file));
      const chips = await app.get('data-preview').locator('.chip').count();
      await app.set('steps', 10);
      await app.set('evalInterval', 10);
      await app.set('evalExamples', 8);
      await app.train(5 * 60_000);
      const losses = await Promise.all(
        ['base', 'lora', 'ts-lora'].map(async (id) => numberOf(await app.get(`final-${id}`).textContent())),
      );
      const fine =
        chips > 0 && (await app.steps()) === 10 && losses.every(Number.isFinite) && app.problems.length === 0;
      ok &&= fine;
      lines.push(`${name} ${losses.join('/')}${fine ? '' : ` FAILED ${app.problems.join(', ')}`}`);
    } catch (error) {
      ok = false;
      lines.push(`${name} FAILED ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await close();
    }
  }
  return { ok, line: `validation loss after 10 steps, base/LoRA/TS-LoRA: ${lines.join('; ')}` };
};

/** 200 MB of JSON lines, a million rows: memory stays bounded, and the page answers while it reads. */
const bigfile: Item = async (site, browser) => {
  const path = `${OUT}/big.jsonl`;
  writeBig(path, 200);
  const { app, page, close } = await visit(browser, site);
  try {
    await app.open('sieve-stories-nano');
    await page.getByText('Paste text instead').click();
    // What a key takes on this machine while nothing is read.
    await app.get('data-paste').focus();
    const idle = await inputDelays(page, () => page.waitForTimeout(5000));
    const start = Date.now();
    let delays: number[] = [];
    let tasks: Task[] = [];
    const peak = await peakHeap(page, async () => {
      tasks = await mainThreadTasks(browser, page, `${OUT}/bigfile-trace.json`, async () => {
        await app.get('data-file').setInputFiles(path);
        await app.get('data-paste').focus();
        delays = await inputDelays(page, () => app.dataReady(5 * 60_000));
      });
    });
    const seconds = (Date.now() - start) / 1000;
    const found = await page
      .locator('#data')
      .getByText(/rows, 4 columns/)
      .textContent();
    // A cancel while the file is read again.
    await app.get('data-file').setInputFiles(path);
    await app.get('data-cancel').click();
    const cancelled = Date.now();
    await app.get('data-progress').waitFor({ state: 'detached' });
    const mb = (n: number) => Math.round(n / 2 ** 20);
    const failures = [
      mb(peak.heap) < 300 || 'the heap is 300 MB or more',
      delays.length > 10 || 'too few keys were pressed',
      delays[0] < 100 || 'a key took 100 ms or more',
      app.problems.length === 0 || app.problems.join(', '),
    ].filter((f) => f !== true);
    const line = `${found?.trim()} in ${seconds.toFixed(0)} s; peak JS heap ${mb(peak.heap)} MB, array buffers beside it ${mb(peak.buffers)} MB; slowest of ${delays.length} keys ${delays[0]} ms (while idle ${idle[0]} ms), longest task of the page ${tasks[0].cpu.toFixed(0)} ms of CPU time; cancelled after ${Date.now() - cancelled} ms`;
    return { ok: failures.length === 0, line: failures.length ? `${line}; ${failures.join('; ')}` : line };
  } finally {
    await close();
    rmSync(path, { force: true });
  }
};

/** Pause, resume, stop, another model and back, a dozen times: nothing may stay behind. */
const leaks: Item = async (site, browser) => {
  const { app, page, close } = await visit(browser, site, countBuffers);
  try {
    await app.open('sieve-stories-nano');
    await app.get('data-file').setInputFiles(asUpload(FILES[0]));
    await app.dataReady();
    await app.set('steps', 1000);
    const round = async () => {
      await app.get('train-button').click();
      await app.waitPhase(['training', 'evaluating'], 60_000);
      await app.waitSteps(2);
      await app.get('pause-button').click();
      await app.waitPhase(['paused'], 30_000);
      await app.get('resume-button').click();
      const resumedAt = await app.steps();
      await app.waitSteps(resumedAt + 2);
      await app.get('stop-button').click();
      await app.waitPhase(['stopped'], 30_000);
      const stopped = await counts(page);
      await app.chooseModel('sieve-stories-4m');
      await app.chooseModel('sieve-stories-nano');
      return { stopped, idle: await counts(page) };
    };
    const first = await round();
    let last = first;
    for (let i = 1; i < 12; i++) last = await round();
    const same = JSON.stringify(first) === JSON.stringify(last);
    const show = (c: { workers: number; buffers: number; bytes: number }) =>
      `${c.workers} workers, ${c.buffers} buffers, ${(c.bytes / 2 ** 20).toFixed(2)} MiB`;
    const counted = first.idle.buffers > 0;
    return {
      ok: same && counted,
      line: `idle: ${show(first.idle)} after the first round, ${show(last.idle)} after the twelfth; stopped: ${show(first.stopped)}, ${show(last.stopped)}`,
    };
  } finally {
    await close();
  }
};

/** The page's main thread while both runs train. */
const trace: Item = async (site, browser) => {
  const { app, page, close } = await visit(browser, site);
  try {
    await app.open('sieve-stories-4m');
    await app.loadSample((await app.samples())[0]);
    await app.set('steps', 1000);
    await app.set('evalInterval', 10);
    await app.get('train-button').click();
    await app.waitSteps(1);
    const tasks = await mainThreadTasks(browser, page, `${OUT}/trace.json`, async () => {
      await page.waitForTimeout(60_000);
    });
    const done = await app.steps();
    const long = tasks.filter((t) => t.cpu > 50);
    return {
      ok: long.length === 0 && done > 2,
      line: `${tasks.length} tasks in 60 s and ${done} steps; longest ${tasks[0].cpu.toFixed(1)} ms of CPU time (${tasks[0].wall.toFixed(1)} ms of wall time); ${long.length} over 50 ms`,
    };
  } finally {
    await close();
  }
};

/** Five kills of the browser's process in one run; what comes of it is compared with a run that nobody touched. */
const killed: Item = async (site) => {
  const lines: string[] = [];
  const {
    straight,
    killed: broken,
    problems,
  } = await straightAndKilled(site.url, 200, 5, (line) => {
    console.log(line);
    lines.push(line);
  });
  const differ = Object.keys(straight.adapters).filter((file) => straight.adapters[file] !== broken.adapters[file]);
  const tables = JSON.stringify([straight.losses, straight.final]) === JSON.stringify([broken.losses, broken.final]);
  const finals = straight.final
    .slice(1)
    .map((row) => `${row[0]} ${row[2]}`)
    .join(', ');
  const ok = tables && differ.length === 0 && problems.length === 0;
  return {
    ok,
    line: `${lines.slice(0, -1).join('; ')}; final losses ${finals}: ${ok ? 'the same, and every byte of both adapters' : `tables ${tables ? 'equal' : 'differ'}, files that differ: ${differ.join(', ') || 'none'}; ${problems.join(', ')}`}`,
  };
};

/** Kills at random moments of whatever writes: nothing that was kept is lost, and every run ends the same. */
const kills: Item = async (site, _browser, { kills: asked = '20', seed = '1' }) => {
  const {
    counts: killedWhile,
    resumed,
    compared,
    problems,
  } = await manyKills(site.url, { kills: Number(asked), seed: Number(seed) }, console.log);
  const of = Object.entries(killedWhile).map(([moment, n]) => `${n} while ${moment}`);
  return {
    ok: problems.length === 0 && compared > 0,
    line: `seed ${seed}: ${of.join(', ')}; ${resumed} resumed, ${compared} compared bit for bit with a run that nobody touched; ${problems.join('; ') || 'nothing lost, all the same'}`,
  };
};

/** One action a minute: 360 of them are six hours of somebody who is in no hurry. */
const hours: Item = async (site, browser, { actions = '60', seed = '1' }) => {
  const { app, close } = await visit(browser, site, countBuffers);
  try {
    await app.open('sieve-stories-nano');
    await app.loadFile(FILES[0]);
    await app.small(4);
    await app.train();
    const file = `${OUT}/hours.zip`;
    await (await app.download(() => app.press('saved-export'))).saveAs(file);
    const { done, rests, problems } = await hoursOfUse(
      app,
      { actions: Number(actions), seed: Number(seed), file },
      console.log,
    );
    const [first, last] = [rests[0], rests.at(-1)!];
    const failures = [
      rests.every((r) => r.buffers === first.buffers && r.bytes === first.bytes) || 'buffers are left behind',
      rests.every((r) => r.workers <= first.workers) || 'workers are left behind',
      last.heap < 1.5 * first.heap || 'the heap grows',
      problems.length === 0 || problems.join('; '),
    ].filter((f) => f !== true);
    const of = Object.entries(done).map(([name, n]) => `${name} ${n}`);
    const mib = (n: number) => (n / 2 ** 20).toFixed(1);
    return {
      ok: failures.length === 0,
      line: `seed ${seed}, ${actions} actions (${of.join(', ')}); at rest ${first.workers} workers and ${first.buffers} buffers (${mib(first.bytes)} MiB), heap ${mib(first.heap)} MiB at first and ${mib(last.heap)} MiB at last; ${failures.join('; ') || 'nothing was left behind'}`,
    };
  } finally {
    await close();
  }
};

/** The four people of this project, by every way; with `--gpu software` they compute on WebGPU. */
const people: Item = async (site, browser, { who, ways, gpu }) => {
  const lines: string[] = [];
  let failed = 0;
  let shift = 0;
  const folder = join(OUT, 'people');
  mkdirSync(folder, { recursive: true });
  const persons = who?.split(',') ?? ['student', 'researcher', 'teacher', 'developer'];
  for (const person of persons as (keyof typeof PEOPLE)[])
    for (const way of WAYS.filter((w) => !ways || ways.split(',').includes(w.name))) {
      const start = Date.now();
      let said: string;
      try {
        const visit = await oneVisit(browser, site.url, { person, way, gpu: gpu !== undefined, folder });
        shift = Math.max(shift, visit.shift.sum);
        said = `${visit.line}; layout shift ${visit.shift.sum.toFixed(3)} (${visit.shift.said || 'none'})`;
        if (visit.shift.sum > SHIFT) throw new Error(said);
      } catch (error) {
        failed++;
        said = `FAILED ${error instanceof Error ? error.message.split('\n').slice(0, 4).join(' ') : String(error)}`;
      }
      const line = `${person}, ${way.name} (${((Date.now() - start) / 1000).toFixed(0)} s): ${said}`;
      console.log(line);
      lines.push(line);
    }
  return {
    ok: failed === 0,
    line: `${lines.length - failed} of ${lines.length} reach their ends${gpu ? ' on WebGPU' : ''}; largest layout shift ${shift.toFixed(3)}`,
  };
};

/** Reloads at odd moments of a run: the page stands as it did, and trains on what it shows. */
const reloads: Item = async (site, browser, { at }) => {
  const moments = MOMENTS.filter((m) => !at || m.what.includes(at));
  const failed: string[] = [];
  for (const moment of moments) {
    let said: string;
    try {
      said = await reloadAt(browser, site.url, moment);
    } catch (error) {
      said = `FAILED ${error instanceof Error ? error.message.split('\n').slice(0, 4).join(' ') : String(error)}`;
      failed.push(moment.what);
    }
    console.log(`${moment.what}: ${said}`);
  }
  return {
    ok: failed.length === 0,
    line: `${moments.length - failed.length} of ${moments.length} moments${failed.length > 0 ? `; not ${failed.join('; ')}` : ''}`,
  };
};

/** axe over every part of every view, in every theme and language. */
const axe: Item = async (site, browser, { pictures }) => {
  const { app, close } = await visit(browser, site);
  try {
    const found = await everyView(app, pictures ?? null);
    found.forEach((f) => console.log(f));
    return { ok: found.length === 0 && app.problems.length === 0, line: `${found.length} findings` };
  } finally {
    await close();
  }
};

/** Every chart's files, and captures of the whole page and of what is printed, against what is seen. */
const pictures: Item = async (site, browser, { places }) => {
  const { app, close } = await visit(browser, site);
  try {
    const { line, wrong } = await chartPictures(browser, app, places);
    wrong.push(...app.problems);
    wrong.forEach((w) => console.log(w));
    return { ok: wrong.length === 0, line: `${line}; ${wrong.length} wrong` };
  } finally {
    await close();
  }
};

const bench: Item = async () => {
  const { status } = spawnSync(
    process.execPath,
    ['.ci/ts.mjs', 'bench/run.ts', 'steps', '--results', `${OUT}/bench.json`],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  return { ok: status === 0, line: 'step times above' };
};

const ITEMS: Record<string, { what: string; run: Item }> = {
  gate: { what: '2. whole-model gate on both models against PyTorch', run: async () => vitest('src/train/wholeModel') },
  sidebyside: { what: '3. side by side, 100 steps, 4m model', run: sidebyside },
  work: {
    what: '4. counted adapter work and results at forced active shares',
    run: async () => vitest('src/engine/adapters'),
  },
  data: { what: '5. real data sets load, preview and train', run: data },
  bigfile: { what: 'a file of 200 MB: bounded memory, a page that answers, cancel', run: bigfile },
  leaks: { what: '6. a dozen restarts leave nothing behind', run: leaks },
  trace: { what: '6. no main-thread task over 50 ms while training', run: trace },
  killed: { what: '6. killed five times at random steps, and yet the same', run: killed },
  kills: { what: '6. kills at random moments of training, checkpointing, saving and importing', run: kills },
  hours: { what: '6. hours of use at random: nothing is left behind, nothing is thrown', run: hours },
  axe: { what: 'axe in every view, three themes, two languages', run: axe },
  pictures: { what: 'files, full-page captures and prints of every chart are what is seen', run: pictures },
  reloads: { what: 'a reload at odd moments of a run: same view, data and settings', run: reloads },
  people: { what: 'four people reach their ends by mouse, by keyboard, on a phone', run: people },
  smollm2: {
    what: 'SmolLM2-135M-Instruct in every form: opened by id, proved, trained on chats, asked',
    run: (_site, browser, { smollm2: folder, forms }) => smollm2(browser, folder, forms?.split(',')),
  },
  export: {
    what: 'SmolLM2-135M-Instruct as files of every kind, loaded by PEFT, transformers, ONNX Runtime, transformers.js, llama.cpp',
    run: (_site, _browser, { smollm2: folder, forms }) => exportModels(folder, forms?.split(',')),
  },
  handover: {
    what: 'a session from the page to sieve-train and back: losses, curves, maps, logits of the adapters',
    run: (site, browser, { cases }) => handOver(site, browser, cases?.split(',')),
  },
  shapes: {
    what: 'models of up to 1B values, random weights, on the CPU: memory of the tab while they open and train',
    run: (_site, browser, { shapes: only }) => shapes(browser, only?.split(',')),
  },
  sieve: { what: 'sieve afterwards, 4m model, 72 validation examples, two threads: curve, preview, whole', run: sieve },
  bench: { what: '7. step-time benchmark', run: bench },
  claims: {
    what: '8. the engine repeats the twin’s runs: five seeds of LoRA, TS-LoRA and the random gate',
    run: (_site, browser) => claims(browser),
  },
};

export async function main(argv: string[]): Promise<number> {
  const { words, named } = options(argv);
  const unknown = words.filter((w) => !(w in ITEMS));
  if (unknown.length) throw new Error(`no item ${unknown.join(', ')}; there are ${Object.keys(ITEMS).join(', ')}`);
  mkdirSync(OUT, { recursive: true });
  const site = await serveBuild();
  const results: string[] = [];
  let failed = 0;
  try {
    for (const name of words.length ? words : Object.keys(ITEMS)) {
      const { what, run } = ITEMS[name];
      console.log(`\n== ${what} ==`);
      const browser = await launch(named.gpu);
      const start = Date.now();
      let outcome: Outcome;
      try {
        outcome = await run(site, browser, named);
      } catch (error) {
        outcome = { ok: false, line: error instanceof Error ? error.message : String(error) };
      } finally {
        await browser.close();
      }
      if (!outcome.ok) failed++;
      const line = `${outcome.ok ? 'PASS' : 'FAIL'} ${what} (${((Date.now() - start) / 1000).toFixed(0)} s): ${outcome.line}`;
      console.log(line);
      results.push(line);
    }
  } finally {
    await site.close();
  }
  console.log(`\n${results.join('\n')}\n${results.length - failed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}
