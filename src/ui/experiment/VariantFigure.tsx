/** What was measured of one variant of an experiment, which a person chooses: a figure, and the table behind it. */
import { type ReactNode, useRef, useState } from 'react';
import { type Cell, type Experiment, contestants } from '../../shared/experiment';
import { names } from '../../shared/texts/names';
import { Scroll, SelectField, TableBehind } from '../bits';
import { type Drawing, DrawingView } from '../charts/drawing';
import { useWidth } from '../charts/useWidth';

interface Words {
  title: string;
  variant: string;
  help: (variant: string) => string;
  table: string;
  frame: string;
}

export function VariantFigure<Row>({
  experiment,
  cells,
  has,
  rowsOf,
  words,
  figure,
  testId,
  children,
}: {
  experiment: Experiment;
  cells: Cell[];
  /** Whether a cell has something of this; a variant without is not offered, and without any there is nothing to see. */
  has: (cell: Cell) => boolean;
  rowsOf: (cells: Cell[], variant: string) => Row[];
  words: Words;
  figure: (rows: readonly Row[], width: number) => Drawing;
  testId: string;
  /** The table. */
  children: (rows: readonly Row[]) => ReactNode;
}) {
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host, 720);
  const variants = contestants(experiment, names.ranking).filter((a) =>
    cells.some((c) => c.variant === a.id && has(c)),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  if (variants.length === 0) return null;
  const variant = variants.find((a) => a.id === chosen) ?? variants[0];
  const rows = rowsOf(cells, variant.id);
  return (
    <div className="panel stack tight" data-testid={testId}>
      <h3>{words.title}</h3>
      {variants.length > 1 && (
        <SelectField
          label={words.variant}
          value={variant.id}
          onChange={setChosen}
          options={variants.map((a) => ({ value: a.id, label: a.name }))}
        />
      )}
      <figure ref={host} className="stack tight">
        <DrawingView drawing={figure(rows, Math.min(width, 860))} />
        <figcaption className="help">{words.help(variant.name)}</figcaption>
      </figure>
      <TableBehind summary={words.table}>{() => <Scroll label={words.frame}>{children(rows)}</Scroll>}</TableBehind>
    </div>
  );
}
