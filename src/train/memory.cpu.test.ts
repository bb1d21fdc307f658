/**
 * Memory that runs out in a step: the step is repeated in a thriftier layout, and the run ends as one that had room.
 */
import { say } from '../shared/texts/say';
import { message } from '../shared/message';
import { expect, it, vi } from 'vitest';
import type { Device } from '../engine/device/device';
import { openCpuDevice } from '../engine/kernels/openCpu';
import { expectClose } from '../engine/testing/allclose';
import { GpuError, OutOfMemoryError } from '../shared/errors';
import { NANO, smallData, smallSession, watched } from './testing/studio';

/** The CPU engine; from when it is told to, it has no room for what a step reads back, `times` times. */
async function scarce(): Promise<{ device: Device; runOut: (times: number) => void }> {
  const device: Device = await openCpuDevice({ threads: 1 });
  let left = 0;
  const readback = device.readback.bind(device);
  device.readback = (...args) => {
    const real = readback(...args);
    return {
      ...real,
      copy: (commands, parts) => {
        if (args[0] === 'step' && left-- > 0)
          throw new OutOfMemoryError(message('shared.foreign', { text: 'no room' }));
        return real.copy(commands, parts);
      },
    };
  };
  return {
    device,
    runOut: (times) => {
      left = times;
    },
  };
}

it('fewer runs in a pass, layers computed anew, batches in halves: the step is repeated, and the run ends the same', async () => {
  const set = await smallData(48);
  const { device, runOut } = await scarce();
  let after = Infinity;
  let times = 0;
  const { studio, events, phase, losses } = watched({
    open: async () => device,
    on: (event) => {
      if (event.type !== 'step' || event.step !== after || event.runId !== 'lora') return;
      after = Infinity;
      runOut(times);
    },
  });
  await studio.openModel({ type: 'open-model', source: NANO });
  const before = studio.counts();
  const small = smallSession({ steps: 5, evalInterval: 3, batchSize: 3 });
  // Dropout drops the same in every layout.
  const config = { ...small, runs: small.runs.map((r) => ({ ...r, dropout: 0.2 })) };
  const run = async (...fails: [after: number, times: number] | []) => {
    events.length = 0;
    [after, times] = fails.length ? fails : [Infinity, 0];
    const done = phase('finished');
    await studio.start({ type: 'start', config, ...set });
    await done;
    const warnings = events.flatMap((e) =>
      e.type === 'warning' && /ran out/.test(say(e.message)) ? [say(e.message)] : [],
    );
    const evals = events.flatMap((e) => (e.type === 'eval' ? [e.loss] : []));
    return {
      losses: [...losses('lora'), ...losses('ts-lora')],
      evals,
      warnings,
      layout: (await studio.state()).layout as { split?: number; recompute: boolean; capacity: { rows: number } },
    };
  };
  const whole = await run();
  expect(whole.losses).toHaveLength(10);
  expect(whole.warnings).toEqual([]);

  const once = await run(2, 1);
  expect(once.warnings).toEqual([expect.stringMatching(/in step [34]; .*one run in a pass\. .*so are the results/)]);
  expect(once.losses).toEqual(whole.losses);
  expect(once.evals).toEqual(whole.evals);

  const often = await run(2, 4);
  expect(often.warnings).toHaveLength(4);
  expect(often.warnings[3]).toMatch(/each batch in 2 micro-batches/);
  expect(often.layout).toMatchObject({ split: 2, recompute: true, capacity: { rows: 2 * 48 } });
  expectClose(often.losses, whole.losses, { rtol: 1e-5 }, 'losses');
  expectClose(often.evals, whole.evals, { rtol: 1e-5 }, 'evaluations');

  await studio.reset();
  expect(studio.counts()).toEqual(before);
});

it('a device that reports an error, or is lost, is given up: the session goes on from its state on a new one, bit for bit', async () => {
  const set = await smallData(48);
  const devices: Device[] = [];
  const open = async () => {
    const device: Device = await openCpuDevice({ threads: 1 });
    devices.push(
      Object.assign(device, {
        lost: new Promise<string>((resolve) => {
          lose = resolve;
        }),
      }),
    );
    return device;
  };
  let lose: (reason: string) => void = () => {};
  const { studio, events, phase, losses } = watched({ open, mayFail: true });
  await studio.openModel({ type: 'open-model', source: NANO });
  const config = smallSession({ steps: 6, evalInterval: 6 });
  let ended = phase('finished');
  await studio.start({ type: 'start', config, ...set });
  await ended;
  const straight = [...losses('lora')];

  // What went wrong between two sessions is not the next one's.
  const [device] = devices;
  const { info } = device;
  let said: GpuError | null = new GpuError(message('shared.foreign', { text: 'something earlier' }));
  Object.assign(device, {
    error: () => said,
    forgive: () => {
      said = null;
    },
  });
  events.length = 0;
  const paused = phase('paused');
  await studio.start({ type: 'start', config, ...set });
  studio.pause();
  await paused;
  const state = structuredClone(await studio.state());
  const before = losses('lora');
  said = new GpuError(message('shared.foreign', { text: 'Device said no' }));
  Object.defineProperty(device, 'info', { value: { ...info, kind: 'gpu' } });
  ended = phase('failed');
  studio.resume();
  await ended;
  await vi.waitFor(() =>
    expect(events.at(-1)).toMatchObject({
      type: 'fatal',
      thriftier: true,
      error: { name: 'GpuError', params: { text: 'Device said no' } },
    }),
  );

  await studio.openModel({ type: 'open-model', source: NANO });
  expect(devices).toHaveLength(2);
  events.length = 0;
  ended = phase('finished');
  await studio.restore({ type: 'restore', state, thriftier: true, ...set });
  await ended;
  expect((await studio.state()).layout).toMatchObject({ recompute: false, capacity: { segments: 1 } });
  expect([...before, ...losses('lora')]).toEqual(straight);

  // Lost in the middle of a step: nothing of that step is in the state that it goes on from.
  events.length = 0;
  const training = phase('training');
  await studio.restore({ type: 'restore', state, ...set });
  await training;
  lose('the computer slept');
  await vi.waitFor(() =>
    expect(
      events.some((e) => e.type === 'fatal' && /was lost \(the computer slept\)/.test(say(e.error)) && !e.thriftier),
    ).toBe(true),
  );
  await expect(async () => studio.state()).rejects.toThrow('There is no run');
  await studio.openModel({ type: 'open-model', source: NANO });
  expect(devices).toHaveLength(3);
  events.length = 0;
  ended = phase('finished');
  await studio.restore({ type: 'restore', state, ...set });
  await ended;
  expect([...before, ...losses('lora')]).toEqual(straight);
  await studio.reset();
});

it('weights that there is no room for are said to be that, and nothing stays behind', async () => {
  const device: Device = await openCpuDevice({ threads: 1 });
  const { studio } = watched({ open: async () => device });
  // A GPU says so once all is allocated, as far as it is.
  const { withinMemory } = device;
  device.withinMemory = async (allocate) => {
    device.withinMemory = withinMemory;
    allocate();
    throw new OutOfMemoryError(message('shared.foreign', { text: 'no room' }));
  };
  await expect(studio.openModel({ type: 'open-model', source: NANO })).rejects.toThrow(
    /no room for the model's weights, which take up to \d+ MiB/,
  );
  expect(device.buffers.live()).toEqual({ buffers: 0, bytes: 0 });
  // What failed once can be tried again.
  expect((await studio.openModel({ type: 'open-model', source: NANO })).check.ok).toBe(true);
});
