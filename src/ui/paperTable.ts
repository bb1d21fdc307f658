/** A table as a paper takes it: Markdown, LaTeX and CSV of the very numbers that the page shows. Plain functions. */
import { toCsv } from './charts/saveChart';

export interface PaperCell {
  /** As the page shows it. */
  text: string;
  /** The number behind the text, for the CSV; absent where there is none but the text. */
  value?: number | null;
  /** Half the width of its 95 % interval. */
  half?: number | null;
  /** Better than all others of its column: bold. */
  best?: boolean;
}

export interface PaperTable {
  /** Of its files and test ids. */
  name: string;
  caption: string;
  /** Names of the columns, and whether they hold numbers. */
  columns: readonly { label: string; number: boolean }[];
  rows: readonly (readonly PaperCell[])[];
  /** Where the numbers come from, which a paper must say. */
  provenance?: Provenance;
}

/** Facts by label, for each row of a table; empty where a row has none. */
export interface Provenance {
  labels: readonly string[];
  rows: readonly (readonly string[])[];
}

/** One sentence for each fact, with every value that the rows have. */
export const provenanceNotes = ({ labels, rows }: Provenance): string[] =>
  labels.flatMap((label, i) => {
    const values = [...new Set(rows.map((row) => row[i]).filter(Boolean))];
    return values.length > 0 ? [`${label}: ${values.join('; ')}.`] : [];
  });

export const TABLE_FORMATS = ['md', 'tex', 'csv'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Signs of this page's numbers and names, and of text, as LaTeX writes them. */
const TEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '±': '$\\pm$',
  '−': '$-$',
  '·': '$\\cdot$',
  '×': '$\\times$',
  '‖': '$\\|$',
  Δ: '$\\Delta$',
  α: '$\\alpha$',
  λ: '$\\lambda$',
  μ: '$\\mu$',
  ρ: '$\\rho$',
  τ: '$\\tau$',
  '–': '--',
  '…': '\\ldots{}',
  '’': "'",
  '“': '``',
  '”': "''",
  '\u202f': '\\,',
  '\u00a0': '~',
  '\n': ' ',
};

/** Text that LaTeX prints as it reads. */
export const toTex = (text: string): string => [...text].map((sign) => TEX[sign] ?? sign).join('');

function texTable({ caption, columns, rows, provenance }: PaperTable): string {
  const line = (cells: string[]) => `    ${cells.join(' & ')} \\\\`;
  const cell = ({ text, best }: PaperCell) => (best ? `\\textbf{${toTex(text)}}` : toTex(text));
  return [
    '% \\usepackage{booktabs}',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${toTex(caption)}}`,
    `  \\begin{tabular}{${columns.map((c) => (c.number ? 'r' : 'l')).join('')}}`,
    '    \\toprule',
    line(columns.map((c) => toTex(c.label))),
    '    \\midrule',
    ...rows.map((row) => line(row.map(cell))),
    '    \\bottomrule',
    '  \\end{tabular}',
    ...(provenance ? [`  \\par\\smallskip\\footnotesize ${toTex(provenanceNotes(provenance).join(' '))}`] : []),
    '\\end{table}',
    '',
  ].join('\n');
}

/** Signs that Markdown, or the HTML inside it, would take for its own. */
const toMarkdown = (text: string): string => text.replaceAll('\n', ' ').replace(/[\\`*_[\]<>|#&]/g, '\\$&');

function markdownTable({ caption, columns, rows, provenance }: PaperTable): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const cell = ({ text, best }: PaperCell) => (best ? `**${toMarkdown(text)}**` : toMarkdown(text));
  return [
    toMarkdown(caption),
    '',
    line(columns.map((c) => toMarkdown(c.label))),
    line(columns.map((c) => (c.number ? '--:' : ':--'))),
    ...rows.map((row) => line(row.map(cell))),
    '',
    ...(provenance ? [toMarkdown(provenanceNotes(provenance).join(' ')), ''] : []),
  ].join('\n');
}

/** Numbers with all their digits; an interval in a column of its own, and so is each fact of where they come from. */
function csvTable({ columns, rows, provenance }: PaperTable): string {
  const wide = columns.map((_, i) => rows.some((row) => row[i]?.half !== undefined));
  return toCsv([
    [...columns.flatMap(({ label }, i) => (wide[i] ? [label, `${label} ±`] : [label])), ...(provenance?.labels ?? [])],
    ...rows.map((row, r) => [
      ...row.flatMap(({ text, value, half }, i) => [value === undefined ? text : value, ...(wide[i] ? [half] : [])]),
      ...(provenance?.rows[r] ?? []),
    ]),
  ]);
}

export function writeTable(table: PaperTable, format: TableFormat): string {
  if (format === 'csv') return csvTable(table);
  return format === 'tex' ? texTable(table) : markdownTable(table);
}
