/** Small parts that every section uses: fields with labels and help, notices, the section frame. */
import { type ReactNode, useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { texts } from '../shared/texts';
import type { Message } from '../shared/message';
import { say, sayError } from '../shared/texts/say';
import type { Notice, Section as SectionId } from '../store/slices';
import { Phrase } from './Phrase';
import { PLACES, hashOf, isView } from '../store/route';
import { PLACE_OF, mainPlace } from './sections';
import { useSel, useStudio } from './studioContext';

interface FieldProps {
  label: string;
  help?: ReactNode;
  /** What is wrong with the value, in words. */
  problem?: string | null;
  /** The default, shown when the value differs from it. */
  initial?: string | number;
  changed?: boolean;
  /** A word or two beside the label: where the value comes from, say. */
  mark?: ReactNode;
  /** Shown over the label: what other tools call it, say. */
  hint?: string;
}

function FieldFrame({
  id,
  label,
  help,
  problem,
  initial,
  changed,
  mark,
  hint,
  children,
}: FieldProps & { id: string; children: ReactNode }) {
  const t = texts().common.field;
  return (
    <div className={`field${problem ? ' field-bad' : ''}`}>
      <label htmlFor={id} title={hint}>
        {label}
        {changed && (
          <span className="changed" title={t.changedHelp(initial!)}>
            {' '}
            {t.changed}
            <span className="sr-only"> {t.fromDefault(initial!)}</span>
          </span>
        )}
        {mark}
      </label>
      {children}
      {problem ? (
        <p className="field-problem" id={`${id}-help`}>
          {problem}
        </p>
      ) : (
        help && (
          <p className="help" id={`${id}-help`}>
            {help}
          </p>
        )
      )}
    </div>
  );
}

/** A number that keeps what is typed, even while it is not a number yet (then `onChange` gets NaN). */
export function NumberField({
  value,
  onChange,
  step,
  min,
  max,
  ...frame
}: FieldProps & {
  value: number;
  onChange: (value: number) => void;
  step?: number | 'any';
  min?: number;
  max?: number;
}) {
  const id = useId();
  const [text, setText] = useState(String(value));
  const shown = useRef(value);
  useEffect(() => {
    if (!Object.is(shown.current, value)) {
      shown.current = value;
      setText(Number.isNaN(value) ? '' : String(value));
    }
  }, [value]);
  const changed = frame.initial !== undefined && !Object.is(Number(frame.initial), value);
  return (
    <FieldFrame id={id} {...frame} changed={changed}>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        value={text}
        step={step ?? 'any'}
        min={min}
        max={max}
        aria-invalid={frame.problem ? true : undefined}
        aria-describedby={frame.help || frame.problem ? `${id}-help` : undefined}
        onChange={(e) => {
          const next = e.target.value.trim() === '' ? NaN : Number(e.target.value);
          setText(e.target.value);
          shown.current = next;
          onChange(next);
        }}
      />
    </FieldFrame>
  );
}

export function TextField({
  value,
  onChange,
  mono,
  rows,
  placeholder,
  secret,
  testId,
  ...frame
}: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  mono?: boolean;
  /** More than one makes it a text area. */
  rows?: number;
  placeholder?: string;
  /** Not shown while it is typed. */
  secret?: boolean;
  testId?: string;
}) {
  const id = useId();
  const shared = {
    id,
    value,
    placeholder,
    className: mono ? 'mono' : undefined,
    spellCheck: false,
    'data-testid': testId,
    'aria-describedby': frame.help || frame.problem ? `${id}-help` : undefined,
  };
  return (
    <FieldFrame id={id} {...frame}>
      {rows && rows > 1 ? (
        <textarea {...shared} rows={rows} onChange={(e) => onChange(e.target.value)} />
      ) : (
        <input
          {...shared}
          type={secret ? 'password' : 'text'}
          autoComplete="off"
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </FieldFrame>
  );
}

export function SelectField<T extends string>({
  value,
  onChange,
  options,
  ...frame
}: FieldProps & {
  value: T;
  onChange: (value: T) => void;
  options: { value: T; label: string }[];
}) {
  const id = useId();
  const changed = frame.initial !== undefined && frame.initial !== value;
  return (
    <FieldFrame id={id} {...frame} changed={changed}>
      <select
        id={id}
        value={value}
        onChange={(e) => onChange(e.target.value as T)}
        aria-invalid={frame.problem ? true : undefined}
        aria-describedby={frame.help || frame.problem ? `${id}-help` : undefined}
      >
        {options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

export function Check({
  checked,
  onChange,
  children,
  disabled,
}: {
  checked: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
  disabled?: boolean;
}) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(e) => onChange(e.target.checked)} />
      <span>{children}</span>
    </label>
  );
}

/** Errors and warnings of a section, where they happened. */
export function Notices({ section }: { section: SectionId }) {
  const notices = useSel((s) => s.ui.notices);
  return notices.filter((n) => n.section === section).map((n) => <NoticeBox key={n.id} notice={n} />);
}

export function NoticeBox({ notice: n }: { notice: Notice }) {
  const studio = useStudio();
  const t = texts().common.notice;
  return (
    <div
      className={`notice notice-${n.kind}`}
      role={n.kind === 'error' ? 'alert' : undefined}
      aria-live={n.kind === 'error' ? undefined : 'polite'}
      data-testid={n.kind === 'error' ? 'error-alert' : undefined}
      data-error={n.info.name}
    >
      <div>
        <p className="notice-message">
          <Phrase
            of={t.text}
            head={<strong>{n.info.line === undefined ? t[n.kind] : t.inLine[n.kind](n.info.line)}</strong>}
            message={say(n.info)}
          />
        </p>
        <Hint of={n.info} />
        {n.info.details && <CopyDetails text={n.info.details} />}
      </div>
      <button type="button" className="quiet" onClick={() => studio.dismiss(n.id)} aria-label={t.dismiss}>
        ✕
      </button>
    </div>
  );
}

/** What to do about it, where something is known. */
function Hint({ of }: { of: Message }) {
  const { hint } = sayError(of);
  return hint && <p>{hint}</p>;
}

/** Where copying is forbidden the text can be selected. */
function CopyDetails({ text }: { text: string }) {
  const t = texts().common.notice;
  return (
    <>
      <details>
        <summary>{t.details}</summary>
        <pre>{text}</pre>
      </details>
      <CopyButton text={text} label={t.copyDetails} done={t.copied} testId="copy-details" />
    </>
  );
}

/** Copies a text that stands beside it: where the browser forbids that, it can be selected there. */
export function CopyButton({
  text,
  label,
  done,
  testId,
}: {
  text: string;
  label: string;
  /** What it says afterwards. */
  done: string;
  testId: string;
}) {
  const [copied, setCopied] = useState<string | null>(null);
  return (
    <button
      type="button"
      className="quiet"
      data-testid={testId}
      onClick={() =>
        void navigator.clipboard.writeText(text).then(
          () => setCopied(text),
          () => setCopied(null),
        )
      }
    >
      {copied === text ? done : label}
    </button>
  );
}

/** A view, or a sheet over one: in sight while the address names it, and as it was left when one comes back. */
export function SectionFrame({
  id,
  title,
  lead,
  children,
}: {
  id: SectionId;
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}) {
  const place = PLACE_OF[id];
  const shown = useSel((s) => mainPlace(s.ui.route.place) === place);
  const under = useSel((s) => s.ui.route.under);
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className={isView(place) ? 'section' : 'section sheet'}
      data-route={PLACES[place]}
      hidden={!shown}
    >
      <header className="section-head">
        <div>
          <h2 id={`${id}-title`} tabIndex={-1}>
            {title}
          </h2>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {!isView(place) && (
          <a className="button primary" href={hashOf({ place: under, tab: 'source' })} data-testid={`${id}-done`}>
            {texts().frame.done}
          </a>
        )}
      </header>
      <Notices section={id} />
      {children}
    </section>
  );
}

/** A wide or long table in a frame of its own, or what else scrolls by itself. */
export function Scroll({ label, look = 'scroll', children }: { label: string; look?: string; children: ReactNode }) {
  return (
    // A frame that scrolls must be reachable by keyboard. A group, not a region: there are too many for landmarks.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/prefer-tag-over-role
    <div className={look} role="group" tabIndex={0} aria-label={label}>
      {children}
    </div>
  );
}

/**
 * Puts off drawing `children` to a moment of its own, so that no single task draws the whole page; `room` is kept for
 * them.
 */
export function Later({ room, children }: { room?: Room; children: ReactNode }) {
  return useDeferredValue(true, false) ? children : room ? <Skeleton room={room} /> : null;
}

/** What a skeleton stands in for: its size is in styles/states.css. */
export type Room = 'curves' | 'chart' | 'panel' | 'table' | 'line';

/** Keeps the place of what is on its way. It does not move: an animation would take time from the GPU that trains. */
export function Skeleton({ room }: { room: Room }) {
  return <div className={`skeleton skeleton-${room}`} aria-hidden="true" />;
}

/** A section or a frame that has nothing yet: what will be here, and what it takes. */
export function Empty({ children, testId }: { children: ReactNode; testId?: string }) {
  return (
    <p className="empty" data-testid={testId}>
      {children}
    </p>
  );
}

/**
 * Whether the table behind a picture is drawn: while a run moves only where it is open; a `lazy` one is there only
 * then.
 */
export function useTableShown(open: boolean, lazy: boolean): boolean {
  const moving = useSel(
    (s) => s.runs.phase === 'compiling' || s.runs.phase === 'training' || s.runs.phase === 'evaluating',
  );
  return useDeferredValue(open || (!lazy && !moving), false);
}

/** A table that can be unfolded; see `useTableShown`. */
export function TableBehind({
  summary,
  lazy = false,
  children,
}: {
  summary: string;
  lazy?: boolean;
  children: () => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const show = useTableShown(open, lazy);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{summary}</summary>
      {show && children()}
    </details>
  );
}

/** Two or three choices in one frame, one of them pressed. */
export function Segmented<T extends string>({
  label,
  value,
  onChange,
  options,
}: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string }[];
}) {
  return (
    <fieldset className="segmented">
      <legend className="sr-only">{label}</legend>
      {options.map((o) => (
        <button key={o.value} type="button" aria-pressed={value === o.value} onClick={() => onChange(o.value)}>
          {o.label}
        </button>
      ))}
    </fieldset>
  );
}

/** A bar with its number beside it; `total` null means that the length is not known. */
export function ProgressLine({
  label,
  loaded,
  total,
  unit,
}: {
  label: Message | string;
  loaded: number;
  total: number | null;
  unit?: (n: number) => string;
}) {
  const show = unit ?? ((n: number) => String(n));
  return (
    <div className="progress-line">
      <span>{say(label)}</span>
      <progress value={total ? loaded : undefined} max={total ?? undefined} aria-label={say(label)} />
      <span className="num">
        {total ? texts().common.of(show(loaded), show(total)) : loaded > 0 ? show(loaded) : ''}
      </span>
    </div>
  );
}

/** The mark of a run: its colour and its dash, the same in every chart and table. */
export function RunMark({ index }: { index: number }) {
  return <span className={`run-mark run-${Math.min(index, 9)}`} aria-hidden="true" />;
}
