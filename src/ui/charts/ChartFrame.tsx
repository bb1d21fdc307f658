/** The frame of every chart: its title, what it means, its files, and the table behind it. */
import { type ReactNode, useId, useState } from 'react';
import { texts } from '../../shared/texts';
import { Scroll, useTableShown } from '../bits';
import { Menu } from '../frame/Menu';
import { useChartColors } from './chartColors';
import { type TableCell, type Picture, saveChart } from './saveChart';

interface Props {
  title: string;
  /** Of its files and test ids. */
  name: string;
  /** What the chart is, in sentences with the user's own numbers; asked for only while it is open. */
  explain: () => string[];
  picture: () => Picture;
  /** Everything behind the chart, header first: the CSV, and the table unless `table` draws its own. */
  rows: () => TableCell[][];
  table?: ReactNode;
  /** Beside the title. */
  tools?: ReactNode;
  /** How the chart is shown, in its menu. */
  options?: ReactNode;
  children: ReactNode;
}

export function ChartFrame({ title, name, explain, picture, rows, table, tools, options, children }: Props) {
  const t = texts().charts.frame;
  const [explained, setExplained] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const colors = useChartColors();
  const tableShown = useTableShown(asTable, table === undefined);
  return (
    <figure className="panel chart-frame" aria-labelledby={`${id}-title`} data-chart={name}>
      <div className="chart-head">
        <h3 id={`${id}-title`}>{title}</h3>
        <span className="spacer" />
        {tools}
        <Menu label={t.menu(title)} sign={<span aria-hidden="true">⋯</span>}>
          <button
            type="button"
            className="quiet"
            aria-expanded={explained}
            aria-controls={`${id}-what`}
            onClick={() => setExplained(!explained)}
            data-testid={`explain-${name}`}
          >
            {t.what}
          </button>
          <button
            type="button"
            className="quiet"
            aria-expanded={asTable}
            aria-controls={`${id}-table`}
            onClick={() => setAsTable(!asTable)}
            data-testid={`as-table-${name}`}
          >
            {t.asTable}
          </button>
          {(['png', 'svg', 'csv'] as const).map((kind) => (
            <button
              key={kind}
              type="button"
              className="quiet"
              data-testid={`save-${name}-${kind}`}
              aria-label={t.file(kind.toUpperCase(), title)}
              onClick={() => void saveChart(kind, { name, title, picture, rows, colors })}
            >
              {kind.toUpperCase()}
            </button>
          ))}
          {options}
        </Menu>
      </div>
      <div id={`${id}-what`} className="explain" hidden={!explained} data-testid={`explanation-${name}`}>
        {explained && explain().map((p) => <p key={p}>{p}</p>)}
      </div>
      {children}
      <div id={`${id}-table`} hidden={!asTable}>
        {tableShown && <Scroll label={t.asTableOf(title)}>{table ?? <PlainTable rows={rows()} name={name} />}</Scroll>}
      </div>
    </figure>
  );
}

/** Rows that a page shows at once; the file has them all. */
const SHOWN = 200;

function PlainTable({ rows, name }: { rows: TableCell[][]; name: string }) {
  const { column, frame } = texts().charts;
  const columns: Record<string, string> = column;
  const [head, ...body] = rows;
  const stride = Math.max(1, Math.ceil(body.length / SHOWN));
  const shown = body.filter((_, i) => i % stride === 0 || i === body.length - 1);
  const text = (c: TableCell) =>
    c === null || c === undefined || (typeof c === 'number' && !Number.isFinite(c))
      ? '–'
      : typeof c === 'number' && !Number.isInteger(c)
        ? String(Number(c.toPrecision(4)))
        : String(c);
  return (
    <table className="grid" data-testid={`table-${name}`}>
      {stride > 1 && <caption>{frame.thinned(stride, body.length)}</caption>}
      <thead>
        <tr>
          {head.map((h) => (
            <th key={String(h)} scope="col" className="num">
              {columns[String(h)] ?? text(h)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row, r) => (
          <tr key={r}>
            {row.map((c, i) => (
              <td key={i} className="num">
                {text(c)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
