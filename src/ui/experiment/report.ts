/**
 * An experiment as files to take away: one HTML page that needs nothing else (no script, pictures inline, a policy that lets it
 * load nothing), written in the language in use; a table of every cell as CSV, and everything as JSON. Whatever a person typed is escaped.
 */
import { RUN_GROUPS, type RunGroup } from '../../shared/settings';
import { settingsFor } from '../../store/configure/changes';
import { ranks } from '../../shared/stats';
import { type Cell, type Experiment, contestants, moduleKey } from '../../shared/experiment';
import { language, texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import { MEASURES, classesOf, noiseOf, rankingsOf, resultsOf } from '../../store/experiments/results';
import { deviceNames } from '../deviceWords';
import { templateWords } from '../templateWords';
import { resultTable } from './tables';
import { verdictsOf } from './verdicts';
import { escapeMarkup, toMarkup } from '../charts/drawing';
import { count, fixed, percent } from '../format';
import type { PaperTable } from '../paperTable';
import tokens from '../styles/tokens.css?raw';
import {
  NOISE_LINES,
  bandFigure,
  bandsOf,
  classFigure,
  className,
  groupName,
  lossFigure,
  noiseFigure,
  rankingFigure,
  tradeOffFigure,
  tradeOffPoints,
  withInterval,
} from './figures';

const WIDTH = 760;

/** The page's tokens (its light and dark theme), and the few rules of this page. */
const STYLE = `${tokens}
body{font:15px/1.5 var(--font);color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:13px;margin:1rem 0;display:block;overflow-x:auto}caption{text-align:left;font-weight:650;white-space:nowrap}td:first-child{white-space:nowrap}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;font-weight:400}thead th{color:var(--ink-2)}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.help{color:var(--ink-2);font-size:13px}svg{max-width:100%;height:auto}
text{font:12px var(--font);fill:var(--ink)}.chart-tick{fill:var(--ink-2)}.chart-group{font-weight:650}
.chart-grid{stroke:var(--line)}.chart-level{stroke:var(--ink-2);stroke-dasharray:3 4}.chart-whisker,.chart-mean{stroke-width:2}.chart-whisker.over-bar{stroke:var(--ink)}.chart-dot{fill-opacity:.7}.chart-dashed{stroke-dasharray:6 4}.chart-name{stroke:none}.chart-span{stroke-opacity:.4}.chart-band{fill-opacity:.16}
.mark-0{fill:var(--line-strong);stroke:var(--ink-2)}
${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `.mark-${i}{fill:var(--run-${i});stroke:var(--run-${i})}`).join('\n')}
rect,circle,polygon{stroke:none}
`;

type Cellable = string | { number: string };
const n = (number: string): Cellable => ({ number });

function table(caption: string, head: Cellable[], rows: Cellable[][]): string {
  const cell = (tag: string, c: Cellable) =>
    typeof c === 'string'
      ? `<${tag}>${escapeMarkup(c)}</${tag}>`
      : `<${tag} class="n">${escapeMarkup(c.number)}</${tag}>`;
  return `<table><caption>${escapeMarkup(caption)}</caption><thead><tr>${head.map((c) => cell('th', c)).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((c) => cell('td', c)).join('')}</tr>`).join('')}</tbody></table>`;
}

/** A table of results, as the page shows it. */
const paperMarkup = ({ caption, columns, rows }: PaperTable): string =>
  table(
    caption,
    columns.map(({ label, number }) => (number ? n(label) : label)),
    rows.map((row) => row.map(({ text }, i) => (columns[i].number ? n(text) : text))),
  );

/** Every device that a cell was computed on, once. */
const devicesOf = (cells: readonly Cell[]): string => [...new Set(cells.map((c) => deviceNames(c.devices)))].join('; ');

const paragraph = (text: string, help = false) => `<p${help ? ' class="help"' : ''}>${escapeMarkup(text)}</p>`;
const heading = (text: string) => `<h2>${escapeMarkup(text)}</h2>`;

/** The report as one HTML document. */
export function reportHtml(experiment: Experiment, cells: readonly Cell[]): string {
  const t = texts().experiment;
  const results = resultsOf(experiment, cells, names.ranking);
  const { rows, base } = results;
  const bands = bandsOf(experiment, cells);
  const trade = tradeOffPoints(results);
  const verdicts = verdictsOf(experiment, cells, results);
  const parts = [
    `<h1>${escapeMarkup(experiment.name)}</h1>`,
    paragraph(
      t.report.made(
        new Date(experiment.createdAt).toISOString().slice(0, 16).replace('T', ' '),
        t.report.state[experiment.state],
      ),
      true,
    ),
    heading(t.view.shows),
    verdicts.length > 0
      ? `<ul>${verdicts.map((v) => `<li>${escapeMarkup(v)}</li>`).join('')}</ul>`
      : paragraph(t.view.nothing),
    paragraph(t.report.how, true),
    toMarkup(lossFigure(results, WIDTH)),
    ...(bands.length > 0 ? [toMarkup(bandFigure(bands, WIDTH))] : []),
    ...(trade.length > 1 ? [toMarkup(tradeOffFigure(trade, base, WIDTH))] : []),
    paperMarkup(resultTable(results)),
    table(
      t.report.seeds,
      [t.results.seed, ...rows.map(({ name }) => n(name))],
      experiment.seeds.map((seed, i) => [n(String(seed)), ...rows.map(({ losses }) => n(fixed(losses[i], 4)))]),
    ),
  ];
  const found = rankingsOf(experiment, cells);
  if (found) {
    const places = new Map(
      found.rankings.map(({ ranking }) => [ranking, ranks(found.modules.map(({ scores }) => -scores[ranking]))]),
    );
    parts.push(
      heading(t.modules.title),
      table(
        t.report.correlation,
        [t.modules.rankingHead, t.modules.by, n(t.report.between), n(t.modules.withActive)],
        found.rankings.map(({ ranking, stability, withActive }) => [
          t.modules.ranking[ranking].name,
          t.modules.ranking[ranking].by,
          n(ranking === 'weight' ? t.modules.seedless : fixed(stability, 2)),
          n(fixed(withActive, 2)),
        ]),
      ),
      toMarkup(rankingFigure(found.modules, WIDTH)),
      table(
        t.report.places,
        [
          t.modules.module,
          n(t.modules.parameters),
          n(t.modules.active),
          ...found.rankings.map(({ ranking }) => n(t.modules.ranking[ranking].name)),
        ],
        found.modules.map((module, i) => [
          moduleKey(module),
          n(count(module.parameters)),
          n(withInterval(module.active, (v) => percent(v, 1))),
          ...found.rankings.map(({ ranking }) =>
            n(`${fixed(places.get(ranking)![i], 0)} (${module.chosen[ranking]}/${found.seeds})`),
          ),
        ]),
      ),
    );
  }
  for (const { id, name } of contestants(experiment, names.ranking)) {
    const noise = noiseOf(cells, id);
    if (noise.length > 0) {
      parts.push(
        heading(t.report.noise(name)),
        toMarkup(noiseFigure(noise, WIDTH)),
        paragraph(t.report.noiseHelp, true),
        table(
          t.report.noiseTable,
          [n(t.noise.step), ...NOISE_LINES.map(({ key }) => n(t.noise.line[key]))],
          noise.map((row) => [
            n(String(row.step)),
            ...NOISE_LINES.map(({ key }) => n(withInterval(row[key], (v) => percent(v, 1)))),
          ]),
        ),
      );
    }
    const classes = classesOf(cells, id);
    if (classes.length === 0) continue;
    parts.push(
      heading(t.report.classes(name)),
      toMarkup(classFigure(classes, WIDTH)),
      table(
        t.classes.frame,
        [t.classes.by, t.classes.class, n(t.report.tokens), n(t.classes.skipped)],
        classes.map((c) => [
          groupName(c),
          className(c),
          n(count(c.tokens)),
          n(withInterval(c.skipped, (v) => percent(v, 1))),
        ]),
      ),
    );
  }
  const source =
    experiment.model.kind === 'hub' ? `${experiment.model.id} (${experiment.model.revision})` : experiment.model.id;
  const template = templateWords(experiment.data.template);
  parts.push(
    heading(t.report.settings),
    table(
      t.report.dataAndModel,
      [t.report.what, t.report.value],
      [
        [t.report.model, source],
        [t.report.device, devicesOf(cells)],
        [t.report.data, experiment.data.name],
        [t.report.train, n(count(experiment.data.train))],
        [t.report.validation, n(count(experiment.data.validation))],
        ...(template.chat === null
          ? [
              [t.report.prompt, template.prompt],
              [t.report.completion, template.completion],
            ]
          : [[t.report.chat, template.chat]]),
        [t.report.seedList, experiment.seeds.join(', ')],
      ],
    ),
    table(
      t.report.training,
      [t.report.setting, t.report.value],
      Object.entries(experiment.train)
        .filter(([key]) => key !== 'seed')
        .map(([key, value]) => [key, String(value)]),
    ),
    ...experiment.variants.map((variant) =>
      table(
        t.report.variant(variant.name),
        [t.report.setting, t.report.value],
        Object.entries(variant)
          .filter(
            ([key]) => !RUN_GROUPS.some((group) => group === key) || settingsFor(key as RunGroup, variant).length > 0,
          )
          .map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
      ),
    ),
    ...(experiment.importance
      ? [
          table(
            t.report.importance,
            [t.report.setting, t.report.value],
            Object.entries(experiment.importance).map(([key, value]) => [key, String(value)]),
          ),
        ]
      : []),
  );
  return `<!doctype html>
<html lang="${language()}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(experiment.name)}</title><style>${STYLE}</style></head>
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
  const head = [
    'stage',
    'seed',
    'variant',
    'name',
    'parameters',
    'base_loss',
    ...MEASURES.map((m) => m.id),
    'modules',
    'failed',
    'devices',
  ];
  const lines = cells.map((c) => [
    c.stage,
    c.seed,
    c.variant,
    c.name,
    c.parameters,
    c.base,
    ...MEASURES.map((m) => m.of(c)),
    c.only?.join(' ') ?? '',
    c.failed ? say(c.failed) : '',
    deviceNames(c.devices),
  ]);
  return `${[head, ...lines].map((line) => line.map(field).join(',')).join('\r\n')}\r\n`;
}

/** Everything that is kept. */
export function reportJson(experiment: Experiment, cells: readonly Cell[]): string {
  return `${JSON.stringify({ format: 'sieve-experiment', version: 2, experiment, cells }, null, 1)}\n`;
}
