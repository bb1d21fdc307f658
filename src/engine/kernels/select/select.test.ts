import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { rowCount, runOps, testDevice, uints } from '../../testing/harness';
import { packGateSlots, packStatSlots, readGateSlots, readStatSlots } from '../gate/slots';
import { keepRatios, markHeld, markHelpful, markLargest, markRandom, noteCount, noteShare } from './select';
import { hashRef, selectRef } from './select.ref';

type Extra = Parameters<typeof rowCount>[2];

async function setUp(rows: number, extra: Extra = {}, share = 1) {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const slot = scope.upload('slot', new Uint8Array(packGateSlots([{ share }])));
  // Longer than the pass; what lies behind it must stay.
  const open = scope.upload('open', new Uint32Array(rows + 20).fill(7));
  const opened = async () => {
    const all = await uints(device, open, rows + 20);
    expect(all.slice(rows)).toEqual(new Uint32Array(20).fill(7));
    return Array.from(all.slice(0, rows));
  };
  return { device, scope, slot, open, opened, rows: rowCount(scope, rows, extra) };
}

test.each([1, 7, 57, 1001, 4099])('quantile of %i rows: exact count, largest r, ties by row', async (rows) => {
  const rng = new Rng(rows);
  for (const keep of [0, 0.05, 0.3, 0.5, 0.8, 1]) {
    const s = await setUp(rows);
    // A few values only, 0 among them.
    const ratio = Float32Array.from(
      { length: rows + 20 },
      () => [0, 0.5, Math.fround(0.5 + 1e-7), rng.uniform(0, 2)][rng.below(4)],
    );
    const op = markLargest(s.device, { ...s, keep, ratio: s.scope.upload('ratio', ratio), ofStep: false });
    await runOps(s.device, [op]);
    const count = Math.floor(keep * rows + 0.5);
    const open = await s.opened();
    expect(open).toEqual(selectRef(ratio.subarray(0, rows), count));
    const smallest = Math.min(...open.flatMap((o, i) => (o ? [ratio[i]] : [])), 3e38);
    const [slot] = readGateSlots(await readTensor(s.device, s.slot));
    expect(slot).toMatchObject({ tau: Math.fround(smallest), updates: 1 });
    s.scope.free();
  }
});

test.each([NaN, Infinity])('quantile of rows whose r is %d: its past stands still', async (r) => {
  const s = await setUp(4);
  s.device.write(s.slot, packGateSlots([{ tau: 0.5, updates: 3 }]));
  const ratio = s.scope.upload('ratio', Float32Array.of(r, 0.4, r, r));
  await runOps(s.device, [markLargest(s.device, { ...s, keep: 0.5, ratio, ofStep: false })]);
  expect(readGateSlots(await readTensor(s.device, s.slot))[0]).toMatchObject({ tau: 0.5, updates: 3 });
  s.scope.free();
});

test('quantile, row by row: the average of what was kept decides', async () => {
  const s = await setUp(4, { kind: 'decode' });
  s.device.write(s.slot, packGateSlots([{ tau: 0.5, updates: 3 }]));
  await runOps(s.device, [
    markLargest(s.device, {
      ...s,
      keep: 0.1,
      ratio: s.scope.upload('ratio', Float32Array.of(0.4, 0.5, 2, 0)),
      ofStep: false,
    }),
  ]);
  expect(await s.opened()).toEqual([0, 1, 1, 0]);
  expect(readGateSlots(await readTensor(s.device, s.slot))[0].updates).toBe(3);
  s.scope.free();
});

test.each([1, 57, 1001])('random choice among %i rows', async (rows) => {
  const [seed, module] = [0xdeadbeef, 5];
  const draws: string[] = [];
  for (const { extra, count, share } of [
    { extra: { kind: 'train', draw: 3, of: 1 }, count: Math.floor(0.3 * rows + 0.5), share: 1 },
    { extra: { kind: 'train', draw: 4, of: 1 }, count: Math.floor(0.3 * rows + 0.5), share: 1 },
    { extra: { kind: 'evaluate', draw: 3 }, count: Math.floor(0.75 * rows + 0.5), share: 0.75 },
  ] as const) {
    const s = await setUp(rows, extra, share);
    await runOps(s.device, [
      markRandom(s.device, { ...s, keep: 0.3, seed, module, followed: null, nobody: s.scope.alloc('nobody', 4) }),
    ]);
    const batch = extra.kind === 'train' ? extra.of : 0xffff0002;
    const open = await s.opened();
    expect(open).toEqual(
      selectRef(
        Array.from({ length: rows }, (_, row) => hashRef(seed, extra.draw, { micro: batch, module, row })),
        count,
      ),
    );
    draws.push(open.join(''));
    s.scope.free();
  }
  if (rows > 1) expect(new Set(draws).size, 'every pass draws its own').toBe(3);
});

test('of a batch that was cut, each part keeps what the whole would keep there', async () => {
  const rng = new Rng(5);
  // The second batch of a step, behind one of 100 tokens, in three parts of which the first is the longest.
  const [first, whole] = [100, 350];
  const ratio = Float32Array.from({ length: first + whole }, () => rng.below(90) / 8);
  const largest = selectRef(ratio.subarray(first), Math.floor(0.3 * whole + 0.5));
  const drawn = selectRef(
    Array.from({ length: whole }, (_, row) => hashRef(1, 3, { micro: 1, module: 0, row })),
    Math.floor(0.3 * whole + 0.5),
  );
  let before = 0;
  for (const rows of [300, 7, 43]) {
    const s = await setUp(rows, { of: 1, draw: 3, first: first + before, before, whole });
    // Of the part's own rows there is nothing yet.
    const ratios = s.scope.upload('ratios', ratio.slice().fill(0, first + before, first + before + rows));
    const own = s.scope.upload('own', ratio.subarray(first + before, first + before + rows));
    await runOps(s.device, [
      keepRatios({ rows: s.rows, ratio: own, ratios }),
      markLargest(s.device, { ...s, keep: 0.3, ratio: ratios, ofStep: true }),
    ]);
    expect(await s.opened(), `${rows} rows`).toEqual(largest.slice(before, before + rows));
    // Its past counts once.
    expect(readGateSlots(await readTensor(s.device, s.slot))[0].updates).toBe(before === 0 ? 1 : 0);
    const nobody = s.scope.alloc('nobody', 4);
    await runOps(s.device, [markRandom(s.device, { ...s, keep: 0.3, seed: 1, module: 0, followed: null, nobody })]);
    expect(await s.opened()).toEqual(drawn.slice(before, before + rows));
    s.scope.free();
    before += rows;
  }
});

test('random choice follows the counts that another run noted, batch by batch', async () => {
  const s = await setUp(57, { of: 2 });
  const counts = s.scope.alloc('counts', 4 * 3 * 4);
  const followed = { counts, modules: 4, module: 1 };
  await runOps(s.device, [
    // Of two parts of one batch.
    noteCount({ rows: s.rows, list: s.scope.upload('list', Uint32Array.of(9, 0)), ...followed }),
    noteCount({ rows: s.rows, list: s.scope.upload('list', Uint32Array.of(4, 0)), ...followed }),
    noteCount({
      rows: rowCount(s.scope, 57, { kind: 'evaluate', of: 2 }),
      list: s.scope.upload('list', Uint32Array.of(50, 0)),
      ...followed,
    }),
    markRandom(s.device, { ...s, keep: 0.9, seed: 1, module: 0, followed, nobody: counts }),
  ]);
  expect([...(await uints(s.device, counts, 12))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 0, 0]);
  expect((await s.opened()).filter(Boolean)).toHaveLength(13);
  s.scope.free();
});

test('random, row by row: about the share, by position', async () => {
  let kept = 0;
  let before: number[] = [];
  for (let position = 0; position < 400; position++) {
    const s = await setUp(5, { kind: 'decode', draw: position }, 0.3);
    await runOps(s.device, [
      markRandom(s.device, { ...s, keep: 1, seed: 2, module: 0, followed: null, nobody: s.scope.alloc('nobody', 4) }),
    ]);
    const open = await s.opened();
    // The rows of one pass are the first rows of the passes behind it.
    if (before.length > 0) expect(open.slice(0, 4)).toEqual(before.slice(1));
    before = open;
    kept += open[0];
    s.scope.free();
  }
  expect(kept / 400).toBeGreaterThan(0.23);
  expect(kept / 400).toBeLessThan(0.37);
});

test('oracle: the tokens that would help, in a step; all elsewhere', async () => {
  for (const kind of ['train', 'evaluate', 'probe'] as const) {
    const s = await setUp(5, { kind, first: 2 });
    const probed = [
      [0.5, 9],
      [0.5, -9],
      [0.5, -1],
      [0.5, 0],
      [0, 0],
      [0.5, -1e-30],
      [0.5, NaN],
    ];
    const pairs = s.scope.upload('pairs', Float32Array.from(probed.flat()));
    await runOps(s.device, [markHelpful({ ...s, pairs })]);
    expect(await s.opened(), kind).toEqual(kind === 'train' ? [1, 0, 1, 1, 0] : [1, 1, 1, 1, 1]);
    s.scope.free();
  }
});

test('held: as it is told in a step; by τ where it is told nothing, and elsewhere', async () => {
  for (const kind of ['train', 'evaluate', 'probe'] as const) {
    const s = await setUp(67, { kind, first: 3 });
    const ratio = Float32Array.from({ length: 67 }, (_, row) => (row % 4) / 2);
    const slot = s.scope.upload('slot', new Uint8Array(packGateSlots([{ tau: 0.5 }])), 'uniform');
    const told = Uint32Array.from({ length: 80 }, (_, token) => token % 3);
    const [held, ratios] = [s.scope.upload('held', told), s.scope.upload('ratio', ratio)];
    await runOps(s.device, [markHeld({ ...s, slot, ratio: ratios, held })]);
    const expected = Array.from(ratio, (r, row) => {
      const said = kind === 'train' ? told[3 + row] : 0;
      return said === 0 ? Number(r >= 0.5) : said - 1;
    });
    expect(await s.opened(), kind).toEqual(expected);
    s.scope.free();
  }
});

test('the share that a step kept', async () => {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const empty = readStatSlots(new ArrayBuffer(512))[0];
  const stats = scope.upload('stats', new Uint8Array(packStatSlots([{ ...empty, tokens: 8, active: 2 }, empty])));
  const slots = scope.upload('slots', new Uint8Array(packGateSlots([{ share: 1 }, { share: 0.4 }])));
  await runOps(device, [noteShare({ stats, slots, modules: 2 })]);
  expect(readGateSlots(await readTensor(device, slots)).map((s) => s.share)).toEqual([0.25, Math.fround(0.4)]);
  scope.free();
});
