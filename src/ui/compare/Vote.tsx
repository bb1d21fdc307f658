/** Two models answer, and a person says which answer is better without knowing whose it is. */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import type { Contender } from '../../store/compare/contenders';
import { type Ballot, type Choice, tally } from '../../store/compare/vote';
import { RunMark, SelectField, Segmented, TextField } from '../bits';
import { tokenText } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import type { Compared } from './useContenders';
import { outcome } from './words';

export function Vote({ all, shown }: Pick<Compared, 'all' | 'shown'>) {
  const ballot = useSel((s) => s.compare.ballot);
  return (
    <div className="panel stack" data-testid="vote">
      <h3>{texts().compare.vote.title}</h3>
      {ballot ? <Voting ballot={ballot} all={all} /> : <Begin shown={shown} />}
    </div>
  );
}

function Begin({ shown }: { shown: Contender[] }) {
  const t = texts().compare.vote;
  const studio = useStudio();
  const writing = useSel((s) => s.compare.writing !== null);
  const ready = useSel((s) => s.model.status === 'ready');
  const data = useSel((s) => names.data(s.dataset.origin, s.dataset.samples));
  const validation = useSel((s) => s.dataset.report?.validation ?? 0);
  const [source, setSource] = useState<'validation' | 'own'>('validation');
  const [text, setText] = useState('');
  const [wanted, setWanted] = useState<[string, string]>(['', '']);
  const able = shown.filter((c) => c.voice.kind !== 'none');
  if (able.length < 2) return <p className="muted">{t.needsTwo}</p>;
  // Runs are what most people want to hold against each other; the base is there for who has one run only.
  const order = [...able].sort((p, q) => Number(p.kind === 'base') - Number(q.kind === 'base'));
  const first = able.find((c) => c.key === wanted[0]) ?? order[0];
  const second = able.find((c) => c.key === wanted[1] && c !== first) ?? order.find((c) => c !== first)!;
  const own = text.split('\n').filter((line) => line.trim() !== '');
  const empty = source === 'own' ? own.length === 0 : validation === 0;
  const options = (not: Contender | null) =>
    able.filter((c) => c !== not).map((c) => ({ value: c.key, label: c.name }));
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        void studio.comparing.beginVote(first, second, source === 'own' ? own : null);
      }}
    >
      <p className="help">{t.help}</p>
      <div className="fields wide-fields">
        <SelectField
          label={t.one}
          value={first.key}
          onChange={(key) => setWanted([key, second.key])}
          options={options(null)}
        />
        <SelectField
          label={t.other}
          value={second.key}
          onChange={(key) => setWanted([first.key, key])}
          options={options(first)}
        />
      </div>
      <div className="row">
        <Segmented
          label={t.prompts}
          value={source}
          onChange={setSource}
          options={[
            { value: 'validation', label: t.validation },
            { value: 'own', label: t.own },
          ]}
        />
        {source === 'validation' && (
          <span className="help">{validation === 0 ? t.noValidation : t.validationOf(validation, data)}</span>
        )}
      </div>
      {source === 'own' && <TextField label={t.lines} value={text} onChange={setText} rows={3} testId="vote-prompts" />}
      <div className="row">
        <button type="submit" className="primary" disabled={!ready || writing || empty} data-testid="vote-start">
          {t.start}
        </button>
      </div>
    </form>
  );
}

const KEYS: Record<string, Choice> = { 1: 1, 2: 2, 0: 0 };

function Voting({ ballot, all }: { ballot: Ballot; all: Contender[] }) {
  const t = texts().compare.vote;
  const studio = useStudio();
  const writing = useSel((s) => s.compare.writing);
  const round = useSel((s) => s.compare.round);
  const note = useSel((s) => s.compare.voteNote);
  const ready = useSel((s) => s.model.status === 'ready');
  const box = useRef<HTMLFieldSetElement>(null);
  const id = useId();
  const counts = tally(ballot);
  const here = (side: 'x' | 'y') => all.find((c) => c.identity === ballot[side].identity);
  // What it is called now: it may have been renamed since, or the language changed.
  const called = ballot.revealed
    ? { x: here('x')?.name ?? ballot.x.name, y: here('y')?.name ?? ballot.y.name }
    : { x: 'X', y: 'Y' };
  const asked = writing === 'vote';
  // The buttons that were pressed are gone or disabled meanwhile; keys must go on working. Focus that is elsewhere is
  // left alone.
  useEffect(() => {
    if (!round && !asked) return;
    const focus = document.activeElement;
    if (focus === null || focus === document.body || box.current?.contains(focus))
      box.current?.focus({ preventScroll: true });
  }, [round, asked]);
  const choose = (choice: Choice) => {
    if (round && writing === null) void studio.comparing.vote(choice);
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    event.preventDefault();
    choose(KEYS[event.key]);
  };
  const button = (choice: Choice, label: string) => (
    <button
      type="button"
      disabled={!round || writing !== null}
      onClick={() => choose(choice)}
      aria-keyshortcuts={String(choice)}
      data-testid={`vote-${choice}`}
    >
      <kbd>{choice}</kbd> {label}
    </button>
  );
  const side = (which: 'x' | 'y', n: number) => {
    const index = here(which)?.index;
    return (
      <div key={which}>
        <dt>
          {ballot.revealed && index !== undefined && <RunMark index={index} />}
          {called[which]}
        </dt>
        <dd className="num" data-testid={`tally-${which}`}>
          {n}
        </dd>
      </div>
    );
  };
  return (
    <>
      {/* Keys count only while the focus is in here. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <fieldset
        ref={box}
        aria-describedby={`${id}-keys`}
        tabIndex={-1}
        className="stack tight vote-round"
        onKeyDown={key}
        data-testid="vote-round"
        data-waiting={round !== null && writing === null}
      >
        <legend>{t.round(ballot.rounds.length + 1)}</legend>
        <p className="vote-prompt" aria-live="polite">
          {round ? (
            <Phrase of={t.prompt} prompt={<span className="pre">{tokenText(round.prompt)}</span>} />
          ) : asked ? (
            t.writing
          ) : note ? (
            say(note)
          ) : (
            t.noRound
          )}
        </p>
        <div className="answers">
          {([0, 1] as const).map((i) => (
            <article key={i} className="panel answer">
              <h4>{t.answer(i + 1)}</h4>
              <p className="answer-text" data-testid={`vote-answer-${i + 1}`}>
                {round ? round.answers[i] || <span className="muted">{t.emptyAnswer}</span> : '\u00a0'}
              </p>
            </article>
          ))}
        </div>
        <div className="row">
          {button(1, t.better(1))}
          {button(2, t.better(2))}
          {button(0, t.tie)}
          <span className="help" id={`${id}-keys`}>
            {t.keys}
          </span>
        </div>
      </fieldset>
      <div className="stack tight" aria-live="polite" data-testid="tally" data-votes={ballot.rounds.length}>
        <dl className="tally">
          {side('x', counts.x)}
          {side('y', counts.y)}
          <div>
            <dt>{t.ties}</dt>
            <dd className="num">{counts.ties}</dd>
          </div>
          {counts.same > 0 && (
            <div>
              <dt>{t.same}</dt>
              <dd className="num">{counts.same}</dd>
            </div>
          )}
        </dl>
        {counts.share && (
          <ShareBar
            share={counts.share.share}
            low={counts.share.low}
            high={counts.share.high}
            left={called.y}
            right={called.x}
          />
        )}
        <p data-testid="vote-outcome">{outcome(counts, called)}</p>
      </div>
      <div className="row">
        <button
          type="button"
          aria-pressed={ballot.revealed}
          disabled={ballot.rounds.length === 0}
          onClick={() => studio.comparing.setRevealed(!ballot.revealed)}
          data-testid="vote-reveal"
        >
          {ballot.revealed ? t.hide : t.show}
        </button>
        {!round && !asked && (
          <button
            type="button"
            disabled={!ready || writing !== null}
            onClick={() => void studio.comparing.nextRound()}
            data-testid="vote-next"
          >
            {t.next}
          </button>
        )}
        {asked && (
          <button type="button" onClick={() => void studio.comparing.cancel()}>
            {t.cancel}
          </button>
        )}
        <button type="button" className="quiet" onClick={() => studio.comparing.resetVote()} data-testid="vote-reset">
          {t.reset}
        </button>
      </div>
    </>
  );
}

const WIDTH = 320;

/**
 * X's share of the votes that chose, with its interval, on a line from all for Y to all for X. The sentence below says
 * the same.
 */
function ShareBar({
  share,
  low,
  high,
  left,
  right,
}: {
  share: number;
  low: number;
  high: number;
  left: string;
  right: string;
}) {
  const t = texts().compare.vote;
  const x = (v: number) => 8 + v * (WIDTH - 16);
  return (
    <div className="share-line" aria-hidden="true">
      <span>{t.allFor(left)}</span>
      <svg viewBox={`0 0 ${WIDTH} 24`} width={WIDTH} height={24}>
        <line className="chart-grid" x1={x(0)} x2={x(1)} y1={12} y2={12} />
        <line className="chart-level" x1={x(0.5)} x2={x(0.5)} y1={2} y2={22} />
        <line className="share-range" x1={x(low)} x2={x(high)} y1={12} y2={12} />
        <circle className="share-dot" cx={x(share)} cy={12} r={5} />
      </svg>
      <span>{t.allFor(right)}</span>
    </div>
  );
}
