/** In what the settings of the compared runs differ; nothing else. */
import { configDiff } from '../../store/compare/configDiff';
import { RunMark, Scroll } from '../bits';
import { tokenText } from '../format';
import type { Compared } from './useContenders';

export function ConfigDiff({ shown }: Pick<Compared, 'shown'>) {
  const runs = shown.flatMap((c) => (c.run ? [{ ...c, run: c.run }] : []));
  if (runs.length < 2) return null;
  const rows = configDiff(runs.map(({ run }) => ({ config: run.config, train: run.train, model: run.model.id, data: run.data, template: run.template })));
  return (
    <div className="panel stack">
      {rows.length === 0 && <p data-testid="config-same">The settings of these runs are the same, the seed included.</p>}
      {rows.length > 0 && (
        <Scroll label="Settings that differ">
          <table className="grid run-columns" data-testid="config-diff">
            <caption>Settings that differ</caption>
            <thead><tr><th scope="col">Setting</th>{runs.map((c) => <th key={c.key} scope="col"><RunMark index={c.index} />{c.name}</th>)}</tr></thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.path}>
                  <th scope="row">{r.label}</th>
                  {r.values.map((v, i) => <td key={runs[i].key}>{v === null ? <span className="muted">does not apply</span> : tokenText(v)}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <p className="help">Everything else is equal. Settings of the token gates are compared among runs that have them.</p>
    </div>
  );
}
