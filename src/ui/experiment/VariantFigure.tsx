/** What was measured of one variant of an experiment, which a person chooses: a figure, and the table behind it. */
import { type ComponentProps, type ReactNode, useState } from 'react';
import { type Cell, type Experiment, contestants } from '../../shared/experiment';
import { names } from '../../shared/texts/names';
import { SelectField } from '../bits';
import type { Drawing } from '../charts/drawing';
import { Figure } from '../charts/Figure';

interface Words {
  title: string;
  variant: string;
  help: (variant: string) => string;
}

export function VariantFigure<Row>({
  experiment,
  cells,
  has,
  rowsOf,
  words,
  figure,
  csv,
  testId,
  children,
}: {
  experiment: Experiment;
  cells: Cell[];
  /**
   * Whether a cell has something of this; a variant without is not offered, and without any there is nothing to see.
   */
  has: (cell: Cell) => boolean;
  rowsOf: (cells: Cell[], variant: string) => Row[];
  words: Words;
  figure: (rows: readonly Row[], width: number) => Drawing;
  /** The rows of its CSV, the header first. */
  csv: (rows: readonly Row[]) => ReturnType<ComponentProps<typeof Figure>['rows']>;
  /** Its files are called `experiment-` and this, too. */
  testId: string;
  /** The table. */
  children: (rows: readonly Row[]) => ReactNode;
}) {
  const variants = contestants(experiment, names.ranking).filter((a) =>
    cells.some((c) => c.variant === a.id && has(c)),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  if (variants.length === 0) return null;
  const variant = variants.find((a) => a.id === chosen) ?? variants[0];
  const rows = rowsOf(cells, variant.id);
  return (
    <div data-testid={testId}>
      <Figure
        title={words.title}
        name={`experiment-${testId}`}
        tools={
          variants.length > 1 && (
            <SelectField
              label={words.variant}
              value={variant.id}
              onChange={setChosen}
              options={variants.map((a) => ({ value: a.id, label: a.name }))}
            />
          )
        }
        draw={(width) => figure(rows, width)}
        explain={() => [words.help(variant.name)]}
        rows={() => csv(rows)}
        table={children(rows)}
      />
    </div>
  );
}
