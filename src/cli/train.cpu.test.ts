/** The command line as a whole, in this process, on the nano model. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SessionConfig, parseSession } from '../shared/config';
import { readSafetensors } from '../hub/safetensors';
import { speakOfErrors } from '../shared/texts';
import { settingsFile } from '../store/configure/share';
import { readRunParts } from '../store/runFile';
import { loraBesideTsLora } from '../train/testing/sideBySide';
import { NANO, smallSession, watched } from '../train/testing/studio';
import { reviews, tinyBert } from '../train/testing/tinyBert';
import { EXIT } from './exit';
import { main } from './main';

const home = mkdtempSync(join(tmpdir(), 'sieve-cli-'));
const at = (name: string) => join(home, name);
const here = globalThis.fetch;
const CONFIG = at('config.json');
const DATA = at('apples.jsonl');

beforeAll(async () => {
  await speakOfErrors();
  writeFileSync(CONFIG, settingsFile(smallSession()));
  const rows = Array.from({ length: 40 }, (_, i) => ({
    prompt: `Tom has ${i} red apples and one hat.`,
    completion: `The hat of Tom is ${['red', 'blue', 'green'][i % 3]}, he said.`,
  }));
  writeFileSync(DATA, rows.map((row) => JSON.stringify(row)).join('\n'));
});
afterAll(() => {
  globalThis.fetch = here;
  rmSync(home, { recursive: true });
});

interface Line {
  type: string;
  runId?: string;
  step?: number;
  loss?: number;
  [key: string]: unknown;
}

/** @param stopAt interrupts once so many steps have been told */
async function sieve(args: string[], stopAt = Infinity) {
  const lines: string[] = [];
  const notes: string[] = [];
  let interrupt = () => {};
  const interruption = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  const code = await main(args, {
    terminal: {
      print: (line) => {
        lines.push(line);
        if (lines.filter((l) => l.startsWith('{"type":"step"')).length >= stopAt) interrupt();
      },
      note: (line) => notes.push(line),
      progress: () => {},
    },
    interrupted: () => interruption,
  });
  const events = lines.filter((l) => l.startsWith('{')).map((l) => JSON.parse(l) as Line);
  return { code, lines, notes, events, steps: events.filter((e) => e.type === 'step') };
}

const train = (out: string, ...more: string[]) => {
  const model = ['--model', 'sieve-stories-nano', '--threads', '1'];
  return ['train', CONFIG, '--data', DATA, '--out', at(out), ...model, ...more];
};
const adapter = (out: string, name: string) => unzipSync(readFileSync(join(at(out), name)));
const losses = (steps: Line[]) => steps.map(({ runId, step, loss }) => [runId, step, loss]);

test('trains as the train service does, and what was interrupted goes on to the same bits', async () => {
  const whole = await sieve(train('whole', '--json'));
  expect(whole.code).toBe(EXIT.done);
  expect(whole.steps).toHaveLength(16);
  const data = whole.events.find(({ type }) => type === 'data')!;
  expect(data).toMatchObject({ train: 36, validation: 4, mapping: { kind: 'prompt-completion' } });

  const cut = await sieve(train('cut', '--json'), 6);
  expect(cut.code).toBe(EXIT.interrupted);
  const checkpoint = cut.events.at(-1)!;
  expect(checkpoint).toMatchObject({ type: 'checkpoint', path: join(at('cut'), 'checkpoint') });
  const done = checkpoint.step!;
  expect(done).toBeGreaterThanOrEqual(3);
  expect(done).toBeLessThan(8);

  const rest = await sieve(train('cut', '--json'));
  expect(rest.code).toBe(EXIT.done);
  expect(rest.events.find(({ type }) => type === 'resumes')).toMatchObject({ step: done });
  const first = cut.steps.filter(({ step }) => step! <= done);
  expect([...losses(first), ...losses(rest.steps)]).toEqual(losses(whole.steps));
  for (const name of ['sieve-lora.zip', 'sieve-ts-lora.zip'])
    expect(adapter('cut', name), name).toEqual(adapter('whole', name));
  expect(existsSync(join(at('cut'), 'checkpoint'))).toBe(false);

  // The file that History opens has all of it, as if nothing had happened.
  const sessions = await Promise.all(
    ['cut', 'whole'].map(async (out) => {
      const [name] = readdirSync(at(out)).filter((file) => file.startsWith('sieve-session-'));
      return readRunParts(await openAsBlob(join(at(out), name)));
    }),
  );
  const [a, b] = sessions.map(({ metricLogs }) =>
    metricLogs.map(({ runId, step, loss, evals }) => ({ runId, step, loss, evals })),
  );
  expect(a).toEqual(b);
  for (const { record, adapters, damaged } of sessions) {
    expect(record).toMatchObject({ ended: 'finished', data: 'apples.jsonl', config: smallSession(), model: NANO });
    expect(record?.recipe?.files).toMatchObject([{ path: 'apples.jsonl' }]);
    expect([[...adapters.keys()], damaged]).toEqual([['lora', 'ts-lora'], []]);
  }

  // The page takes the adapter in, which its check proves.
  const { studio } = watched();
  await studio.openModel({ type: 'open-model', source: NANO });
  const files = Object.entries(adapter('cut', 'sieve-ts-lora.zip')).map(([name, bytes]) => ({ name, bytes }));
  expect(await studio.import({ type: 'import', files, as: null })).toMatchObject({ name: 'TS-LoRA' });
}, 300_000);

test('an exported session is trained again with its own model, columns and settings; people read lines', async () => {
  const [name] = readdirSync(at('whole')).filter((file) => file.startsWith('sieve-session-'));
  const again = ['train', join(at('whole'), name), '--data', DATA, '--out', at('again'), '--language', 'en'];
  const { code, lines, notes } = await sieve(again);
  expect(code).toBe(EXIT.done);
  expect(adapter('again', 'sieve-lora.zip')).toEqual(adapter('whole', 'sieve-lora.zip'));
  expect(lines.map((line) => line.replace(home, ''))).toEqual([
    '/again/sieve-lora.zip',
    '/again/sieve-ts-lora.zip',
    '/again/sieve-session-lora-ts-lora-on-apples-jsonl.zip',
  ]);
  expect(notes[0]).toMatch(/^Model: sieve-stories-nano, onnx\/model.onnx; CPU, \d+ threads?; logits agree/);
  expect(notes[1]).toMatch(/^Data: 36 train and 4 validation examples, \d+ tokens$/);
  expect(notes.filter((note) => note.startsWith('Warning'))).toEqual([]);
  expect(notes).toContainEqual(expect.stringMatching(/^Step 4: validation loss TS-LoRA \d\.\d{4} \(\d+ % skipped\)$/));
});

test('adapters answer as they do in the page, and leave for other runtimes', async () => {
  const zip = (name: string) => join(at('whole'), name);
  const prompt = 'Tom has 3 red apples and one hat.';
  const sampling = { seed: 7, maxNewTokens: 8, temperature: 0.8, topP: 0.9 };
  const { studio } = watched();
  await studio.openModel({ type: 'open-model', source: NANO });
  const files = Object.entries(adapter('whole', 'sieve-ts-lora.zip')).map(([name, bytes]) => ({ name, bytes }));
  const { runId } = await studio.import({ type: 'import', files, as: null });
  const runs = ['base', runId];
  const { texts } = await studio.generate({ type: 'generate', runs, prompt: `${prompt}\n`, sampling }, 1);
  const said = ['--max-new-tokens', '8', '--temperature', '0.8', '--top-p', '0.9', '--sampling-seed', '7'];
  const answers = await sieve(['compare', zip('sieve-ts-lora.zip'), '--prompt', prompt, ...said, '--json']);
  expect(answers.code).toBe(EXIT.done);
  expect(answers.events.map(({ text }) => text)).toEqual([texts.base, texts[runId]]);

  for (const kind of ['gguf', 'onnx']) {
    const made = await sieve(['export', zip('sieve-lora.zip'), '--to', kind, '--out', at(kind)]);
    expect(made.code).toBe(EXIT.done);
    expect(Object.keys(unzipSync(readFileSync(made.lines[0])))).toContainEqual(expect.stringContaining(`.${kind}`));
  }
  const refused = await sieve(['export', zip('sieve-ts-lora.zip'), '--to', 'gguf', '--out', at('no')]);
  expect(refused.code).toBe(EXIT.failed);
  expect((await sieve(['export', zip('sieve-lora.zip'), '--to', 'pickle'])).code).toBe(EXIT.usage);
  expect((await sieve(['generate'])).code).toBe(EXIT.usage);
}, 300_000);

test('an adapter, or a whole session, is measured on a file', async () => {
  const validation = at('more.jsonl');
  const lines = readFileSync(DATA, 'utf8').split('\n').slice(0, 12);
  writeFileSync(validation, lines.join('\n').replaceAll(' red apples', ' green pears'));
  const short = ['--validation', validation, '--steps', '2', '--eval-examples', '100', '--json'];
  const { events } = await sieve(train('measured', ...short));
  const [name] = readdirSync(at('measured')).filter((file) => file.startsWith('sieve-session-'));
  const options = ['--data', validation, '--threads', '1', '--json'];
  const whole = await sieve(['eval', join(at('measured'), name), ...options]);
  expect(whole.code).toBe(EXIT.done);
  expect(whole.events.map(({ runId, examples }) => [runId, examples])).toEqual([
    ['base', 12],
    ['lora', 12],
    ['ts-lora', 12],
  ]);
  // As the session itself found them at its end, on the same examples in another order.
  for (const found of whole.events) {
    const last = (type: string) => events.findLast((e) => e.type === type && e.runId === found.runId)!;
    expect(found.loss).toBeCloseTo(last('eval').loss!, 5);
    expect(found.skipped).toBe(last('eval').skipped);
    expect(found.accuracy).toMatchObject({ right: last('accuracy').right, examples: 12 });
  }
  const alone = await sieve(['eval', join(at('measured'), 'sieve-ts-lora.zip'), ...options]);
  expect(alone.events[1]).toEqual({ ...whole.events[2], runId: 'adapter' });
  expect((await sieve(['eval', validation, ...options])).code).toBe(EXIT.failed);
  expect((await sieve(['eval'])).code).toBe(EXIT.usage);
}, 300_000);

/** Where the tests of python/ find what a session is handed over in. */
const LEFT = join(import.meta.dirname, '../../.out/training');
const fromJson = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

/** What a command has left for `sieve-train` in a folder. */
async function handedOver(out: string) {
  const [name] = readdirSync(at(out)).filter((found) => found.startsWith('sieve-training-'));
  const { metricLogs, record, damaged } = await readRunParts(await openAsBlob(join(at(out), name)));
  const bytes = readFileSync(join(at(out), name));
  return { metricLogs, record, damaged, bytes, files: unzipSync(bytes) };
}

/**
 * Prepares a session, trains it until it is interrupted, and then to its end; leaves all of it for the tests of
 * python/.
 * @param words of the command line but for the settings and the folder @param lines of steps before it is interrupted
 */
async function leave(name: string, words: string[], config: SessionConfig, lines: number) {
  const settings = at(`${name}.json`);
  writeFileSync(settings, settingsFile(config));
  const given = (out: string) => [settings, ...words, '--out', at(out), '--json'];
  const [prepared, handed] = [`${name}-prepared`, `${name}-handed`];
  expect((await sieve(['prepare', ...given(prepared)])).code).toBe(EXIT.done);
  const fresh = await handedOver(prepared);
  expect(fromJson(fresh.files['training.json'])).toMatchObject({ step: 0, order: null, runs: { lora: { taken: 0 } } });
  expect(fresh.files['training/lora/optimizer.safetensors']).toBeUndefined();
  const cut = await sieve(['train', ...given(handed), '--hand-over'], lines);
  expect(cut.code).toBe(EXIT.interrupted);
  const interrupted = await handedOver(handed);
  const rest = await sieve(['train', ...given(handed)]);
  const first = cut.events.filter((e) => e.step! <= rest.events.find(({ type }) => type === 'resumes')!.step!);
  const told = [...first, ...rest.events].filter(({ type }) => type === 'step' || type === 'eval');
  const folder = join(LEFT, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'prepared.zip'), fresh.bytes);
  writeFileSync(join(folder, 'handed.zip'), interrupted.bytes);
  writeFileSync(join(folder, 'losses.json'), JSON.stringify(told));
  return { fresh, interrupted };
}

test('a session is handed over as it stands, prepared or interrupted', async () => {
  const session = smallSession();
  const gate = { tauWarmup: 1 };
  const config = parseSession({
    train: session.train,
    runs: [
      { method: 'lora' },
      { method: 'ts-lora', gate },
      { id: 'ts-lora-target', method: 'ts-lora', gate: { ...gate, targetSparsity: 0.4 }, loraPlusRatio: 2 },
      { method: 'dora' },
      { method: 'ts-dora', gate: { ...gate, rule: 'averaged', targetSparsity: 0.3, targetPer: 'module' } },
    ].map((run) => ({ id: run.method, name: run.id ?? run.method, rank: 4, modules: ['q_proj', 'down_proj'], ...run })),
  });
  const words = ['--data', DATA, '--model', 'sieve-stories-nano', '--threads', '1'];
  const { fresh, interrupted } = await leave('stories', words, config, 15);
  const { metricLogs, record, damaged, files } = interrupted;
  const { step, order, tokens, runs } = fromJson(files['training.json']);
  expect([damaged, record?.config]).toEqual([[], config]);
  expect(metricLogs.find(({ runId }) => runId === 'lora')!.step.length).toBeGreaterThanOrEqual(step);
  expect([order.cursor, tokens.train.examples, runs['ts-lora'].taken]).toEqual([2 * step, 36, step]);
  expect([runs['ts-lora'].gate.m.length, runs['ts-dora'].gate.average.mu.length]).toEqual([8, 8]);
  expect(runs['ts-lora-target'].gate.corrections).toHaveLength(1);
  // The same tokens, and the same modules and moments, as those that it began with.
  expect(tokens).toEqual(fromJson(fresh.files['training.json']).tokens);
  const named = 'training/ts-lora/adapter_config.json';
  expect(fromJson(files[named])).toEqual(fromJson(fresh.files[named]));
  const names = (of: string) => readSafetensors(files[`training/lora/${of}`], of, 'adapter').names;
  const own = names('adapter_model.safetensors');
  expect(names('optimizer.safetensors')).toEqual(['exp_avg.', 'exp_avg_sq.'].flatMap((p) => own.map((n) => p + n)));
  copyFileSync(DATA, join(LEFT, 'stories', 'data.jsonl'));
}, 300_000);

test('so is one whose runs tell classes apart: an encoder under a new head, and a model that writes text', async () => {
  const bert = at('bert');
  mkdirSync(bert);
  for (const [name, blob] of tinyBert()) writeFileSync(join(bert, name), Buffer.from(await blob.arrayBuffer()));
  const data = at('reviews.csv');
  writeFileSync(data, reviews(40));
  const settings = (modules: string[], train: object) =>
    parseSession({
      train: { ...smallSession().train, learningRate: 0.01, ...train },
      runs: [
        ...loraBesideTsLora(modules, 0.4),
        { id: 'late', name: 'late', method: 'ts-lora', rank: 4, modules, gate: { rule: 'late', activeShare: 0.6 } },
      ],
    });
  const words = (model: string) => ['--data', data, '--model', model, '--threads', '1'];
  const encoder = settings(['query', 'attention.output.dense', 'output.dense'], { maxSequenceLength: 16 });
  const { fresh, interrupted } = await leave('bert', words(bert), encoder, 9);
  const { classes, version, runs } = fromJson(fresh.files['training.json']);
  expect([version, classes]).toEqual([2, ['bad', 'good']]);
  expect(runs.late.gate).toBeNull();
  const held = (files: Record<string, Uint8Array>, of: string) => readSafetensors(files[of], of, 'adapter');
  const head = 'base_model.model.classifier.weight';
  const start = held(fresh.files, 'training/lora/adapter_model.safetensors');
  const learnt = held(interrupted.files, 'training/lora/adapter_model.safetensors');
  expect([start.shape(head), learnt.names.includes('base_model.model.bert.pooler.dense.bias')]).toEqual([
    [2, 32],
    true,
  ]);
  expect(learnt.get(head).data).not.toEqual(start.get(head).data);
  const moments = held(interrupted.files, 'training/late/optimizer.safetensors').names;
  for (const name of [head, 'base_model.model.bert.encoder.layer.0.output.dense.lora_constant'])
    expect(moments).toEqual(expect.arrayContaining([`exp_avg.${name}`, `exp_avg_sq.${name}`]));
  expect(fromJson(interrupted.files['training.json']).runs.late.gate.corrections).toHaveLength(6);
  // For `sieve-train`, which loads its weights.
  cpSync(bert, join(LEFT, 'bert', 'model'), { recursive: true });
  copyFileSync(data, join(LEFT, 'bert', 'data.csv'));

  // Its file has no head: an adapter brings one, which is nobody's to draw anew.
  const [written] = readdirSync(at('bert-handed')).filter((found) => found.startsWith('sieve-session-'));
  const asked = ['eval', join(at('bert-handed'), written), '--data', data, '--model', bert, '--threads', '1', '--json'];
  expect((await sieve(asked)).events).toMatchObject(
    ['lora', 'ts-lora', 'late'].map((runId) => ({ type: 'evaluation', runId, accuracy: { examples: 40 } })),
  );

  mkdirSync(join(LEFT, 'stories-classes'), { recursive: true });
  copyFileSync(data, join(LEFT, 'stories-classes', 'data.csv'));
  const decoder = settings(['q_proj', 'down_proj'], { taskType: 'SEQ_CLS', maxSequenceLength: 32 });
  const ended = await leave('stories-classes', words('sieve-stories-nano'), decoder, 9);
  expect(held(ended.fresh.files, 'training/lora/adapter_model.safetensors').names).toContain(
    'base_model.model.score.weight',
  );
}, 300_000);

test('whoever cannot be helped is told why, with an exit code', async () => {
  const told = async (...args: string[]) => {
    const { code, notes } = await sieve(args);
    return [code, notes.join(' ')];
  };
  expect(await told()).toEqual([EXIT.usage, '']);
  expect(await told('trian')).toEqual([EXIT.usage, expect.stringContaining('no command “trian”')]);
  expect(await told('train')).toEqual([EXIT.usage, expect.stringContaining('No data are given.')]);
  expect(await told('train', 'nowhere.json', '--data', DATA)).toEqual([
    EXIT.usage,
    expect.stringContaining('nowhere.json'),
  ]);
  expect(await told('train', '--data', 'nowhere.csv')).toEqual([EXIT.failed, expect.stringContaining('nowhere.csv')]);
  expect(await told(...train('no', '--steps', 'x'))).toEqual([EXIT.usage, expect.stringContaining('steps')]);
  expect(await told(...train('no', '--model', 'sieve-stories-none'))).toEqual([
    EXIT.failed,
    expect.stringContaining('sieve-stories-none'),
  ]);
  expect(await told(...train('no', '--device', 'gpu'))).toEqual([EXIT.failed, expect.stringContaining('webgpu')]);
  expect(await told(...train('no', '--column', 'prompt=question'))).toEqual([
    EXIT.failed,
    expect.stringContaining('question'),
  ]);
  expect(existsSync(at('no'))).toBe(false);
});
