/**
 * A report as one HTML page that needs nothing else: no script, pictures inline, and a policy that lets it load
 * nothing. What goes in is escaped here, whoever wrote it.
 */
import { language } from '../shared/texts';
import type { ChartColors } from './charts/chartColors';
import { escapeMarkup } from './charts/drawing';
import { type Picture, svgOf } from './charts/saveChart';
import { type PaperTable, provenanceNotes } from './paperTable';
import tokens from './styles/tokens.css?raw';

/** Of pictures, in CSS pixels. */
export const REPORT_WIDTH = 760;

/**
 * The page's tokens (its light and dark theme), and the few rules of this page. Drawings stand in the body itself; a
 * picture in a figure has its own colours.
 */
const STYLE = `${tokens}
body{font:15px/1.5 var(--font);color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:13px;margin:1rem 0;display:block;overflow-x:auto}caption{text-align:left;font-weight:650;white-space:nowrap}td:first-child{white-space:nowrap}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;font-weight:400}thead th{color:var(--ink-2)}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.help{color:var(--ink-2);font-size:13px}svg{max-width:100%;height:auto}
body>svg text{font:12px var(--font);fill:var(--ink)}body>svg .chart-tick{fill:var(--ink-2)}.chart-group{font-weight:650}
.chart-grid{stroke:var(--line)}.chart-level{stroke:var(--ink-2);stroke-dasharray:3 4}.chart-whisker,.chart-mean{stroke-width:2}.chart-whisker.over-bar{stroke:var(--ink)}.chart-dot{fill-opacity:.7}.chart-dashed{stroke-dasharray:6 4}.chart-name{stroke:none}.chart-span{stroke-opacity:.4}.chart-band{fill-opacity:.16}
.mark-0{fill:var(--line-strong);stroke:var(--ink-2)}
${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `.mark-${i}{fill:var(--run-${i});stroke:var(--run-${i})}`).join('\n')}
body>svg :is(rect,circle,polygon){stroke:none}
figure{margin:1rem 0}.answer{white-space:pre-wrap}
`;

/** A cell: text, or a number. */
type Cellable = string | { number: string };
export const number = (text: string): Cellable => ({ number: text });

export function table(caption: string, head: Cellable[], rows: Cellable[][]): string {
  const cell = (tag: string, c: Cellable) =>
    typeof c === 'string'
      ? `<${tag}>${escapeMarkup(c)}</${tag}>`
      : `<${tag} class="n">${escapeMarkup(c.number)}</${tag}>`;
  return `<table><caption>${escapeMarkup(caption)}</caption><thead><tr>${head.map((c) => cell('th', c)).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((c) => cell('td', c)).join('')}</tr>`).join('')}</tbody></table>`;
}

/** A table of results, as the page shows it. */
export const paperMarkup = ({ caption, columns, rows }: PaperTable): string =>
  table(
    caption,
    columns.map((c) => (c.number ? number(c.label) : c.label)),
    rows.map((row) => row.map(({ text }, i) => (columns[i].number ? number(text) : text))),
  );

export const paragraph = (text: string, help = false) => `<p${help ? ' class="help"' : ''}>${escapeMarkup(text)}</p>`;
export const heading = (text: string) => `<h2>${escapeMarkup(text)}</h2>`;
export const title = (text: string) => `<h1>${escapeMarkup(text)}</h1>`;
/** A picture with its title and ground. */
export const figure = (caption: string, picture: Picture, colors: ChartColors) =>
  `<figure>${svgOf(caption, picture, colors)}</figure>`;
export const list = (lines: readonly string[]) =>
  `<ul>${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;
/** Where the numbers of tables come from, once for all of them. */
export const provenanceMarkup = ({ provenance }: PaperTable): string =>
  provenance ? list(provenanceNotes(provenance)) : '';

/** The document. @param parts markup of the functions above, and pictures */
export const reportPage = (name: string, parts: readonly string[]): string => `<!doctype html>
<html lang="${language()}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(name)}</title><style>${STYLE}</style></head>
<body>${parts.join('\n')}</body></html>
`;
