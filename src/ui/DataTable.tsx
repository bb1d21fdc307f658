/** Every row of the data: searched, filtered, one at a time in full. Only what is on the screen is drawn. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useReducer, useRef, useState } from 'react';
import type { ListedRow, PrepareReport, RowFilter } from '../shared/data';
import { DATA_ROLES, type Role } from '../shared/template';
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import { DataRow } from './DataRow';
import { count } from './format';
import { Picture } from './Picture';
import { rowsThatSay } from './lostRows';
import { useSel, useStudio } from './studioContext';
import { RowPages } from './rowPages';

const ROW_HEIGHT = 38;
/** Browsers cannot scroll further than about 17 million pixels. */
const MOST_ROWS = 400_000;
/** Pause before what is typed is searched for, in ms. */
const SETTLE = 250;

export function DataTable({ report }: { report: PrepareReport }) {
  const studio = useStudio();
  const mapping = useSel((s) => s.dataset.mapping);
  const unit = useSel((s) => s.dataset.parsed?.table.unit);
  const [filter, setFilter] = useState<RowFilter>('all');
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState<number | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const version = useSel((s) => s.dataset.version);
  const [rows, setRows] = useState<RowPages | null>(null);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    let current = true;
    // What is said of a row counts as its text; the worker has no words.
    const also = search === '' ? [] : studio.data.rows.lost().then((rows) => rowsThatSay(search, rows));
    const next = new RowPages(
      async (from, count) => studio.data.rows.list({ filter, search, also: await also, from, count }),
      version,
    );
    // What was there before stays in sight until the new rows are known.
    const load = async () => {
      if ((await next.need(0, 0)) && current) setRows(next);
    };
    void load();
    return () => {
      current = false;
    };
  }, [studio, filter, search, version]);
  const shown = Math.min(rows?.total ?? 0, MOST_ROWS);
  // Nothing of it is handed to other components.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: shown,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => {
    const load = async () => {
      if (await rows?.need(first, last)) redraw();
    };
    void load();
  }, [rows, first, last]);
  /** Another question, another list: from its beginning. */
  const begin = () => {
    setActive(0);
    scroller.current?.scrollTo({ top: 0 });
  };
  if (!mapping) return null;
  const { table: t, issues, role: roleNames } = texts().data;
  const windows = unit === 'whole' && mapping.kind === 'text';
  const columns: Role[] = windows
    ? ['text']
    : DATA_ROLES[mapping.kind].filter(({ role }) => mapping.roles[role]).map((r) => r.role);
  const onType = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setSearch(text.trim());
      begin();
    }, SETTLE);
  };
  const move = (to: number) => {
    const next = Math.max(0, Math.min(shown - 1, to));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const onKey = (e: KeyboardEvent) => {
    const page = Math.floor((scroller.current?.clientHeight ?? 400) / ROW_HEIGHT) - 1;
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: shown - 1,
    };
    const row = rows?.at(active);
    if (Object.hasOwn(moves, e.key)) move(moves[e.key]);
    else if (e.key === 'Enter' && row) setOpen(row.item);
    else if (e.key === 'Delete' && row && !windows) studio.data.decisions.exclude(row.item, !row.excluded);
    else return;
    e.preventDefault();
  };
  const id = (i: number) => `data-row-${i}`;
  return (
    <div className="stack" data-testid="data-table">
      <div className="row">
        <h3>{windows ? t.windows : mapping.kind === 'picture-label' ? t.pictures : t.rows}</h3>
        <span className="muted num" aria-live="polite" data-testid="data-table-count">
          {!rows ? '' : filter === 'all' && search === '' ? t.inAll(count(rows.total)) : t.found(count(rows.total))}
        </span>
        <span className="spacer" />
        <label className="inline-field">
          <span>{t.show}</span>
          <select
            value={filter}
            onChange={(e) => {
              setFilter(e.target.value as RowFilter);
              begin();
            }}
            data-testid="data-filter"
          >
            <option value="all">{t.filter.all}</option>
            <option value="train">{t.filter.train(count(report.train))}</option>
            <option value="validation">{t.filter.validation(count(report.validation))}</option>
            <option value="unused">{t.filter.unused}</option>
            <option value="excluded">{t.filter.excluded(count(report.excluded))}</option>
            <option value="changed">{t.filter.changed(count(report.changed))}</option>
            {report.issues.length > 0 && (
              <optgroup label={t.withProblem}>
                {report.issues.map((i) => (
                  <option key={i.issue} value={i.issue}>
                    {t.filter.issue(issues.name[i.issue], count(i.rows))}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
        </label>
        <label className="inline-field">
          <span>{t.search}</span>
          <input
            type="text"
            value={typed}
            onChange={(e) => onType(e.target.value)}
            spellCheck={false}
            data-testid="data-search"
          />
        </label>
      </div>
      <div
        className="vtable"
        style={
          {
            '--texts': columns.map((c) => (c === 'label' ? 'minmax(0, 1fr)' : 'minmax(0, 3fr)')).join(' '),
          } as React.CSSProperties
        }
      >
        <div className="vrow vhead" aria-hidden="true">
          <span className="num">{mapping.kind === 'picture-label' ? t.number : t.line}</span>
          {columns.map((c) => (
            <span key={c}>{roleNames[c]}</span>
          ))}
          <span className="num">{t.tokens}</span>
          <span>{t.state}</span>
        </div>
        <div
          // A list of which only a part is in the page: no element of HTML does that.
          ref={scroller}
          className="vscroll"
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="listbox"
          tabIndex={0}
          aria-label={t.label}
          aria-activedescendant={shown > 0 ? id(active) : undefined}
          onKeyDown={onKey}
        >
          <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map(({ index, start }) => (
              <Line
                key={index}
                id={id(index)}
                row={rows?.at(index)}
                index={index}
                start={start}
                columns={columns}
                total={shown}
                limit={report.lengths.limit}
                active={index === active}
                open={open !== null && rows?.at(index)?.item === open}
                onOpen={() => {
                  setActive(index);
                  const row = rows?.at(index);
                  if (row) setOpen(row.item);
                }}
              />
            ))}
          </div>
          {rows?.total === 0 && <p className="muted nothing">{t.nothing}</p>}
        </div>
      </div>
      {rows && rows.total > MOST_ROWS && <p className="help">{t.first(count(MOST_ROWS))}</p>}
      {open !== null && (
        <DataRow
          key={open}
          item={open}
          windows={windows}
          onClose={() => {
            setOpen(null);
            scroller.current?.focus();
          }}
        />
      )}
    </div>
  );
}

interface LineProps {
  id: string;
  row: ListedRow | undefined;
  index: number;
  start: number;
  columns: string[];
  total: number;
  limit: number;
  active: boolean;
  open: boolean;
  onOpen: () => void;
}

function Line({ id, row, index, start, columns, total, limit, active, open, onOpen }: LineProps) {
  const { table: t, issues } = texts().data;
  const state = !row
    ? ''
    : row.excluded
      ? t.excluded
      : row.side === 'validation'
        ? t.validation
        : row.side === 'train'
          ? ''
          : t.unused;
  // Said in one line, as it stands, where it does not fall into columns.
  const broken = row && (row.lost !== null || row.texts.length < columns.length);
  return (
    // The list takes the keys, for all of its rows.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="option"
      aria-selected={active}
      aria-posinset={index + 1}
      aria-setsize={total}
      onClick={onOpen}
      data-testid="data-line"
      className={`vrow${active ? ' vrow-active' : ''}${open ? ' vrow-open' : ''}${row && row.side === null ? ' vrow-unused' : ''}`}
      style={{ transform: `translateY(${start}px)` }}
    >
      {row ? (
        <>
          <span className="num line-number">{row.line}</span>
          {broken ? (
            <span className="mono vtext" style={{ gridColumn: `span ${columns.length}` }}>
              {row.lost ? `${row.texts[0]} | ${say(row.lost)}` : row.texts[0]}
            </span>
          ) : (
            columns.map((c, k) => (
              <span key={c} className="vtext">
                {c === 'picture' && row.picture && <Picture shown={row.picture} label="" className="picture-small" />}
                {row.texts[k]}
              </span>
            ))
          )}
          <span className={`num${row.tokens !== null && row.tokens > limit ? ' over' : ''}`}>{row.tokens ?? '–'}</span>
          <span className="vstate">
            {state && <span className="tag">{state}</span>}
            {row.changed && <span className="tag">{t.edited}</span>}
            {row.issues.map((i) => (
              <span key={i} className="tag tag-issue">
                {issues.name[i]}
              </span>
            ))}
          </span>
        </>
      ) : (
        <span className="muted">…</span>
      )}
    </div>
  );
}
