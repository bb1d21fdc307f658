/** The numbers behind the loss chart: every evaluation, and the latest step. */
import { texts } from '../../shared/texts';
import { lossRows } from '../../store/series';
import type { SessionView } from '../../store/slices';
import { RunMark } from '../bits';
import { fixed, signed } from '../format';

export function LossTable({ session: { config, metricLogs } }: { session: SessionView }) {
  const { curves, lossTable: t } = texts().charts;
  const rows = lossRows(config.runs.map((r) => metricLogs.get(r.id)!));
  const level = metricLogs.get('base')?.evals.at(-1)?.loss;
  return (
    <table className="grid" data-testid="loss-table">
      <thead>
        <tr>
          <th scope="col" className="num">
            {t.step}
          </th>
          {config.runs.map((r, i) => [
            <th key={`${r.id}-t`} scope="col" className="num">
              <RunMark index={i + 1} />
              {curves.training(r.name)}
            </th>,
            <th key={`${r.id}-h`} scope="col" className="num">
              {t.validation}
            </th>,
            <th key={`${r.id}-d`} scope="col" className="num">
              {t.againstBase}
            </th>,
          ])}
        </tr>
      </thead>
      <tbody>
        {level !== undefined && (
          <tr>
            <th scope="row">{t.base}</th>
            {config.runs.map((r) => [
              <td key={`${r.id}-t`} className="num">
                –
              </td>,
              <td key={`${r.id}-h`} className="num">
                {fixed(level)}
              </td>,
              <td key={`${r.id}-d`} className="num">
                –
              </td>,
            ])}
          </tr>
        )}
        {rows.map((row) => (
          <tr key={row.step}>
            <th scope="row" className="num">
              {row.step}
            </th>
            {config.runs.map((r, i) => [
              <td key={`${r.id}-t`} className="num">
                {fixed(row.train[i])}
              </td>,
              <td key={`${r.id}-h`} className="num" data-testid={`held-${r.id}-${row.step}`}>
                {fixed(row.held[i])}
              </td>,
              <td key={`${r.id}-d`} className="num">
                {row.held[i] === null || level === undefined ? '–' : signed(row.held[i]! - level)}
              </td>,
            ])}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
