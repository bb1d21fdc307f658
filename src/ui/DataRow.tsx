/** One row in full: its tokens, its texts to edit, and leaving it out. */
import { useEffect, useState } from 'react';
import type { RowDetail } from '../shared/data';
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import { TextField } from './bits';
import { Picture } from './Picture';
import { useSel, useStudio } from './studioContext';
import { ChipLegend, TokenChips } from './TokenChips';

/** A row that opens is where the keys go next. */
const focusFirst = (element: HTMLElement | null) => element?.focus({ preventScroll: true });

export function DataRow({ item, windows, onClose }: { item: number; windows: boolean; onClose: () => void }) {
  const studio = useStudio();
  const columns = useSel((s) => s.dataset.parsed?.table.columns ?? []);
  const mapping = useSel((s) => s.dataset.mapping);
  const excluded = useSel((s) => s.dataset.decisions.edits.excluded.includes(item));
  const version = useSel((s) => s.dataset.version);
  const [shown, setShown] = useState<{ version: number; detail: RowDetail | null } | null>(null);
  const [draft, setDraft] = useState<string[] | null>(null);
  useEffect(() => {
    let current = true;
    void studio.data.rows.detail(item).then((d) => {
      if (!current) return;
      setShown({ version, detail: d });
      setDraft(d?.cells ?? null);
    });
    return () => {
      current = false;
    };
  }, [studio, item, version]);
  const detail = shown?.detail;
  if (!detail) return null;
  const { row: t, table } = texts().data;
  const picture = detail.example?.picture ?? null;
  const used = mapping ? new Set(Object.values(mapping.roles)) : new Set();
  const dirty = draft !== null && detail.cells !== null && draft.some((text, c) => text !== detail.cells![c]);
  return (
    <section className="panel stack" aria-labelledby="data-row-title" data-testid="data-row">
      <div className="row">
        <h3 id="data-row-title" ref={focusFirst} tabIndex={-1}>
          {picture ? t.picture(detail.line, picture.label) : t.title(detail.line)}
          {detail.example?.validation && <span className="tag">{table.validation}</span>}
          {excluded && <span className="tag">{table.excluded}</span>}
        </h3>
        {detail.example && !picture && <ChipLegend />}
        <span className="spacer" />
        {!windows && (
          <button
            type="button"
            onClick={() => studio.data.decisions.exclude(item, !excluded)}
            data-testid="data-exclude"
          >
            {excluded ? t.takeIn : t.leaveOut}
          </button>
        )}
        <button type="button" className="quiet" onClick={onClose}>
          {t.close}
        </button>
      </div>
      {picture ? (
        <figure className="picture-figure">
          <Picture shown={picture.shown} label={detail.cells?.[0] ?? ''} className="picture-large" />
          <figcaption className="help">{t.size(picture.shown.size, picture.side)}</figcaption>
        </figure>
      ) : detail.example ? (
        <TokenChips tokens={detail.example.tokens} most={2000} />
      ) : (
        <p className="muted">
          {detail.lost ? t.lost(say(detail.lost)) : detail.issues.length > 0 ? t.noTokensWhy : t.noTokens}
        </p>
      )}
      {draft && !windows && (
        <details open={detail.example === null}>
          <summary>{t.edit}</summary>
          <form
            className="stack"
            onSubmit={(e) => {
              e.preventDefault();
              studio.data.decisions.editRow(item, draft);
            }}
          >
            {columns.map(
              (name, c) =>
                used.has(name) &&
                name !== mapping?.roles.picture && (
                  <TextField
                    key={name}
                    label={name}
                    value={draft[c]}
                    onChange={(text) => setDraft(draft.map((old, k) => (k === c ? text : old)))}
                    rows={draft[c].length > 80 ? 5 : 2}
                    testId={`data-edit-${c}`}
                  />
                ),
            )}
            <div className="row">
              <button type="submit" className="primary" disabled={!dirty} data-testid="data-edit-save">
                {t.save}
              </button>
              <button type="button" className="quiet" disabled={!dirty} onClick={() => setDraft(detail.cells)}>
                {t.asItWas}
              </button>
            </div>
          </form>
        </details>
      )}
    </section>
  );
}
