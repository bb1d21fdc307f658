/** What training will take of the device's memory, by item. */
import { texts } from '../../shared/texts';
import { say, sayError } from '../../shared/texts/say';
import { isLive } from '../../store/slices';
import { bytes } from '../format';
import { useSel, useStudio } from '../studioContext';

export function MemoryPanel() {
  const t = texts().configure.memory;
  const plan = useSel((s) => s.runs.plan);
  const error = useSel((s) => s.runs.planError);
  const ready = useSel((s) => s.model.status === 'ready');
  return (
    <div className="stack">
      <h3>{t.title}</h3>
      {/* Above what comes and goes, which so moves nothing. */}
      <p className="help">{t.help}</p>
      {error && (
        <div className="notice notice-error" role="alert" data-testid="error-alert">
          <div>
            <p>{say(error)}</p>
            <p>{sayError(error).hint}</p>
          </div>
        </div>
      )}
      {!plan && !error && <p className="muted">{ready ? t.planning : t.unknown}</p>}
      {plan && (
        <table className="grid" data-testid="plan-table">
          <caption className="sr-only">{t.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t.item}</th>
              <th scope="col" className="num">
                {t.bytes}
              </th>
            </tr>
          </thead>
          <tbody>
            {plan.items.map((item) => {
              const label = item.part === 'run' ? t.run(item.name) : t.part[item.part];
              return (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  <td className="num" title={t.exact(item.bytes)}>
                    {bytes(item.bytes)}
                  </td>
                </tr>
              );
            })}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t.together}</th>
              <td className="num">
                <strong>{bytes(plan.totalBytes)}</strong>
              </td>
            </tr>
            {plan.opening && (
              <tr>
                <th scope="row">{t.opening[plan.opening.by]}</th>
                <td className="num" data-testid="plan-opening">
                  {bytes(plan.opening.bytes)}
                </td>
              </tr>
            )}
            {plan.limitBytes !== null && (
              <tr>
                <th scope="row">{t.limit}</th>
                <td className="num">{bytes(plan.limitBytes)}</td>
              </tr>
            )}
          </tfoot>
        </table>
      )}
      {plan && !plan.fits && <Fix />}
    </div>
  );
}

/** What to do about a plan that does not fit. */
function Fix() {
  const t = texts().configure.memory;
  const { configure } = useStudio();
  const fix = useSel((s) => s.runs.fix);
  const live = useSel((s) => isLive(s.runs.phase));
  return (
    <div className="notice" data-testid="memory-fix">
      <div className="stack tight">
        <p>
          <strong>{t.tooMuch}</strong> {t.mayFail}
        </p>
        {fix ? (
          <>
            <p>{t.mildest}</p>
            <p>
              <button type="button" disabled={live} onClick={() => configure.applyFix()}>
                {say(fix.label)}
              </button>
            </p>
          </>
        ) : (
          <p>{t.noFix}</p>
        )}
      </div>
    </div>
  );
}
