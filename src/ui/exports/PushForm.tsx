/** A run goes to a repository of the hub: where to, with which token, and exactly what, before it is sent. */
import { useEffect, useState } from 'react';
import type { ExportKind, ValueType } from '../../shared/exports';
import { type PushFile, VISIBILITIES, type Visibility, isRepositoryId } from '../../shared/repository';
import { texts } from '../../shared/texts';
import { ProgressLine, Scroll, SelectField, TextField } from '../bits';
import { bytes } from '../format';
import { useSel, useStudio } from '../studioContext';
import type { Subject } from './useSubject';

type Where = Visibility | 'existing';

/** Files as they were made for one repository, and what was chosen then. */
interface Listed {
  of: string;
  files: PushFile[];
}

export function PushForm({
  subject,
  kind,
  values,
}: {
  subject: Subject;
  kind: ExportKind | 'peft';
  values: ValueType;
}) {
  const t = texts().exports.push;
  const studio = useStudio();
  const pushing = useSel((s) => s.runs.pushing);
  const exporting = useSel((s) => s.runs.exporting);
  const [repository, setRepository] = useState('');
  const [where, setWhere] = useState<Where>('private');
  // Here alone, and gone with the dialog.
  const [token, setToken] = useState('');
  const [listed, setListed] = useState<Listed | null>(null);
  const [pushed, setPushed] = useState<string | null>(null);
  useEffect(() => () => studio.push.cancel(), [studio]);
  const of = [kind, values, repository].join(' ');
  const files = listed?.of === of ? listed.files : null;
  const busy = pushing !== null || exporting !== null;
  const list = async () => {
    setPushed(null);
    const made = await studio.push.list(subject.runId, { kind, values, repository });
    setListed(made && { of, files: made });
  };
  const send = async () => {
    if (!files) return;
    setPushed(null);
    const create = where === 'existing' ? null : where;
    setPushed(await studio.push.send(files, { repository, create, token: token.trim(), title: subject.name }));
  };
  return (
    <details data-testid="push">
      <summary>{t.summary}</summary>
      <div className="stack">
        <p className="help">{t.lead}</p>
        <div className="fields">
          <TextField
            label={t.repository}
            value={repository}
            onChange={(text) => setRepository(text.trim())}
            placeholder={t.repositoryPlaceholder}
            mono
            testId="push-repository"
            help={t.repositoryHelp}
          />
          <SelectField
            label={t.visibility}
            value={where}
            onChange={setWhere}
            options={[...VISIBILITIES, 'existing' as const].map((value) => ({ value, label: t.visibilities[value] }))}
            help={t.visibilityHelp}
          />
          <TextField
            label={t.token}
            value={token}
            onChange={setToken}
            placeholder="hf_…"
            mono
            secret
            testId="push-token"
            help={t.tokenHelp}
          />
        </div>
        {!files && (
          <div className="row">
            <button
              type="button"
              data-testid="push-list"
              disabled={busy || !isRepositoryId(repository)}
              onClick={() => void list()}
            >
              {t.list}
            </button>
          </div>
        )}
        {files && (
          <>
            <p data-testid="push-where">{t.where[where](studio.push.addressOf(repository))}</p>
            <FileTable files={files} />
            <div className="row">
              <button
                type="button"
                data-testid="push-send"
                disabled={busy || token.trim() === ''}
                onClick={() => void send()}
              >
                {t.send}
              </button>
              {pushing && (
                <button type="button" className="quiet" data-testid="push-cancel" onClick={() => studio.push.cancel()}>
                  {t.cancel}
                </button>
              )}
            </div>
          </>
        )}
        {pushing && (
          <>
            <ProgressLine
              label={t.steps[pushing.step]}
              loaded={pushing.done}
              total={pushing.total || null}
              unit={bytes}
            />
            <p className="help">{t.closing}</p>
          </>
        )}
        {pushed && (
          <p className="notice" aria-live="polite" data-testid="push-done">
            <a href={pushed} target="_blank" rel="noreferrer">
              {t.done}
            </a>
          </p>
        )}
      </div>
    </details>
  );
}

function FileTable({ files }: { files: readonly PushFile[] }) {
  const t = texts().exports.push;
  const total = files.reduce((sum, { content }) => sum + content.size, 0);
  return (
    <Scroll label={t.table}>
      <table className="grid" data-testid="push-files">
        <caption className="sr-only">{t.table}</caption>
        <thead>
          <tr>
            <th scope="col">{t.file}</th>
            <th scope="col" className="num">
              {t.size}
            </th>
          </tr>
        </thead>
        <tbody>
          {files.map(({ path, content }) => (
            <tr key={path}>
              <th scope="row" className="mono">
                {path}
              </th>
              <td className="num">{bytes(content.size)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">{t.total}</th>
            <td className="num">{bytes(total)}</td>
          </tr>
        </tbody>
      </table>
    </Scroll>
  );
}
