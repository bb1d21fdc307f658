/** Devices and models are only names here: what counts is the order. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Device } from '../engine/device/device';
import type { DeviceChoice } from '../shared/types';
import { Openings } from './openings';

/** Steps that wait until the test lets them go: `fetch a`, `place a`. */
const gates = new Map<string, () => void>();
const step = (name: string) =>
  new Promise<void>((resolve) => {
    gates.set(name, resolve);
  });
const waits = (name: string) => vi.waitFor(() => expect([...gates.keys()]).toContain(name));
const pass = async (...names: string[]) => {
  for (const name of names) {
    await waits(name);
    gates.get(name)!();
    gates.delete(name);
  }
};

type Named = Device & { gone: boolean };

/** As the studio does it: a model lies on one device, and takes the other along when it is there. */
function made() {
  const devices: Named[] = [];
  const lasts: boolean[] = [];
  let open: { device: Named; id: string } | null = null;
  const openings = new Openings<string>({
    fitting: (choice) =>
      open && !open.device.gone && (choice === 'auto' || choice === open.device.info.kind) ? open.device : null,
    openDevice: async (choice) => {
      const device = {
        gone: false,
        info: { kind: choice === 'auto' ? 'cpu' : choice },
        destroy: () => {
          device.gone = true;
        },
      } as unknown as Named;
      devices.push(device);
      return device;
    },
    fetch: async ({ id }) => {
      await step(`fetch ${id}`);
      return id;
    },
    place: async (device, id) => {
      await step(`place ${id}`);
      if ((device as Named).gone) throw new Error('the device is gone');
      if (open && open.device !== device) open.device.destroy();
      open = { device: device as Named, id };
    },
  });
  const ask = (id: string, device: DeviceChoice) =>
    openings
      .open({ kind: 'embedded', id }, device, (last) => {
        lasts.push(last);
        return `${open!.id} on ${open!.device.info.kind}`;
      })
      .catch((error: Error) => error.name);
  const start = async () => {
    const asked = ask('old', 'cpu');
    await pass('fetch old', 'place old');
    expect(await asked).toBe('old on cpu');
  };
  return { openings, ask, start, lasts, left: () => devices.filter((d) => !d.gone).map((d) => d.info.kind) };
}

beforeEach(() => {
  gates.clear();
});

test('of two that are asked for before either is read the earlier is ended', async () => {
  const { ask, left } = made();
  const earlier = ask('a', 'gpu');
  await waits('fetch a');
  const later = ask('b', 'cpu');
  await pass('fetch a', 'fetch b', 'place b');
  expect([await earlier, await later]).toEqual(['AbortError', 'b on cpu']);
  expect(left()).toEqual(['cpu']);
});

test.each([
  ['gpu', 'cpu'],
  ['cpu', 'gpu'],
  ['cpu', 'cpu'],
  ['gpu', 'gpu'],
] as const)(
  'while one takes its place on the %s, one for the %s is asked for: that is open in the end',
  async (first, second) => {
    const { ask, start, left, lasts } = made();
    await start();
    const earlier = ask('a', first);
    await pass('fetch a');
    await waits('place a');
    const later = ask('b', second);
    await pass('fetch b', 'place a', 'place b');
    expect([await earlier, await later]).toEqual([`a on ${first}`, `b on ${second}`]);
    expect(left()).toEqual([second]);
    expect(lasts).toEqual([true, false, true]);
  },
);

test('what is about to go is not promised to whoever ends the next one', async () => {
  const { ask, start, openings } = made();
  await start();
  const earlier = ask('a', 'cpu');
  await pass('fetch a');
  await waits('place a');
  const later = ask('b', 'cpu');
  await waits('fetch b');
  expect(openings.cancel()).toBe(false);
  await pass('fetch b', 'place a');
  expect([await earlier, await later]).toEqual(['a on cpu', 'AbortError']);
  const alone = ask('c', 'cpu');
  await waits('fetch c');
  expect(openings.cancel()).toBe(true);
  await pass('fetch c');
  expect(await alone).toBe('AbortError');
});
