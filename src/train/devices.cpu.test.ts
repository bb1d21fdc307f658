/** Moving from one device to another: what is open stays until the other is ready, adapters can follow, a run goes on there. */
import { message } from '../shared/message';
import { expect, it } from 'vitest';
import type { Device } from '../engine/device/device';
import { openCpuDevice } from '../engine/kernels/openCpu';
import { GpuError } from '../shared/errors';
import type { DeviceChoice } from '../shared/types';
import type { TrainEvent } from './protocol';
import { TrainService } from './trainService';
import { NANO, smallData, smallSession } from './testing/studio';

it('keeps what is open when the other device fails, and takes over when it does not', async () => {
  const opened: Device[] = [];
  let fails = true;
  const events: TrainEvent[] = [];
  const waiting: (() => void)[] = [];
  const studio = new TrainService(
    (event) => {
      events.push(event);
      if (event.type === 'phase' && event.phase === 'finished') waiting.shift()?.();
    },
    async (choice) => {
      if (choice === 'gpu' && fails) throw new GpuError(message('shared.foreign', { text: 'no adapter' }));
      // In Node there is no GPU: another CPU device takes its place.
      const device = await openCpuDevice({ threads: 1 });
      opened.push(device);
      return device;
    },
  );
  const open = (device: DeviceChoice) => studio.openModel({ type: 'open-model', source: NANO, device });
  const answer = async () =>
    (
      await studio.generate(
        {
          type: 'generate',
          runs: ['lora'],
          prompt: 'Once',
          sampling: { seed: 1, maxNewTokens: 8, temperature: 0, topP: 1 },
        },
        1,
      )
    ).texts.lora;
  const losses = () => events.flatMap((e) => (e.type === 'step' && e.runId === 'lora' ? [e.loss] : []));
  const finish = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
    });

  expect((await open('auto')).device.kind).toBe('cpu');
  const set = await smallData(48);
  let finished = finish();
  await studio.start({ type: 'start', config: smallSession({ steps: 4 }), ...set });
  await finished;
  const before = await answer();
  const state = await studio.state();

  await expect(open('gpu')).rejects.toThrow('no adapter');
  expect(await answer()).toBe(before);
  expect(opened).toHaveLength(1);
  const { files } = await studio.export({
    type: 'export',
    runId: 'lora',
    template: { prompt: '', completion: '' },
    check: false,
  });

  fails = false;
  await open('gpu');
  expect(opened).toHaveLength(2);
  await expect(answer()).rejects.toThrow('no run');
  await studio.import({ type: 'import', files, as: 'lora' });
  expect(await answer()).toBe(before);

  // A run that was saved on the one goes on on the other.
  events.length = 0;
  finished = finish();
  await studio.restore({ type: 'restore', state: { ...state, step: 2, evaluated: 0, tookBest: false }, ...set });
  await finished;
  expect(losses()).toHaveLength(2);
  expect(losses().every(Number.isFinite)).toBe(true);

  // What is open fits, so it is used.
  await open('cpu');
  expect(opened).toHaveLength(2);
  expect(studio.counts().buffers).toBe(opened[1].buffers.live().buffers);
});
