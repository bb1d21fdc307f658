/** Where the runs ended, each with its difference to the one that all are held against; and what they cost. */
import { texts } from '../../shared/texts';
import { type Metric, type MetricRow, digitsOf, metricRows } from '../../store/compare/metrics';
import { RunMark, Scroll } from '../bits';
import { count, duration, fixed, percent, signed } from '../format';
import type { Compared } from './useContenders';
import { caution } from './words';

const SAID: Record<Metric, (v: number | null) => string> = {
  loss: fixed,
  perplexity: (v) => fixed(v, v === null ? 0 : digitsOf('perplexity', v)),
  skipped: (v) => percent(v, 1),
  parameters: count,
  time: duration,
};

const DIFFERENCE: Record<Metric, (v: number, row: MetricRow) => string> = {
  loss: (v) => signed(v),
  perplexity: (v, { metrics }) => signed(v, digitsOf('perplexity', metrics.perplexity!)),
  skipped: (v) => texts().compare.points(signed(v * 100, 1)),
  parameters: (v) => (v === 0 ? '±0' : `${v < 0 ? '−' : '+'}${count(Math.abs(v))}`),
  time: (v) => (Math.round(v / 1000) === 0 ? '±0 s' : `${v < 0 ? '−' : '+'}${duration(Math.abs(v))}`),
};

function Value({ row, metric, testId }: { row: MetricRow; metric: Metric; testId?: string }) {
  const best: Partial<Record<Metric, string>> = texts().compare.metrics.best;
  const difference = row.difference[metric];
  return (
    <td className="num metric">
      <span className={row.best.has(metric) ? 'best' : undefined} data-testid={testId}>
        {SAID[metric](row.metrics[metric])}
      </span>
      {row.best.has(metric) && <span className="best-word"> ▾ {best[metric]}</span>}
      {difference !== null && <small className="difference"> {DIFFERENCE[metric](difference, row)}</small>}
    </td>
  );
}

export function Metrics({ shown, reference }: Compared) {
  const t = texts().compare.metrics;
  const rows = metricRows(shown, reference);
  if (rows.every((r) => r.metrics.loss === null) || !reference) return null;
  const examples = reference.measured?.examples;
  const strangers = rows.filter((r) => r.metrics.loss !== null && !r.comparable);
  const head = (r: MetricRow) => (
    <th scope="row">
      <RunMark index={r.contender.index} />
      {r.contender.name}
      {r.contender === reference && <span className="tag">{t.baseline}</span>}
    </th>
  );
  return (
    <div className="panel stack" data-testid="metrics">
      <Scroll label={t.title}>
        <table className="grid" data-testid="final-table">
          <caption>{examples ? t.titleOn(examples) : t.title}</caption>
          <thead>
            <tr>
              <th scope="col">{t.run}</th>
              <th scope="col" className="num">
                {t.step}
              </th>
              <th scope="col" className="num">
                {t.loss}
              </th>
              <th scope="col" className="num">
                {t.perplexity}
              </th>
              <th scope="col" className="num">
                {t.bestLoss}
              </th>
              <th scope="col" className="num">
                {t.skipped}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => {
              const { key, run } = r.contender;
              const best = run?.final.best;
              return (
                <tr key={key}>
                  {head(r)}
                  <td className="num">{run?.final.evaluatedAt ?? '–'}</td>
                  <Value row={r} metric="loss" testId={`final-${key}`} />
                  <Value row={r} metric="perplexity" />
                  <td className="num">{best ? t.bestAt(fixed(best.loss), best.step) : '–'}</td>
                  <Value row={r} metric="skipped" testId={`skipped-${key}`} />
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {strangers.length > 0 && (
        <p className="help" data-testid="strangers">
          {t.strangers(
            reference.name,
            strangers.map((r) => r.contender.name),
          )}
        </p>
      )}
      <p className="help" data-testid="caution">
        {caution(shown)}
      </p>
      <Scroll label={t.cost}>
        <table className="grid" data-testid="cost-table">
          <caption>{t.cost}</caption>
          <thead>
            <tr>
              <th scope="col">{t.run}</th>
              <th scope="col" className="num">
                {t.parameters}
              </th>
              <th scope="col" className="num">
                {t.tokens}
              </th>
              <th scope="col" className="num">
                {t.time}
              </th>
              <th scope="col" className="num">
                {t.saved}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows
              .filter((r) => r.contender.run)
              .map((r) => {
                const { final } = r.contender.run!;
                return (
                  <tr key={r.contender.key}>
                    {head(r)}
                    <Value row={r} metric="parameters" />
                    <td className="num">{count(final.tokens)}</td>
                    <Value row={r} metric="time" />
                    <td className="num">{percent(final.workSaved, 1)}</td>
                  </tr>
                );
              })}
          </tbody>
        </table>
      </Scroll>
      <p className="help">{t.help}</p>
    </div>
  );
}
