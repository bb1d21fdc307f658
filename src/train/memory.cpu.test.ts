/** Memory that runs out in a step: the step is repeated in a thriftier layout, and the run ends as one that had room. */
import { expect, it } from 'vitest';
import type { Device } from '../engine/device/device';
import { openCpuDevice } from '../engine/kernels/openCpu';
import { expectClose } from '../engine/testing/allclose';
import { OutOfMemoryError } from '../shared/errors';
import { NANO, smallData, smallExperiment, watched } from './testing/studio';

/** The CPU engine; from when it is told to, it has no room for what a step reads back, `times` times. */
async function scarce(): Promise<{ device: Device; runOut: (times: number) => void }> {
  const device: Device = await openCpuDevice({ threads: 1 });
  let left = 0;
  const readback = device.readback.bind(device);
  device.readback = (...args) => {
    const real = readback(...args);
    return { ...real, copy: (commands, parts) => {
      if (args[0] === 'step' && left-- > 0) throw new OutOfMemoryError({ message: 'no room' });
      return real.copy(commands, parts);
    } };
  };
  return { device, runOut: (times) => { left = times; } };
}

it('fewer runs in a pass, layers computed anew, batches in halves: the step is repeated, and the run ends the same', async () => {
  const set = await smallData(48);
  const { device, runOut } = await scarce();
  let after = Infinity;
  let times = 0;
  const { studio, events, phase, losses } = watched({ open: async () => device, on: (event) => {
    if (event.type !== 'step' || event.step !== after || event.runId !== 'lora') return;
    after = Infinity;
    runOut(times);
  } });
  await studio.openModel({ type: 'open-model', source: NANO });
  const small = smallExperiment({ steps: 6, evalEvery: 3, batchSize: 3 });
  // Dropout drops the same in every layout.
  const experiment = { ...small, runs: small.runs.map((r) => ({ ...r, dropout: 0.2 })) };
  const run = async (...fails: [after: number, times: number] | []) => {
    events.length = 0;
    [after, times] = fails.length ? fails : [Infinity, 0];
    const done = phase('finished');
    await studio.start({ type: 'start', experiment, ...set });
    await done;
    const warnings = events.flatMap((e) => (e.type === 'warning' && /ran out/.test(e.message) ? [e.message] : []));
    const evals = events.flatMap((e) => (e.type === 'eval' ? [e.loss] : []));
    return { losses: [...losses('lora'), ...losses('ts-lora')], evals, warnings, layout: (await studio.state()).layout as { split?: number; recompute: boolean; capacity: { rows: number } } };
  };
  const whole = await run();
  expect(whole.losses).toHaveLength(12);
  expect(whole.warnings).toEqual([]);
  const before = studio.counts();

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

  const again = await run();
  expect(again.losses).toEqual(whole.losses);
  expect(studio.counts()).toEqual(before);
  await studio.reset();
});
