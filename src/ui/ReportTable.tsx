/** A table of results: as the page shows it, and as files for a paper. */
import type { ReactNode } from 'react';
import { texts } from '../shared/texts';
import { Scroll } from './bits';
import { Menu } from './frame/Menu';
import { type PaperCell, type PaperTable, type TableFormat, TABLE_FORMATS, writeTable } from './paperTable';
import { saveBlob } from './saveBlob';

export interface ShownCell extends PaperCell {
  /** In the place of the text. */
  node?: ReactNode;
  testId?: string;
}

export interface ShownTable extends PaperTable {
  rows: readonly (readonly ShownCell[])[];
  /** Lines over rows that belong together, by the index of the first. */
  groups?: ReadonlyMap<number, string>;
}

const TYPES: Record<TableFormat, string> = { md: 'text/markdown', tex: 'application/x-tex', csv: 'text/csv' };

/** The first cell of a row names it, and stays in sight when the table is scrolled sideways. */
export function ReportTable({ table, testId }: { table: ShownTable; testId: string }) {
  const t = texts().common.table;
  const { name, caption, columns, rows, groups } = table;
  return (
    <div className="report-table">
      <Menu label={t.menu(caption)} sign={<span aria-hidden="true">⋯</span>}>
        {TABLE_FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            className="quiet"
            data-testid={`save-${name}-${format}`}
            aria-label={t.file(t.format[format], caption)}
            onClick={() =>
              saveBlob(new Blob([writeTable(table, format)], { type: TYPES[format] }), `sieve-${name}.${format}`)
            }
          >
            {t.format[format]}
          </button>
        ))}
      </Menu>
      <Scroll label={caption}>
        <table className="grid grid-named" data-testid={testId}>
          <caption>{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ label, number }) => (
                <th key={label} scope="col" className={number ? 'num' : undefined}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <Row key={i} row={row} table={table} group={groups?.get(i)} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}

function Row({ row, table: { columns }, group }: { row: readonly ShownCell[]; table: ShownTable; group?: string }) {
  const [head, ...cells] = row;
  return (
    <>
      {group !== undefined && (
        <tr className="setting">
          <th scope="rowgroup" colSpan={columns.length}>
            {group}
          </th>
        </tr>
      )}
      <tr>
        <th scope="row" data-testid={head.testId}>
          {head.node ?? head.text}
        </th>
        {cells.map(({ text, node, testId, best }, i) => (
          <td key={columns[i + 1].label} className={columns[i + 1].number ? 'num' : undefined} data-testid={testId}>
            {node ?? (best ? <span className="best">{text}</span> : text)}
          </td>
        ))}
      </tr>
    </>
  );
}
