import { deflateSync } from 'fflate';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type SessionConfig,
  GATE_RULES,
  defaultSession,
  gateSchema,
  parseSession,
  sessionProblems,
} from '../../shared/config';
import { MAX_LINK, readLink, readSettings, settingsFile, settingsLink } from './share';

/** Settings that touch every group. */
function changed(): SessionConfig {
  const e = structuredClone(defaultSession());
  Object.assign(e.train, {
    steps: 4,
    seed: 0xffffffff,
    learningRate: 1.25e-4,
    devShare: 0.1,
    loadBestCheckpoint: true,
    patience: 3,
  });
  Object.assign(e.runs[0], { name: 'ünïcode “run”', rank: 64, only: ['0.q_proj', '3.down_proj'], rslora: true });
  Object.assign(e.runs[1].gate, { rule: 'averaged', targetSparsity: 0.7, gradientFrom: 'dev', eta: 0.5 });
  return parseSession(e);
}

const same: fc.Arbitrary<SessionConfig> = fc
  .record({
    seed: fc.nat(),
    steps: fc.integer({ min: 1, max: 1e5 }),
    rate: fc.double({ min: 1e-9, max: 1, noNaN: true }),
    rule: fc.constantFrom(...GATE_RULES),
    rank: fc.integer({ min: 1, max: 64 }),
    sparsityPenalty: fc.double({ min: -100, max: 100, noNaN: true }).map((x) => (Object.is(x, -0) ? 0 : x)),
    name: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((s) => s.length <= 60),
  })
  .map(({ seed, steps, rate, rule, rank, sparsityPenalty, name }) => {
    const e = structuredClone(defaultSession());
    Object.assign(e.train, { seed, steps, learningRate: rate });
    Object.assign(e.runs[1], { rank, name, gate: { ...e.runs[1].gate, rule, sparsityPenalty } });
    return e;
  });

it('settings come back from a file and from a link as they were', () => {
  for (const e of [defaultSession(), changed()]) {
    expect(readSettings(settingsFile(e))).toEqual(e);
    expect(readLink(settingsLink(e))).toEqual(e);
  }
  fc.assert(
    fc.property(same, (e) => {
      fc.pre(sessionProblems(e).length === 0);
      expect(readLink(settingsLink(e))).toEqual(e);
      expect(readSettings(settingsFile(e))).toEqual(e);
    }),
  );
});

it('a link is short, fits an address unescaped, and is refused where it would be long', () => {
  expect(settingsLink(defaultSession()).length).toBeLessThan(160);
  expect(settingsLink(changed())).toMatch(/^3\.[\w-]{10,600}$/);
  const noise = Array.from({ length: 8 }, (_, i) => ({
    ...changed().runs[0],
    id: `r${i}`,
    only: Array.from(
      { length: 700 },
      (__, k) => `${(k * 37 + i * 11) % 200}.${['q', 'k', 'v', 'o', 'gate', 'up', 'down'][(k * k + i) % 7]}`,
    ),
  }));
  expect(() => settingsLink({ ...changed(), runs: noise })).toThrow(/too long for a link/);
});

it('any single character changed, and any end cut off, is noticed', () => {
  const link = settingsLink(changed());
  for (let i = 0; i < link.length; i++) {
    for (const c of ['A', 'x', '-', '.']) {
      if (link[i] === c) continue;
      let back: SessionConfig | null = null;
      try {
        back = readLink(link.slice(0, i) + c + link.slice(i + 1));
      } catch (error) {
        expect((error as Error).name).toBe('ConfigError');
      }
      // The last character of base64 may hold bits that mean nothing.
      if (back) expect(back).toEqual(changed());
    }
    expect(() => readLink(link.slice(0, i))).toThrow(/link/);
  }
});

/** A link of this text. */
function packed(text: string, sum?: number, version = 3): string {
  const json = new TextEncoder().encode(text);
  let hash = 0x811c9dc5;
  for (const b of json) hash = Math.imul(hash ^ b, 0x01000193) >>> 0;
  const body = deflateSync(json);
  const bytes = new Uint8Array(body.length + 4);
  new DataView(bytes.buffer).setUint32(0, sum ?? hash);
  bytes.set(body, 4);
  return `${version}.${Buffer.from(bytes).toString('base64url')}`;
}

it('a link of an earlier version means what it meant: it says nothing of the defaults of then', () => {
  const text = '{"train":{},"runs":[{"id":"a","name":"A","method":"ts-lora","gate":{"rule":"exact"}}]}';
  const eta = (version: number) => readLink(packed(text, undefined, version)).runs[0].gate.eta;
  expect([1, 2, 3].map(eta)).toEqual(['auto', 'auto', gateSchema.parse({}).eta]);
  expect(eta(3)).toBeGreaterThan(0);
  const bare = '{"train":{},"runs":[{"id":"a","name":"A","method":"lora"}]}';
  expect(readLink(packed(bare, undefined, 2)).runs[0].gate.eta).toBe('auto');
});

it('hostile links are refused in words and small memory', () => {
  expect(() => readLink('')).toThrow(/damaged/);
  expect(() => readLink('4.abcdef')).toThrow(/another version/);
  expect(() => readLink(`3.${'A'.repeat(MAX_LINK)}`)).toThrow(/longer than/);
  expect(() => readLink(packed(' '.repeat(2 << 20)))).toThrow(/damaged/);
  expect(() => readLink(packed('{"train":{"steps":1e9},"runs":[]}'))).toThrow('train.steps: must be at most 100000');
  expect(() => readLink(packed('{"train":{"__proto__":1},"runs":[{"id":"a","name":"A","method":"lora"}]}'))).toThrow(
    /does not know/,
  );
  expect(readLink(packed('{"train":{},"runs":[{"id":"a","name":"A","method":"lora"}]}')).runs[0].rank).toBe(8);
  expect(() => readLink(packed('{"train":{},"runs":[{"id":"a","name":"A","method":"lora"}]}', 7))).toThrow(/damaged/);
});

it('a file that is wrong is refused with the path of what is wrong', () => {
  const file = (
    change: (
      o: { config: { train: Record<string, unknown>; runs: Record<string, unknown>[] } } & Record<string, unknown>,
    ) => void,
  ) => {
    const o = JSON.parse(settingsFile(changed()));
    change(o);
    return () => readSettings(JSON.stringify(o));
  };
  expect(() => readSettings('{')).toThrow(/^This is not JSON/);
  expect(() => readSettings('[]')).toThrow(/not settings of Sieve/);
  expect(
    file((o) => {
      o.format = 'sieve-session';
    }),
  ).toThrow(/not settings of Sieve/);
  expect(
    file((o) => {
      o.version = 4;
    }),
  ).toThrow('version: this page reads version 3, and the file says 4.');
  expect(
    file((o) => {
      o.data = [];
    }),
  ).toThrow('settings: has a field that Sieve does not know: data');
  expect(
    file((o) => {
      o.config.runs[0].rank = 65;
    }),
  ).toThrow('config.runs.0.rank: must be at most 64');
  expect(
    file((o) => {
      o.config.runs[1].gate = { rule: 'none' };
    }),
  ).toThrow(/^config\.runs\.1\.gate\.rule: must be one of/);
  expect(
    file((o) => {
      o.config.train.colour = 'red';
    }),
  ).toThrow('config.train: has a field that Sieve does not know: colour');
});
