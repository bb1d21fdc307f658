/**
 * Pictures in four classes on a tiny ViT: 200 of them from a zip, read as the page reads them, and the ViT of the
 * fixtures from a folder, with a preprocessor_config.json as its kind has it. LoRA and TS-LoRA.
 */
import { loraBesideTsLora } from './testing/sideBySide';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { openTokenizer } from '../hub/tokenizer';
import { readSafetensors } from '../hub/safetensors';
import { type SessionConfig, trainSchema } from '../shared/config';
import { READ_AUTO } from '../shared/data';
import type { ModelSource, TokenSet } from '../shared/types';
import { DataDesk } from './dataDesk';
import type { DataReplies, TrainEvent } from './protocol';
import { decodePng, PATTERNS, patternZip } from './testing/patterns';
import { PICTURES, vitFolder } from './testing/pictures';
import { watched } from './testing/studio';

const SOURCE: ModelSource = { kind: 'folder', id: 'vit' };

async function sets(): Promise<{ train: TokenSet; validation: TokenSet }> {
  const desk = new DataDesk(() => () => Promise.reject(new Error('no chats here')), decodePng);
  desk.useTokenizer(await openTokenizer(SOURCE));
  const files = [{ path: 'patterns.zip', file: new Blob([patternZip(200)]) }];
  await desk.answer({ type: 'parse', files, choices: READ_AUTO }, {});
  const prepared = await desk.answer({ type: 'prepare', options: PICTURES }, {});
  const { report, train, validation } = prepared.value as DataReplies['prepare'];
  expect(report.problem).toBeNull();
  return { train, validation };
}

const CONFIG: SessionConfig = {
  train: trainSchema.parse({
    steps: 150,
    batchSize: 20,
    maxSequenceLength: 10,
    learningRate: 1e-2,
    warmupSteps: 5,
    evalInterval: 75,
    evalExamples: 40,
  }),
  runs: loraBesideTsLora(['all-linear'], 0.4),
};

const accuracies = (events: readonly TrainEvent[], runId: string) =>
  events.flatMap((e) => (e.type === 'accuracy' && e.runId === runId ? [e.right / e.examples] : []));

let trained: Awaited<ReturnType<typeof learn>>;

async function learn() {
  const { studio, events, phase } = watched({ own: true });
  const files = vitFolder((path) => readFileSync(path));
  const info = await studio.openModel({ type: 'open-model', source: SOURCE, files });
  const data = await sets();
  const finished = phase('finished', 'failed');
  await studio.start({ type: 'start', config: CONFIG, ...data });
  return { studio, events, info, data, phase: await finished };
}

beforeAll(async () => {
  trained = await learn();
}, 120_000);

it('a vision transformer opens from a folder and is proved on drawn pictures', () => {
  const { info } = trained;
  expect(info.check).toMatchObject({ ok: true, by: 'plain', tokens: 3 });
  expect(info.check.relativeError).toBeGreaterThan(0);
  expect(info.config.embedding.patches).toMatchObject({ side: 3, patch: 4 });
});

it('200 pictures in 4 classes are learnt; every patch has its gates', () => {
  const { events, phase } = trained;
  expect(phase).toBe('finished');
  const [base, lora, gated] = ['base', 'lora', 'ts-lora'].map((id) => accuracies(events, id).at(-1)!);
  const { picture, active, ratio, tokens, modules } = events.findLast((e) => e.type === 'watch')!;
  const skipped = active.filter((a) => a === 0).length / active.length;
  console.info(
    `pictures: accuracy of the base ${base}, LoRA ${lora}, TS-LoRA ${gated}; skipped ${(100 * skipped).toFixed(0)} % of one picture's tokens`,
  );
  expect(base).toBeLessThan(0.6);
  expect(lora).toBeGreaterThanOrEqual(0.85);
  expect(gated).toBeGreaterThanOrEqual(0.85);
  expect(tokens.slice(0, 3)).toEqual(['[CLS]', '1, 1', '1, 2']);
  expect([active.length, ratio.length]).toEqual([10 * modules.length, 10 * modules.length]);
  expect(skipped).toBeGreaterThan(0.1);
  expect(skipped).toBeLessThan(0.9);
  expect(picture).toMatchObject({ side: 3, example: 0, of: 40, shown: { size: 12 } });
  expect(PATTERNS).toContain(picture!.label);
  const { set } = events.find((e) => e.type === 'classified')!;
  expect(set).toMatchObject({ by: 'head', texts: expect.arrayContaining([expect.stringMatching(/\.png$/)]) });
});

it('another picture is watched when it is asked for', async () => {
  const { studio, events } = trained;
  await studio.watchExample({ type: 'watch-example', example: 7 });
  const asked = events.findLast((e) => e.type === 'watch')!.picture!;
  expect(asked.example).toBe(7);
  expect(asked.shown.values).not.toEqual(events.find((e) => e.type === 'watch')!.picture!.shown.values);
});

it('what gates skip is told by part of the picture', async () => {
  const all = await trained.studio.tokenClasses({ type: 'token-classes', runs: ['ts-lora'], examples: 5 });
  expect(all['ts-lora'].map(({ name, tokens }) => [name, tokens])).toEqual([
    ['class token', 5],
    ['edge patch', 40],
    ['inner patch', 5],
  ]);
});

it('an adapter leaves with its head and a picture to check it by, and comes back', async () => {
  const { studio } = trained;
  const template = { prompt: '', completion: '' };
  const { files } = await studio.export({ type: 'export', runId: 'ts-lora', template, check: true });
  const file = (name: string) => files.find((f) => f.name === name)!.bytes;
  const json = (name: string) => JSON.parse(new TextDecoder().decode(file(name))) as Record<string, unknown>;
  expect(json('adapter_config.json')).toMatchObject({ modules_to_save: ['classifier'] });
  expect(readSafetensors(file('adapter_model.safetensors')).shape('base_model.model.classifier.weight')).toEqual([
    4, 24,
  ]);
  const check = json('check.json') as { picture: { size: number; values: string }; ids: number[] };
  expect([check.picture.size, check.ids.length]).toEqual([12, 10]);
  const { runId } = await studio.import({ type: 'import', files, as: null });
  await studio.release({ type: 'release', runId });
  // Another picture has other logits.
  const other = btoa(String.fromCharCode(...new Uint8Array(3 * 12 * 12)));
  const bytes = new TextEncoder().encode(JSON.stringify({ ...check, picture: { size: 12, values: other } }));
  const broken = files.map((f) => (f.name === 'check.json' ? { ...f, bytes } : f));
  await expect(studio.import({ type: 'import', files: broken, as: null })).rejects.toThrow(/other logits/);
});
