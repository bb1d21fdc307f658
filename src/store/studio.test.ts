import { expect, test, vi } from 'vitest';
import type { ModelInfo } from '../train/protocol';
import { whyNotTrain } from '../ui/whyNotTrain';
import { noGpuReason } from './device';
import { say } from '../shared/texts/say';
import { speak } from '../shared/texts';
import { bytesOfSets } from '../shared/tokenSets';
import { ADAPTER, CPU, INFO, PLAN, sent, ready, inBrowser } from './testing/studio';

inBrowser();

test('after boot the default model and the first sample set are there', async () => {
  const { state, train } = await ready();
  expect(state().model).toMatchObject({ status: 'ready', info: INFO, gpu: { state: 'hardware', name: 'v a' } });
  expect(train.last('open-model').device).toBe('auto');
  expect(state().dataset).toMatchObject({ status: 'ready', origin: { kind: 'sample', id: 's' }, preparing: false });
  expect(state().dataset.report?.train).toBe(9);
  expect(state().ui.notices).toEqual([]);
  // The plan follows the tokens.
  const data = bytesOfSets([state().dataset.train, state().dataset.validation]);
  expect(data).toBeGreaterThan(0);
  await vi.waitFor(() => expect(train.last('plan')).toMatchObject({ data }));
});

test.each([
  ['no-webgpu', {}],
  ['no-adapter', { gpu: { requestAdapter: () => Promise.resolve(null) } }],
  [
    'software',
    { gpu: { requestAdapter: () => Promise.resolve({ info: { ...ADAPTER.info, isFallbackAdapter: true } }) } },
  ],
] as const)('with %s in the place of a GPU the model opens on the CPU and trains', async (state, navigator) => {
  vi.stubGlobal('navigator', navigator);
  const all = await ready(CPU);
  expect(all.train.last('open-model').device).toBe('auto');
  expect(all.state().model).toMatchObject({ gpu: { state }, status: 'ready', choice: 'auto', info: CPU });
  expect(noGpuReason(all.state().model)).toBe(state);
  expect(whyNotTrain(all.state())).toBeNull();
  const start = all.studio.training.start();
  await sent(all.train, 'start');
  all.train.reply('start', PLAN);
  await start;
  expect(all.state().runs.session?.devices).toEqual([{ kind: 'cpu', name: '', threads: 2 }]);
});

test('what the address or an earlier visit chose is asked for, but a GPU only where there is one', async () => {
  expect((await ready(CPU, 'cpu')).train.last('open-model').device).toBe('cpu');
  expect((await ready(INFO, 'gpu')).train.last('open-model').device).toBe('gpu');
  vi.stubGlobal('navigator', {});
  const all = await ready(CPU, 'gpu');
  expect(all.train.last('open-model').device).toBe('auto');
  expect(noGpuReason(all.state().model)).toBe('no-webgpu');
});

test('a device that computes wrongly does not train', async () => {
  const all = await ready({ ...INFO, gradients: { ...INFO.gradients, state: 'differs' } as ModelInfo['gradients'] });
  expect(whyNotTrain(all.state())).toBe(
    'Training is disabled: this GPU’s gradients differ from the CPU’s by 0; 0.001 is allowed. See Model.',
  );
  const logits = await ready({ ...CPU, check: { ...CPU.check, ok: false, relativeError: 0.25 } });
  expect(whyNotTrain(logits.state())).toBe(
    'Training is disabled: the model’s logits differ from the reference’s by 0.25; 0.001 is allowed. See Model.',
  );
});

test('another language: what was said is said in it', async () => {
  const { studio, data, state } = await ready();
  studio.configure.setTrain({ steps: 0 });
  data.crash('boom');
  const notice = state().ui.notices.at(-1)!;
  const said = () => [say(state().runs.draftError!), say(notice.info)];
  expect(said()).toEqual(['Steps: must be at least 1', 'The data worker stopped: boom.']);
  try {
    await speak('zh');
    studio.setLanguage('zh');
    expect(state().ui.language).toBe('zh');
    expect(said()).toEqual(['步数：不能小于 1', '数据工作线程停止了：boom。']);
  } finally {
    await speak('en');
  }
});
