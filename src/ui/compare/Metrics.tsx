/**
 * Where the runs ended, each with its difference to the baseline; over seeds, where there are several; and what they
 * cost.
 */
import { texts } from '../../shared/texts';
import { metricRows } from '../../store/compare/metrics';
import { seedGroups, seedRows } from '../../store/compare/seeds';
import { ReportTable } from '../ReportTable';
import { TradeOff } from './TradeOff';
import { costTable, finalTable, seedTable } from './tables';
import type { Compared } from './useContenders';
import { caution } from './words';

export function Metrics({ shown, reference }: Compared) {
  const t = texts().compare.metrics;
  const rows = metricRows(shown, reference);
  if (rows.every((r) => r.metrics.loss === null) || !reference) return <p data-testid="caution">{caution(shown)}</p>;
  const strangers = rows.filter((r) => r.metrics.loss !== null && !r.comparable);
  const seeds = seedRows(seedGroups(shown, reference), reference);
  const several = seeds.some((r) => r.loss.n > 1);
  return (
    <div className="metrics" data-testid="metrics">
      <div className="panel stack tight">
        <ReportTable table={finalTable(rows, reference)} testId="final-table" />
        {strangers.length > 0 && (
          <p className="help" data-testid="strangers">
            {t.strangers(
              reference.name,
              strangers.map((r) => r.contender.name),
            )}
          </p>
        )}
        <p className="help" data-testid="caution">
          {several ? t.overSeeds : caution(shown)}
        </p>
      </div>
      <div className="pair">
        {several && (
          <div className="panel">
            <ReportTable table={seedTable(seeds, reference)} testId="seeds-table" />
          </div>
        )}
        <TradeOff rows={seeds} reference={reference} />
      </div>
      <div className="panel stack tight">
        <ReportTable table={costTable(rows, reference)} testId="cost-table" />
        <p className="help">{t.help}</p>
      </div>
    </div>
  );
}
