import { expect, it } from 'vitest';
import { aCell, aStudy } from '../../store/testing/studies';
import { reportCsv, reportHtml, reportJson } from './report';

const study = aStudy({ name: '<script>alert(1)</script> & "more"' });
const cells = study.seeds.flatMap((seed) => [
  aCell(study, seed, 'lora', { loss: 4 + seed / 100 }),
  aCell(study, seed, 'ts-lora', { loss: 3.5, name: '=1+1', skipped: 0.5, classes: [{ group: 'Kind', name: '<b>digits', tokens: 3, passed: 30, skipped: 12 }] }),
]);

it('the page needs nothing and runs nothing, whatever names say', () => {
  const html = reportHtml(study, cells);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/<script|<b>digits|javascript:|https?:/);
  expect(html).toContain('&#60;script&#62;');
  expect(html).toContain('TS-LoRA is lower by');
  expect(html.match(/<svg/g)).toHaveLength(2);
  expect(html).toContain('3.500');
});

it('the table: one line per cell, quoted, and no formula for a spreadsheet', () => {
  const lines = reportCsv(cells).trimEnd().split('\r\n');
  expect(lines).toHaveLength(1 + 6);
  expect(lines[0]).toMatch(/^stage,seed,arm,name,parameters,base_loss,loss,best/);
  expect(lines[2]).toContain(",'=1+1,");
});

it('JSON holds everything', () => {
  expect(JSON.parse(reportJson(study, cells))).toEqual({ format: 'sieve-experiment', version: 1, study, cells });
});
