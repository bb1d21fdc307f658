/** What training will take of the GPU's memory, by item. */
import { isLive } from '../../store/slices';
import { bytes } from '../format';
import { useSel, useStudio } from '../studioContext';

export function MemoryPanel() {
  const plan = useSel((s) => s.runs.plan);
  const error = useSel((s) => s.runs.planError);
  const ready = useSel((s) => s.model.status === 'ready');
  return (
    <div className="stack">
      <h3>Memory on the GPU</h3>
      {error && <div className="notice notice-error" role="alert" data-testid="error-alert"><div><p>{error.message}</p><p>{error.hint}</p></div></div>}
      {!plan && !error && <p className="muted">{ready ? 'Planning…' : 'Known once a model is open.'}</p>}
      {plan && (
        <table className="grid" data-testid="plan-table">
          <caption className="sr-only">Bytes that training will take, by item</caption>
          <thead><tr><th scope="col">Item</th><th scope="col" className="num">Bytes</th></tr></thead>
          <tbody>{plan.items.map((item) => <tr key={item.label}><th scope="row">{item.label}</th><td className="num" title={`${item.bytes} bytes`}>{bytes(item.bytes)}</td></tr>)}</tbody>
          <tfoot>
            <tr><th scope="row">Together</th><td className="num"><strong>{bytes(plan.totalBytes)}</strong></td></tr>
            {plan.limitBytes !== null && <tr><th scope="row">Aimed to stay under</th><td className="num">{bytes(plan.limitBytes)}</td></tr>}
          </tfoot>
        </table>
      )}
      {plan && !plan.fits && <Fix />}
      <p className="help">Planned before anything is allocated. All runs share one copy of the frozen weights.</p>
    </div>
  );
}

/** What to do about a plan that does not fit. */
function Fix() {
  const { configure } = useStudio();
  const fix = useSel((s) => s.runs.fix);
  const live = useSel((s) => isLive(s.runs.phase));
  return (
    <div className="notice" data-testid="memory-fix">
      <div className="stack tight">
        <p><strong>This needs more memory than it should.</strong> It may fail, or slow the whole machine down.</p>
        {fix
          ? <><p>The mildest change that fits:</p><p><button type="button" disabled={live} onClick={() => configure.applyFix()}>{fix.label}</button></p></>
          : <p>A smaller batch, a shorter context and a lower rank do not suffice, or are still being tried: take fewer runs or a smaller model.</p>}
      </div>
    </div>
  );
}
