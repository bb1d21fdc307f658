/**
 * Moving from one device to another: what is open stays until the other is ready, adapters can follow, a run goes on
 * there.
 */
import { message } from '../shared/message';
import { expect, it } from 'vitest';
import type { Device } from '../engine/device/device';
import { BaseModel } from '../engine/base';
import { openCpuDevice } from '../engine/kernels/openCpu';
import { Trainer } from '../engine/trainer';
import { downloadModel } from '../hub/model';
import { runSchema, trainSchema } from '../shared/config';
import { GpuError, KernelError } from '../shared/errors';
import type { DeviceChoice } from '../shared/types';
import type { TrainEvent } from './protocol';
import { TrainService } from './trainService';
import { batchOf } from './testing/fixture';
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

it('a kernel that does not compile for a run gives way to the plain one, and the run computes the same', async () => {
  const model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-nano' });
  const train = trainSchema.parse({ steps: 1, warmupSteps: 0 });
  const run = runSchema.parse({ id: 'run', name: 'run', method: 'lora', rank: 4, alpha: 8 });
  const batches = [batchOf([31], model.config.vocab, 1)];
  /** One step on a CPU that plays a GPU, on which kernels of the variant `bad` do not compile. */
  const stepOn = async (bad: string | null) => {
    const cpu: Device = await openCpuDevice({ threads: 1 });
    const used = new Set<string>();
    const prepare = cpu.prepare.bind(cpu);
    cpu.prepare = async (scope, label, ops) => {
      for (const variant of ops.flatMap((op) => ('kernel' in op ? (op.kernel.variants ?? []) : []))) {
        if (variant === bad) throw new KernelError(message('shared.foreign', { text: `no ${bad} here` }), [variant]);
        used.add(variant);
      }
      return prepare(scope, label, ops);
    };
    const device = Object.assign(cpu, { info: { ...cpu.info, kind: 'gpu' as const, software: false } });
    try {
      const base = new BaseModel(device, model.config, (name) => model.weights.get(name).data);
      const trainer = await Trainer.create(base, [run], train, {
        capacity: { rows: 32, supervised: 32, segments: 1, headChunk: 32 },
        microBatches: 1,
        recompute: false,
      });
      const { loss, gradNorm } = (await (await trainer.step(['run'], batches, 0)).get('run'))!;
      return { step: [loss, gradNorm], used: [...used], blocked: [...device.blocked] };
    } finally {
      device.destroy();
    }
  };
  const whole = await stepOn(null);
  expect([whole.used.length > 0, whole.blocked]).toEqual([true, []]);
  const [bad] = whole.used;
  const plain = await stepOn(bad);
  expect([plain.used.includes(bad), plain.blocked]).toEqual([false, [bad]]);
  expect(plain.step).toEqual(whole.step);
});
