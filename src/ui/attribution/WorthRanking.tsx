/**
 * Modules in the order of what their updates are worth: nats by which each lowers the validation loss, with all others.
 */
import { useState } from 'react';
import { type Attribution, checksum } from '../../shared/attribution';
import { texts } from '../../shared/texts';
import type { ModuleId } from '../../shared/types';
import type { SessionView } from '../../store/slices';
import { Scroll } from '../bits';
import { ChartFrame } from '../charts/ChartFrame';
import { useChartColors } from '../charts/chartColors';
import type { Surface } from '../charts/surface';
import { moduleName, percent, signed } from '../format';
import { Measure } from './Measure';
import { attributable, useAttribution } from './useAttribution';

const SHORT = 12;
const ROW = 18;
const WIDTH = 560;

interface Props {
  session: SessionView;
  /** The run that is shown first. */
  first: string | undefined;
  selected: ModuleId | null;
  onSelect: (module: number) => void;
}

export function WorthRanking({ session, first, selected, onSelect }: Props) {
  const t = texts().attribution.ranking;
  const [chosen, choose] = useState<string | null>(null);
  const runs = attributable(session);
  const run = runs.find((r) => r.id === (chosen ?? first)) ?? runs.at(0);
  const found = useAttribution(session, 'modules', run?.id);
  return (
    <>
      <Measure what="modules" runs={runs} run={run} onRun={choose} found={found} ask={t.ask} />
      {found && <Ranked found={found} selected={selected} onSelect={onSelect} />}
    </>
  );
}

/** The largest first. */
const ordered = ({ byModule, modules }: Attribution) =>
  modules
    .map((module, index) => ({ module, index, worth: byModule[index] }))
    .sort((a, b) => b.worth - a.worth || a.index - b.index);

function Ranked({ found, selected, onSelect }: Pick<Props, 'selected' | 'onSelect'> & { found: Attribution }) {
  const {
    attribution: { ranking: t, explain },
    charts: { module: moduleSaid, ranking },
  } = texts();
  const colors = useChartColors();
  const [all, setAll] = useState(false);
  const rows = ordered(found);
  const { sum } = checksum(found);
  const most = Math.max(...rows.map((r) => Math.abs(r.worth)), 1e-12);
  const same = (m: ModuleId) => m.layer === selected?.layer && m.kind === selected.kind;
  return (
    <ChartFrame
      title={t.title}
      name="worth"
      explain={() => [explain.what, explain.error(found.points), explain.not]}
      rows={() => [
        ['rank', 'module', 'nats', 'of all'],
        ...rows.map((r, i) => [i + 1, moduleName(r.module), r.worth, r.worth / sum]),
      ]}
      picture={() => ({
        width: WIDTH,
        height: ROW * rows.length,
        draw: (to: Surface) =>
          rows.forEach(({ module, worth }, i) => {
            const y = ROW * i + ROW / 2;
            to.text(30, y, String(i + 1), { fill: colors.ink2, align: 'end', size: 11 });
            to.text(40, y, moduleName(module), { fill: colors.ink });
            const { fill } = colors.worth(Math.sign(worth) * 0.85);
            to.rect({ x: 110, y: y - 6, width: (Math.abs(worth) / most) * 360, height: 12, fill });
            to.text(WIDTH, y, signed(worth, 4), { fill: colors.ink, align: 'end', size: 11 });
          }),
      })}
    >
      <p className="help">{t.examples(found.examples)}</p>
      <Scroll label={t.title}>
        <table className="grid ranking" data-testid="worth-ranking">
          <thead>
            <tr>
              <th scope="col" className="num">
                #
              </th>
              <th scope="col">{ranking.module}</th>
              <th scope="col">{t.column}</th>
              <th scope="col" className="num">
                {t.ofAll}
              </th>
            </tr>
          </thead>
          <tbody>
            {(all ? rows : rows.slice(0, SHORT)).map(({ module, index, worth }, i) => (
              <tr key={index} className={same(module) ? 'row-selected' : undefined}>
                <td className="num">{i + 1}</td>
                <th scope="row">
                  <button type="button" className="quiet small" onClick={() => onSelect(index)}>
                    {moduleSaid(module.layer, module.kind)}
                  </button>
                </th>
                <td>
                  <span className="share-bar" aria-hidden="true">
                    <span
                      style={{
                        width: `${(Math.abs(worth) / most) * 100}%`,
                        backgroundColor: colors.worth(Math.sign(worth) * 0.85).fill,
                      }}
                    />
                  </span>
                  <span className="num">{signed(worth, 4)}</span>
                </td>
                <td className="num">{percent(worth / sum, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > SHORT && (
        <button type="button" className="quiet small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? ranking.first(SHORT) : ranking.all(rows.length)}
        </button>
      )}
    </ChartFrame>
  );
}
