/** In what the settings of the compared runs differ; nothing else. */
import { texts } from '../../shared/texts';
import { RunMark, Scroll } from '../bits';
import { tokenText } from '../format';
import { configDiff } from './configDiff';
import type { Compared } from './useContenders';

export function ConfigDiff({ shown }: Pick<Compared, 'shown'>) {
  const t = texts().compare.settings;
  const runs = shown.flatMap((c) => (c.run ? [{ ...c, run: c.run }] : []));
  if (runs.length < 2) return null;
  const rows = configDiff(
    runs.map(({ run }) => ({
      config: run.config,
      train: run.train,
      model: run.model.id,
      data: run.data,
      template: run.template,
    })),
  );
  return (
    <div className="panel stack">
      {rows.length === 0 && <p data-testid="config-same">{t.same}</p>}
      {rows.length > 0 && (
        <Scroll label={t.differ}>
          <table className="grid run-columns" data-testid="config-diff">
            <caption>{t.differ}</caption>
            <thead>
              <tr>
                <th scope="col">{t.setting}</th>
                {runs.map((c) => (
                  <th key={c.key} scope="col">
                    <RunMark index={c.index} />
                    {c.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.path}>
                  <th scope="row">{r.label}</th>
                  {r.values.map((v, i) => (
                    <td key={runs[i].key}>
                      {v === null ? <span className="muted">{t.notApplying}</span> : tokenText(v)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <p className="help">{t.help}</p>
    </div>
  );
}
