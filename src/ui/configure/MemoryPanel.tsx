/** What training will take of the GPU's memory, by item. */
import { bytes } from '../format';
import { useSel } from '../studioContext';

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
      <p className="help">Planned before anything is allocated. All runs share one copy of the frozen weights.</p>
    </div>
  );
}
