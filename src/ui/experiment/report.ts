/**
 * A study as files to take away: one HTML page that needs nothing else (no script, pictures inline, a policy that lets it
 * load nothing), a table of every cell as CSV, and everything as JSON. Whatever a person typed is escaped.
 */
import { isGated } from '../../shared/config';
import { ranks } from '../../shared/stats';
import { type Cell, type Study, contestants, moduleKey } from '../../shared/study';
import { MEASURES, classesOf, noiseOf, rankingsOf, resultsOf } from '../../store/studies/results';
import { templateWords } from '../../store/template';
import { escapeMarkup, toMarkup } from '../charts/drawing';
import { count, fixed, percent, signed } from '../format';
import tokens from '../styles/tokens.css?raw';
import { NOISE_LINES, classFigure, lossFigure, noiseFigure, rankingFigure, withInterval } from './figures';

const WIDTH = 760;

/** The page's tokens (its light and dark theme), and the few rules of this page. */
const STYLE = `${tokens}
body{font:15px/1.5 var(--font);color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:13px;margin:1rem 0;display:block;overflow-x:auto}caption{text-align:left;font-weight:650;white-space:nowrap}td:first-child{white-space:nowrap}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;font-weight:400}thead th{color:var(--ink-2)}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.help{color:var(--ink-2);font-size:13px}svg{max-width:100%;height:auto}
text{font:12px var(--font);fill:var(--ink)}.chart-tick{fill:var(--ink-2)}.chart-group{font-weight:650}
.chart-grid{stroke:var(--line)}.chart-level{stroke:var(--ink-2);stroke-dasharray:3 4}.chart-whisker,.chart-mean{stroke-width:2}.chart-whisker.over-bar{stroke:var(--ink)}.chart-dot{fill-opacity:.7}.chart-dashed{stroke-dasharray:6 4}.chart-name{stroke:none}.chart-span{stroke-opacity:.4}
.mark-0{fill:var(--line-strong);stroke:var(--ink-2)}
${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `.mark-${i}{fill:var(--run-${i});stroke:var(--run-${i})}`).join('\n')}
rect{stroke:none}circle{stroke:none}
`;

type Cellable = string | { number: string };
const n = (number: string): Cellable => ({ number });

function table(caption: string, head: Cellable[], rows: Cellable[][]): string {
  const cell = (tag: string, c: Cellable) => (typeof c === 'string' ? `<${tag}>${escapeMarkup(c)}</${tag}>` : `<${tag} class="n">${escapeMarkup(c.number)}</${tag}>`);
  return `<table><caption>${escapeMarkup(caption)}</caption><thead><tr>${head.map((c) => cell('th', c)).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((c) => cell('td', c)).join('')}</tr>`).join('')}</tbody></table>`;
}

const paragraph = (text: string, help = false) => `<p${help ? ' class="help"' : ''}>${escapeMarkup(text)}</p>`;
const heading = (text: string) => `<h2>${escapeMarkup(text)}</h2>`;

/** The report as one HTML document. */
export function reportHtml(study: Study, cells: readonly Cell[]): string {
  const results = resultsOf(study, cells);
  const { rows, measures, reference, base } = results;
  const parts = [
    `<h1>${escapeMarkup(study.name)}</h1>`,
    paragraph(`An experiment of ${new Date(study.createdAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, made with Sieve in a browser. State: ${study.state}.`, true),
    heading('What it shows'),
    results.verdicts.length > 0 ? `<ul>${results.verdicts.map((v) => `<li>${escapeMarkup(v)}</li>`).join('')}</ul>` : paragraph('Nothing to compare yet.'),
    paragraph('Lower loss is better. ± is a 95 % interval of Student’s t over seeds; differences are paired by seed. With many comparisons about one in twenty looks clear by chance. The threshold rule of TS methods is reconstructed from secondary sources, not the paper’s own code.', true),
    toMarkup(lossFigure(results, WIDTH)),
    table('Mean ± 95 % interval over seeds', ['Arm', n('Seeds'), n('Parameters'), ...measures.map((m) => n(m.label)), n(`Loss against ${reference}, paired`)], [
      ...(base === null ? [] : [['Untouched model', n('–'), n('–'), n(fixed(base)), ...measures.slice(1).map(() => n('–')), n('–')]]),
      ...rows.map((r): Cellable[] => [
        r.name, n(`${r.done}${r.failed > 0 ? ` (${r.failed} failed)` : ''}`), n(count(r.parameters)),
        ...r.values.map((v, k) => n(withInterval(v, (x) => (measures[k].share ? percent(x, 1) : fixed(x))))),
        n(r.difference ? `${signed(r.difference.mean)}${r.difference.half === null ? '' : ` ± ${fixed(r.difference.half)}`}` : '–'),
      ]),
    ]),
    table('Held-out loss of every seed', ['Seed', ...rows.map((r) => n(r.name))], study.seeds.map((seed, i) => [n(String(seed)), ...rows.map((r) => n(fixed(r.losses[i], 4)))])),
  ];
  const found = rankingsOf(study, cells);
  if (found) {
    const places = new Map(found.rankings.map(({ ranking }) => [ranking, ranks(found.modules.map((m) => -m.scores[ranking]))]));
    parts.push(
      heading('Modules, ranked'),
      table('Rank correlation', ['Ranking', 'goes by', n('between seeds'), n('with active share')], found.rankings.map((r) => [r.name, r.by, n(r.ranking === 'weight' ? 'does not depend on it' : fixed(r.stability, 2)), n(fixed(r.withActive, 2))])),
      toMarkup(rankingFigure(found.modules, WIDTH)),
      table('Place of every module (in how many seeds it was chosen)', ['Module', n('Parameters'), n('Active share'), ...found.rankings.map((r) => n(r.name))], found.modules.map((m, i) => [
        moduleKey(m), n(count(m.parameters)), n(withInterval(m.active, (v) => percent(v, 1))), ...found.rankings.map((r) => n(`${fixed(places.get(r.ranking)![i], 0)} (${m.chosen[r.ranking]}/${found.seeds})`)),
      ])),
    );
  }
  for (const { id, name } of contestants(study)) {
    const noise = noiseOf(cells, id);
    if (noise.length > 0) {
      parts.push(
        heading(`How noisy the updates of ${name} are`), toMarkup(noiseFigure(noise, WIDTH)),
        paragraph('Share of token updates that would lower the loss (μ < 0): on the batches just learnt from, and on held-out examples.', true),
        table('Share of updates that help', [n('Step'), ...NOISE_LINES.map((l) => n(l.label))], noise.map((r) => [n(String(r.step)), ...NOISE_LINES.map((l) => n(withInterval(r[l.key], (v) => percent(v, 1))))])),
      );
    }
    const classes = classesOf(cells, id);
    if (classes.length === 0) continue;
    parts.push(
      heading(`Which tokens ${name} skips`), toMarkup(classFigure(classes, WIDTH)),
      table('Skipped share by class of token', ['By', 'Class', n('Tokens'), n('Skipped')], classes.map((r) => [r.group, r.name, n(count(r.tokens)), n(withInterval(r.skipped, (v) => percent(v, 1)))])),
    );
  }
  const source = study.model.kind === 'hub' ? `${study.model.id} (${study.model.revision})` : study.model.id;
  const template = templateWords(study.data.template);
  parts.push(
    heading('Settings'),
    table('Data and model', ['What', 'Value'], [
      ['Model', source], ['Data', study.data.name], ['Examples to learn from', n(count(study.data.train))], ['Held out', n(count(study.data.heldOut))],
      ...(template.chat === null ? [['Prompt template', template.prompt], ['Completion template', template.completion]] : [['Chat template', template.chat]]), ['Seeds', study.seeds.join(', ')],
    ]),
    table('Training, the same for all', ['Setting', 'Value'], Object.entries(study.train).filter(([key]) => key !== 'seed').map(([key, value]) => [key, String(value)])),
    ...study.arms.map((arm) => table(`Arm ${arm.name}`, ['Setting', 'Value'], Object.entries(arm).filter(([key]) => (key !== 'gate' || isGated(arm)) && (key !== 'adalora' || arm.method === 'adalora')).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]))),
    ...(study.importance ? [table('Module importance', ['Setting', 'Value'], Object.entries(study.importance).map(([key, value]) => [key, String(value)]))] : []),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(study.name)}</title><style>${STYLE}</style></head>
<body>${parts.join('\n')}</body></html>
`;
}

/** Text as one CSV field: quoted where needed, and never taken for a formula by a spreadsheet. */
function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line per cell. */
export function reportCsv(cells: readonly Cell[]): string {
  const head = ['stage', 'seed', 'arm', 'name', 'parameters', 'base_loss', ...MEASURES.map((m) => m.id), 'modules', 'failed'];
  const lines = cells.map((c) => [c.stage, c.seed, c.arm, c.name, c.parameters, c.base, ...MEASURES.map((m) => m.of(c)), c.only?.join(' ') ?? '', c.failed ?? '']);
  return `${[head, ...lines].map((line) => line.map(field).join(',')).join('\r\n')}\r\n`;
}

/** Everything that is kept. */
export function reportJson(study: Study, cells: readonly Cell[]): string {
  return `${JSON.stringify({ format: 'sieve-experiment', version: 1, study, cells }, null, 1)}\n`;
}
