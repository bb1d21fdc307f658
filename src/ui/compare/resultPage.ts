/**
 * What is compared as one HTML file to be passed on: numbers, curves, maps, a text token by token, answers, settings.
 */
import { kindLabel } from '../../shared/settings/names';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import type { Contender } from '../../store/compare/contenders';
import { metricRows } from '../../store/compare/metrics';
import { seedGroups, seedRows } from '../../store/compare/seeds';
import { type SkipRun, gridOf, mapAt } from '../../store/compare/skips';
import { gradedOf } from '../../store/graded';
import { activePerToken } from '../../store/series';
import type { RunsSlice } from '../../store/slices';
import type { ChartColors } from '../charts/chartColors';
import { toMarkup } from '../charts/drawing';
import { drawLines } from '../charts/lines';
import { tradeOffFigure } from '../charts/lossFigures';
import { drawPatches } from '../charts/drawPatches';
import { drawMap, layOut, type MapSpec } from '../charts/mapLayout';
import type { Picture } from '../charts/saveChart';
import { tokenPicture } from '../charts/tokenPicture';
import { accuracyTable } from '../classification/tables';
import { tokenText } from '../format';
import { SOFTWARE } from '../provenance';
import {
  REPORT_WIDTH,
  figure,
  heading,
  paperMarkup,
  paragraph,
  provenanceMarkup,
  reportPage,
  table,
  title,
} from '../reportPage';
import { tokenSigns } from '../tokenSigns';
import { configDiff, configFields } from './configDiff';
import { type ComparedCurve, linesOf, trainingParts, validationParts } from './curves';
import { seedBandFigure, seedBands, tradeOffPoints } from './figures';
import { costTable, finalTable, seedTable } from './tables';
import { caution, lossUnit } from './words';

export interface Result {
  shown: readonly Contender[];
  reference: Contender;
  /** The last prompt and what was said to it, by run. */
  answers: Pick<RunsSlice, 'asked' | 'answers'>;
  colors: ChartColors;
  /** When it is written, in ms since 1970. */
  now: number;
}

/** Characters of a text that a person or a model wrote: a result is to be passed on. */
const LONGEST = 4000;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

function resultName(shown: readonly Contender[]): string {
  const runs = shown.filter((c) => c.run);
  return names.savedSession(
    runs.map((c) => c.run!.name),
    [...new Set(runs.map((c) => c.run!.data))].join(', '),
  );
}

export function resultPage({ shown, reference, answers, colors, now }: Result): string {
  const t = texts().compare;
  return reportPage(resultName(shown), [
    title(resultName(shown)),
    paragraph(t.result.made(new Date(now).toISOString().slice(0, 16).replace('T', ' '), SOFTWARE), true),
    ...numbers(shown, reference),
    ...labels(shown, reference),
    heading(texts().frame.tab.curves),
    curves(t.curves.validation, validationParts(shown), colors, lossUnit(shown)),
    curves(t.curves.training, trainingParts(shown), colors, lossUnit(shown)),
    ...seedCurves(shown, reference),
    ...gates(shown, colors),
    ...written(shown, answers),
    ...settings(shown),
  ]);
}

function numbers(shown: readonly Contender[], reference: Contender): string[] {
  const rows = metricRows(shown, reference);
  const seeds = seedRows(seedGroups(shown, reference), reference);
  const several = seeds.some((r) => r.loss.n > 1);
  const trade = tradeOffPoints(seeds);
  const final = finalTable(rows, reference);
  const t = texts().compare.metrics;
  return [
    paperMarkup(final),
    paragraph(several ? t.overSeeds : caution(shown), true),
    ...(several ? [paperMarkup(seedTable(seeds, reference))] : []),
    ...(trade.length > 0 ? [toMarkup(tradeOffFigure(trade, reference.measured?.base ?? null, REPORT_WIDTH))] : []),
    paperMarkup(costTable(rows, reference)),
    paragraph(t.help, true),
    provenanceMarkup(final),
  ];
}

function labels(shown: readonly Contender[], reference: Contender): string[] {
  const t = texts().classification;
  const { set, graded } = gradedOf(shown, reference.key);
  return set ? [heading(t.title), paperMarkup(accuracyTable(set, graded)), paragraph(t.by[set.by], true)] : [];
}

const CURVES = { width: REPORT_WIDTH, height: 300 };

function curves(caption: string, parts: readonly ComparedCurve[], colors: ChartColors, yLabel: string): string {
  const made = linesOf(parts, { weight: 0, range: null, colors });
  return figure(
    caption,
    { ...CURVES, draw: (to) => drawLines(to, { ...made, yLabel }, { ...CURVES, colors }) },
    colors,
  );
}

function seedCurves(shown: readonly Contender[], reference: Contender): string[] {
  const bands = seedBands(seedGroups(shown, reference));
  return bands.length > 0 ? [toMarkup(seedBandFigure(bands, REPORT_WIDTH))] : [];
}

/** Of every run with gates: the map of its last step, and the watched text. */
function gates(shown: readonly Contender[], colors: ChartColors): string[] {
  const parts = shown.flatMap(({ name, run: of }): string[] => {
    const log = of?.metricLog;
    if (!log?.skipped || log.skipped.rows === 0 || log.modules.length !== log.skipped.modules) return [];
    const step = log.skipped.steps[log.skipped.rows - 1];
    const run = { modules: log.modules, series: log.skipped };
    const map = figure(texts().compare.skips.atStep(name, step), mapPicture(run, step, colors), colors);
    if (!log.watch) return [map];
    const { picture: watched } = log.watch;
    const { tokens, patches } = texts().charts;
    const { active } = activePerToken(log.watch, null, null);
    const drawn = watched
      ? drawPatches(watched, active, colors)
      : tokenPicture(
          tokenSigns(log.watch.tokens).map((s) => s.text),
          (i) => colors.keep(active[i]),
        );
    return [map, figure(`${name}: ${watched ? patches.title(watched.label) : tokens.title}`, drawn, colors)];
  });
  return parts.length > 0 ? [heading(texts().frame.tab.skips), ...parts] : [];
}

function mapPicture(run: SkipRun, step: number, colors: ChartColors): Picture {
  const grid = gridOf([run]);
  const { cells } = mapAt(run, grid, step);
  const spec: MapSpec = {
    rows: grid.layers.map(String),
    columns: grid.kinds.map(kindLabel),
    cellHeight: grid.layers.length > 16 ? 16 : 26,
    minCell: 30,
    maxCell: 72,
    shade: (r, c) => (cells[r][c] === null ? null : colors.skip(cells[r][c])),
    text: (r, c) => String(Math.round(cells[r][c]! * 100)),
  };
  const layout = layOut(spec, REPORT_WIDTH);
  return { width: layout.width, height: layout.height, draw: (to) => drawMap(to, spec, layout, colors) };
}

function written(shown: readonly Contender[], { asked, answers }: Result['answers']): string[] {
  const t = texts().compare.answers;
  const rows = shown.flatMap(({ name, voice }) => {
    const answer = voice.kind === 'ready' ? answers[voice.runId] : undefined;
    return answer?.done ? [[name, cut(answer.text.trim()) || t.emptyAnswer]] : [];
  });
  if (asked === null || rows.length === 0) return [];
  const { run } = texts().compare.metrics;
  return [
    heading(texts().frame.tab.answers),
    table(`${t.prompt}: ${cut(asked)}`, [run, texts().frame.tab.answers], rows),
  ];
}

/** All settings of the first run, and in what the others differ. */
function settings(shown: readonly Contender[]): string[] {
  const t = texts().compare.settings;
  const runs = shown.flatMap(({ name, run }) => (run ? [{ name, of: { ...run, model: run.model.id } }] : []));
  if (runs.length === 0) return [];
  const [first] = runs;
  const differing = runs.length > 1 ? configDiff(runs.map((r) => r.of)) : [];
  const shownValue = (value: string | null) => (value === null ? t.notApplying : tokenText(value));
  return [
    heading(texts().frame.place.settings),
    ...(differing.length > 0
      ? [
          table(
            t.differ,
            [t.setting, ...runs.map((r) => r.name)],
            differing.map((row) => [row.label, ...row.values.map((v) => cut(shownValue(v)))]),
          ),
        ]
      : []),
    table(
      texts().compare.result.settingsOf(first.name),
      [t.setting, texts().experiment.report.value],
      configFields(first.of).flatMap(({ label, value }) => (value === null ? [] : [[label, cut(tokenText(value))]])),
    ),
  ];
}
