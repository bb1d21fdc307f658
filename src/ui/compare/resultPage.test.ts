import { afterEach, expect, it } from 'vitest';
import { defaultSession } from '../../shared/config';
import { speak } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { type Contender, contenders } from '../../store/compare/contenders';
import { MetricLog } from '../../store/metricLog';
import { type SessionView, initialState } from '../../store/slices';
import { MODULES, evalEvent, gateStats, stepEvent } from '../../store/testing/fixtures';
import type { ChartColors } from '../charts/chartColors';
import { resultPage } from './resultPage';

afterEach(() => speak('en'));

const shade = () => ({ fill: '#eee', ink: '#111' });
const colors: ChartColors = {
  panel: '#fff',
  ink: '#111',
  ink2: '#555',
  line: '#ddd',
  lineStrong: '#999',
  runs: Array.from({ length: 9 }, () => '#123456'),
  runsSoft: Array.from({ length: 9 }, () => '#abcdef'),
  lines: [],
  skip: shade,
  keep: shade,
  less: shade,
  worth: shade,
};

/** A session of so many steps, of which everything that a name may be is hostile. */
function shown(steps: number): Contender[] {
  const metricLogs = new Map(['base', 'lora', 'ts-lora'].map((id) => [id, new MetricLog(id)]));
  metricLogs.get('base')!.addEval(evalEvent('base', 0, 5.5));
  for (const id of ['lora', 'ts-lora']) {
    const log = metricLogs.get(id)!;
    log.modules = MODULES;
    log.parameters = 100;
    for (let step = 1; step <= steps; step++)
      log.addStep(stepEvent(id, step, id === 'lora' ? null : gateStats(4, 100, () => 50)));
    log.addEval({ ...evalEvent(id, steps, 4.25), ...(id === 'ts-lora' && { gate: gateStats(4, 100, () => 75) }) });
  }
  const { train, runs } = defaultSession();
  const session: SessionView = {
    config: { train, runs: [{ ...runs[0], name: '<script>alert(1)</script>' }, runs[1]] },
    template: { prompt: '<img src=x onerror=alert(1)>{prompt}', completion: '{completion}' },
    mapping: null,
    dataName: '"><script src=//x>',
    plan: null,
    devices: [{ kind: 'cpu', name: '', threads: 2 }],
    metricLogs,
    failed: new Map(),
    startedAt: 1,
  };
  const s = initialState();
  const source = { kind: 'embedded', id: 'sieve-stories-nano' } as const;
  return contenders({ ...s, model: { ...s.model, status: 'ready', source }, runs: { ...s.runs, session } }, names);
}

const page = (all: Contender[], text = 'An answer.') =>
  resultPage({
    shown: all,
    reference: all[1],
    answers: { asked: '</title><script>', answers: { lora: { text, done: true } } },
    colors,
    now: 0,
  });

it('is one file that needs nothing and runs nothing, whatever names and answers say', () => {
  const html = page(shown(3), '<script>x</script>');
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/<script|<img|<link|<iframe|javascript:|<[^>]*\son\w+=|url\(/);
  expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
});

it('has the numbers of the page, both curves, the map, the answer and every setting', () => {
  const html = page(shown(3));
  expect(html).toContain('4.250');
  expect(html).toContain('25.0 %');
  expect(html.match(/<polyline[^>]*stroke-linejoin/g)!.length).toBeGreaterThan(3);
  expect(html).toContain('An answer.');
  expect(html).toContain('Max sequence length');
  expect(html).toContain('CPU');
});

it('stays small, however long the session was and the answer is', () => {
  const html = page(shown(5000), 'word '.repeat(100_000));
  expect(html.length).toBeLessThan(400_000);
});
