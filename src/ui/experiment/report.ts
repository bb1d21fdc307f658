/**
 * An experiment as files to take away: one HTML page that needs nothing else (no script, pictures inline, a policy that
 * lets it load nothing), written in the language in use; a table of every cell as CSV, and everything as JSON. Whatever
 * a person typed is escaped.
 */
import { RUN_GROUPS, type RunGroup } from '../../shared/settings';
import { settingsFor } from '../../store/configure/changes';
import { ranks } from '../../shared/stats';
import { type Cell, type Experiment, contestants, moduleKey } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import { MEASURES, classesOf, noiseOf, rankingsOf, resultsOf } from '../../store/experiments/results';
import { titleOf } from '../../store/experiments/title';
import { deviceNames } from '../deviceWords';
import { templateWords } from '../templateWords';
import { resultTable } from './tables';
import { SOFTWARE } from '../provenance';
import { verdictsOf } from './verdicts';
import { evidenceFigure, evidenceOf } from './evidence';
import { toMarkup } from '../charts/drawing';
import { tradeOffFigure } from '../charts/lossFigures';
import { count, fixed, percent } from '../format';
import {
  REPORT_WIDTH as WIDTH,
  heading,
  list,
  number as n,
  paperMarkup,
  paragraph,
  reportPage,
  table,
  title,
} from '../reportPage';
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
  tradeOffPoints,
  withInterval,
} from './figures';

/** Every device that a cell was computed on, once. */
const devicesOf = (cells: readonly Cell[]): string => [...new Set(cells.map((c) => deviceNames(c.devices)))].join('; ');

/** The report as one HTML document. */
export function reportHtml(experiment: Experiment, cells: readonly Cell[]): string {
  const { experiment: t, common } = texts();
  const called = titleOf(experiment, names.experiment);
  const results = resultsOf(experiment, cells, names.ranking);
  const { rows, base } = results;
  const bands = bandsOf(experiment, cells);
  const trade = tradeOffPoints(results);
  const verdicts = verdictsOf(experiment, cells, results);
  const evidence = evidenceOf(experiment, results);
  const parts = [
    title(called),
    paragraph(
      t.report.made(
        new Date(experiment.createdAt).toISOString().slice(0, 16).replace('T', ' '),
        t.report.state[experiment.state],
      ),
      true,
    ),
    heading(t.view.shows),
    verdicts.length > 0 ? list(verdicts) : paragraph(t.view.nothing),
    paragraph(t.report.how, true),
    toMarkup(lossFigure(results, WIDTH)),
    ...(bands.length > 0 ? [toMarkup(bandFigure(bands, WIDTH))] : []),
    ...(trade.length > 1 ? [toMarkup(tradeOffFigure(trade, base, WIDTH))] : []),
    ...(evidence ? [toMarkup(evidenceFigure(evidence, WIDTH)), paragraph(t.evidence.help, true)] : []),
    paperMarkup(resultTable(experiment, cells, results)),
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
        [common.provenance.hash, experiment.data.hashes.join(', ') || '–'],
        [common.provenance.split, String(experiment.data.splitSeed ?? '–')],
        [common.provenance.software, SOFTWARE],
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
  return reportPage(called, parts);
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
