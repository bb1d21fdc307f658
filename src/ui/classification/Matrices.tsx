/** Confusion matrices of runs side by side, in shares of a row. A cell leads to its examples. */
import type { LabelledSet } from '../../shared/classification';
import type { Graded } from '../../store/graded';
import { RunMark } from '../bits';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import { drawMap, layOut, type MapSpec } from '../charts/mapLayout';
import { MapCanvas } from '../charts/MapCanvas';
import { Ramp } from '../charts/Ramp';
import { type Surface, shifted } from '../charts/surface';
import { percent } from '../format';
import { useTexts } from '../studioContext';

/** What is looked at: a run, and a cell of its matrix (class, predicted class) or none. */
export interface Looked {
  key: string;
  cell: readonly [number, number] | null;
}

/** Characters of a class's name beside a matrix; what is said of a cell has all. */
const LONGEST = 16;
/** Matrices beside one another in a file. */
const COLUMNS = 3;

const short = (name: string) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

/** Side of a cell, by the number of classes: 200 of them must fit a scroll or two. */
const sideOf = (classes: number) => (classes <= 12 ? 28 : classes <= 40 ? 16 : 6);

export function Matrices({
  set,
  graded,
  looked,
  onLook,
}: {
  set: LabelledSet;
  graded: Graded[];
  looked: Looked;
  onLook: (looked: Looked) => void;
}) {
  const { matrix: t } = useTexts().classification;
  const colors = useChartColors();
  const { classes } = set;
  const count = classes.length;
  const side = sideOf(count);
  const names = classes.map(short);
  const at = ({ scores }: Graded, row: number, column: number) => scores.confusion[row * count + column];
  const specOf = (g: Graded): MapSpec => ({
    rows: names,
    columns: names,
    upright: true,
    cellHeight: side,
    minCell: side,
    maxCell: Math.max(side, 44),
    shade: (r, c) => {
      const { support } = g.scores.classes[r];
      return (r === c ? colors.keep : colors.skip)(support === 0 ? 0 : at(g, r, c) / support);
    },
    text: (r, c) => (at(g, r, c) === 0 ? '' : String(at(g, r, c))),
  });
  const describe = (g: Graded) => (r: number, c: number) => {
    const { support } = g.scores.classes[r];
    return r === c ? t.right(classes[r], at(g, r, c), support) : t.taken(classes[r], classes[c], at(g, r, c), support);
  };
  const accuracyOf = (g: Graded) => percent(g.scores.accuracy?.share, 1);
  const picture = () => {
    const sheets = graded.map((g) => {
      const spec = specOf(g);
      return { g, spec, layout: layOut(spec, 360) };
    });
    const width = Math.max(...sheets.map((s) => s.layout.width)) + 24;
    const height = Math.max(...sheets.map((s) => s.layout.height)) + 40;
    return {
      width: width * Math.min(COLUMNS, sheets.length),
      height: height * Math.ceil(sheets.length / COLUMNS),
      draw: (to: Surface) =>
        sheets.forEach(({ g, spec, layout }, i) => {
          const part = shifted(to, width * (i % COLUMNS), height * Math.floor(i / COLUMNS));
          part.text(0, 8, t.row(g.name, accuracyOf(g)), { fill: colors.ink, bold: true });
          drawMap(shifted(part, 0, 22), spec, layout, colors);
        }),
    };
  };
  const rows = () => [
    ['run', 'label', 'predicted', 'examples'],
    ...graded.flatMap((g) =>
      [...g.scores.confusion.entries()]
        .filter(([, n]) => n > 0)
        .map(([i, n]) => [g.name, classes[Math.floor(i / count)], classes[i % count], n]),
    ),
  ];
  return (
    <ChartFrame
      title={t.title}
      name="confusion"
      picture={picture}
      rows={rows}
      explain={() => [t.what, ...graded.map((g) => t.row(g.name, accuracyOf(g)))]}
    >
      <div className="trio">
        {graded.map((g) => (
          <div key={g.key} className="stack tight">
            <h4>
              <RunMark index={g.index} />
              {t.row(g.name, accuracyOf(g))}
            </h4>
            <MapCanvas
              {...specOf(g)}
              label={g.name}
              testId={`confusion-${g.key}`}
              describe={describe(g)}
              selected={g.key === looked.key && looked.cell ? looked.cell : NOWHERE}
              onSelect={(r, c) => onLook({ key: g.key, cell: [r, c] })}
            />
          </div>
        ))}
      </div>
      <div className="row ramps">
        <Ramp shade={colors.keep} from={t.rampRight} to={t.high} />
        <Ramp shade={colors.skip} from={t.rampWrong} to={t.high} />
      </div>
    </ChartFrame>
  );
}

/** Beyond every matrix: no cell is chosen. */
const NOWHERE = [Infinity, Infinity] as const;
