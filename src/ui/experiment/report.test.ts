import { afterEach, expect, it } from 'vitest';
import { speak } from '../../shared/texts';
import { aCell, anExperiment } from '../../store/testing/experiments';
import { reportCsv, reportHtml, reportJson } from './report';

afterEach(() => speak('en'));

const experiment = anExperiment({ name: '<script>alert(1)</script> & "more"' });
const cells = experiment.seeds.flatMap((seed) => [
  aCell(experiment, seed, 'lora', { loss: 4 + seed / 100 }),
  aCell(experiment, seed, 'ts-lora', {
    loss: 3.5,
    name: '=1+1',
    skipped: 0.5,
    classes: [{ group: 'Kind', name: '<b>digits', tokens: 3, passed: 30, skipped: 12 }],
  }),
]);

it('the page needs nothing and runs nothing, whatever names say', () => {
  const html = reportHtml(experiment, cells);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/<script|<b>digits|javascript:|https?:/);
  expect(html).toContain('&#60;script&#62;');
  expect(html).toContain('Validation loss: TS-LoRA better by');
  expect(html.match(/<svg/g)).toHaveLength(5);
  expect(html).toContain('3.500');
});

it('the table: one line per cell, quoted, and no formula for a spreadsheet', () => {
  const lines = reportCsv(cells).trimEnd().split('\r\n');
  expect(lines).toHaveLength(1 + 6);
  expect(lines[0]).toMatch(/^stage,seed,variant,name,parameters,base_loss,loss,best/);
  expect(lines[2]).toContain(",'=1+1,");
});

it('JSON holds everything', () => {
  expect(JSON.parse(reportJson(experiment, cells))).toEqual({
    format: 'sieve-experiment',
    version: 2,
    experiment,
    cells,
  });
});

it('the page is written in the language in use', async () => {
  const importance = anExperiment({ kind: 'importance' });
  const measures = (active: number | null) =>
    [0, 1].map((layer) => ({
      layer,
      kind: 'q_proj' as const,
      parameters: 10,
      active,
      weight: 1 + layer,
      change: 1,
      gradient: layer,
      sensitivity: null,
    }));
  const found = importance.seeds.flatMap((seed) => [
    aCell(importance, seed, 'probe-gated', { stage: 'probe', modules: measures(0.5) }),
    aCell(importance, seed, 'probe-plain', { stage: 'probe', modules: measures(null) }),
    aCell(importance, seed, 'active', {
      loss: 3 + seed / 100,
      noise: [{ step: 10, fresh: true, active: 0.5, skipped: 0.4 }],
      classes: [{ group: 'Part', name: 'not in the training data', tokens: 3, passed: 30, skipped: 12 }],
    }),
    aCell(importance, seed, 'weight', { loss: 4 }),
    aCell(importance, seed, 'change', { loss: 3 + seed / 100 }),
  ]);
  expect(reportHtml(experiment, cells)).toContain('<html lang="en">');
  await speak('zh');
  expect(reportHtml(experiment, cells)).toContain(
    '<li>验证损失：TS-LoRA 比 LoRA 好 0.520（95 % 置信区间 0.495 到 0.545，n = 3）。</li>',
  );
  const html = reportHtml({ ...importance, name: '模块' }, found);
  expect(html).toContain('<html lang="zh">');
  expect(html).toContain(
    '<li>验证损失：按激活占比选择比按权重选择好 0.980（95 % 置信区间 0.955 到 1.005，n = 3）。</li>',
  );
  // Settings at the end are named as in files.
  const said = html
    .slice(html.indexOf('<body>'), html.indexOf('<h2>设置</h2>'))
    .split(/<[^>]*>/)
    .filter((text) => /[a-z]{3,} +[a-z]{2,}/i.test(text) && !/\p{Script=Han}/u.test(text));
  // Charts say the rest themselves.
  expect(said.filter((text) => !/, \d+ seeds$|, step \d+: /.test(text))).toEqual([]);
});
