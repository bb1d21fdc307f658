/** One prompt for all that are compared, their answers, and word by word what differs. */
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { texts } from '../../shared/texts';
import { type DiffPart, type WordDiff, diffWords } from '../../shared/wordDiff';
import type { Contender } from '../../store/compare/contenders';
import { type Answer, isLive } from '../../store/slices';
import { Check, NumberField, RunMark, TextField } from '../bits';
import { FileButton } from '../FileButton';
import { tokenText } from '../format';
import { Phrase } from '../Phrase';
import { useSel, useStudio, useTexts } from '../studioContext';
import { tellsClassesIn } from '../useTellsClasses';
import { Batch } from './Batch';
import type { Compared } from './useContenders';
import { WrittenAnswers } from './WrittenAnswers';

export function Answers({ shown, reference }: Compared) {
  return (
    <>
      <Prompt shown={shown} />
      <div className="stack answered">
        <Cards shown={shown} reference={reference} />
        <Batch shown={shown} />
        <WrittenAnswers shown={shown} />
      </div>
    </>
  );
}

function templateHelp(shown: readonly Contender[]) {
  const t = texts().compare.answers;
  const templates = [
    ...new Set(
      shown.map(
        ({
          prompt: {
            template: { chat, prompt },
          },
        }) => (chat ? chat.source : prompt),
      ),
    ),
  ];
  if (templates.length > 1) return t.eachTemplate;
  if (shown.some((c) => c.prompt.template.chat)) return t.chatTemplate;
  return templates[0] ? (
    <Phrase of={t.template} template={<code className="pre">{tokenText(templates[0])}</code>} />
  ) : (
    t.noTemplate
  );
}

function Prompt({ shown }: { shown: Contender[] }) {
  const t = texts().compare.answers;
  const studio = useStudio();
  const samples = useSel((s) => s.dataset.samples);
  const origin = useSel((s) => s.dataset.origin);
  const sampling = useSel((s) => s.runs.sampling);
  const writing = useSel((s) => s.compare.writing);
  const ready = useSel((s) => s.model.status === 'ready');
  const [text, setText] = useState('');
  const prompts = origin?.kind === 'sample' ? (samples.find((s) => s.id === origin.id)?.prompts ?? []) : [];
  const set = studio.comparing;
  useFirstPrompt(shown, prompts[0] ?? null, text === '' ? setText : null);
  return (
    <form
      className="stack tight"
      onSubmit={(e) => {
        e.preventDefault();
        void set.answer(text);
      }}
    >
      {prompts.length > 0 && (
        <div className="row suggestions">
          <span className="muted">{t.toTry}</span>
          {prompts.map((p) => (
            <button key={p} type="button" className="suggestion" onClick={() => setText(p)}>
              {p}
            </button>
          ))}
        </div>
      )}
      <TextField
        label={t.prompt}
        value={text}
        onChange={setText}
        rows={2}
        testId="compare-prompt"
        help={
          <>
            {templateHelp(shown)} {texts().compare.lead}
          </>
        }
      />
      <details>
        <summary>{t.sampling}</summary>
        <div className="fields">
          <NumberField
            label={t.seed}
            value={sampling.seed}
            onChange={(seed) => set.setSampling({ seed })}
            min={0}
            help={t.seedHelp}
          />
          <NumberField
            label={t.maxNewTokens}
            value={sampling.maxNewTokens}
            onChange={(maxNewTokens) => set.setSampling({ maxNewTokens })}
            min={1}
          />
          <NumberField
            label={t.temperature}
            value={sampling.temperature}
            onChange={(temperature) => set.setSampling({ temperature })}
            min={0}
            help={t.temperatureHelp}
          />
          <NumberField
            label={t.topP}
            value={sampling.topP}
            onChange={(topP) => set.setSampling({ topP })}
            min={0}
            max={1}
            help={t.topPHelp}
          />
        </div>
      </details>
      <div className="row">
        <button
          type="submit"
          className="primary"
          data-testid="compare-run"
          disabled={!ready || writing !== null || text.trim() === ''}
        >
          {writing === 'answers' ? t.writing : t.ask}
        </button>
        <button type="button" disabled={writing !== 'answers' && writing !== 'batch'} onClick={() => void set.cancel()}>
          {t.cancel}
        </button>
        <FileButton
          label={t.fromFile}
          fileLabel={t.file}
          accept=".txt,.json,.jsonl,text/plain,application/json"
          disabled={!ready || writing !== null}
          title={t.fileHelp}
          testId="prompts-file"
          onFiles={([file]) => void set.answerFile(file)}
        />
      </div>
    </form>
  );
}

/**
 * Fills in a prompt of the data and has it answered, once a session, for whoever comes to the answers and finds none.
 * @param fill null where a person has typed already
 */
function useFirstPrompt(shown: readonly Contender[], own: string | null, fill: ((text: string) => void) | null): void {
  const { comparing } = useStudio();
  const here = useSel(({ ui: { route } }) => route.place === 'compare' && route.tab === 'answers');
  const startedAt = useSel((s) => s.runs.session?.startedAt ?? null);
  const idle = useSel(
    (s) =>
      s.model.status === 'ready' &&
      !tellsClassesIn(s, 'session') &&
      !isLive(s.runs.phase) &&
      s.experiments.running === null &&
      !s.dataset.preparing,
  );
  const unanswered = useSel((s) => s.compare.writing === null && Object.keys(s.runs.answers).length === 0);
  const done = useRef<number | null>(null);
  const now = useRef(fill);
  useEffect(() => {
    now.current = fill;
  }, [fill]);
  const trained = shown.some((c) => c.kind === 'run' && c.voice.kind !== 'none');
  const due = here && idle && unanswered && trained && startedAt !== null && fill !== null;
  useEffect(() => {
    if (!due || done.current === startedAt) return;
    done.current = startedAt;
    void (async () => {
      const text = own ?? (await comparing.suggestion());
      // What a person has typed meanwhile is theirs.
      if (!text || !now.current) return;
      now.current(text);
      await comparing.answer(text);
    })();
  }, [due, startedAt, own, comparing]);
}

function Cards({ shown, reference }: Pick<Compared, 'shown' | 'reference'>) {
  const t = texts().compare.answers;
  const answers = useSel((s) => s.runs.answers);
  const [marked, setMarked] = useState(true);
  const said = (c: Contender | null): Answer | undefined =>
    c?.voice.kind === 'ready' ? answers[c.voice.runId] : undefined;
  const cards = shown.filter((c) => said(c));
  if (cards.length === 0) return null;
  const against = said(reference);
  return (
    <div className="stack tight">
      {cards.length > 1 && against && (
        <div className="row">
          <Check checked={marked} onChange={setMarked}>
            {t.showDiff(reference!.name)}
          </Check>
          {marked && (
            <span className="legend" aria-hidden="true">
              <ins className="put-in">{t.added}</ins>
              <del className="left-out">{t.removed}</del>
            </span>
          )}
        </div>
      )}
      <div className="answers" aria-live="off">
        {cards.map((c) => (
          <Card
            key={c.key}
            contender={c}
            answer={said(c)!}
            against={c === reference ? null : (against ?? null)}
            marked={marked}
            referenceName={reference?.name ?? ''}
          />
        ))}
      </div>
    </div>
  );
}

interface CardProps {
  contender: Contender;
  answer: Answer;
  /** The reference's answer; null for the reference itself. */
  against: Answer | null;
  marked: boolean;
  referenceName: string;
}

const Card = memo(function Card({ contender, answer, against, marked, referenceName }: CardProps) {
  const t = useTexts().compare.answers;
  const { key, name, index } = contender;
  const whole = answer.done && against !== null && against.done;
  const diff = useMemo(() => (whole ? diffWords(against.text, answer.text) : null), [whole, against, answer]);
  return (
    <article className="panel answer">
      <h3>
        <RunMark index={index} />
        {name}
      </h3>
      <p className="answer-text" data-testid={`answer-${key}`} data-done={answer.done}>
        {diff && marked && alike(diff.words) ? <Marked parts={diff.parts} /> : answer.text}
        {!answer.done && <span className="caret" aria-hidden="true" />}
      </p>
      <p className="help answer-note" data-testid={`diff-${key}`}>
        {diff &&
          (diff.words.added + diff.words.removed === 0
            ? t.same(referenceName)
            : t.differs(referenceName, diff.words.same, diff.words.added, diff.words.removed))}
        {!diff && answer.done && answer.text === '' && t.emptyAnswer}
      </p>
    </article>
  );
});

/** Whether two answers have enough in common for a diff to say more than it hides. */
const alike = ({ same, added, removed }: WordDiff['words']) => same >= Math.min(added, removed);

/** A text with what was put in and what was left out; both by shape and by colour. */
function Marked({ parts }: { parts: readonly DiffPart[] }) {
  return parts.map((p, i) => {
    if (p.kind === 'same') return <span key={i}>{p.text}</span>;
    return p.kind === 'added' ? (
      <ins key={i} className="put-in">
        {p.text}
      </ins>
    ) : (
      <del key={i} className="left-out">
        {p.text}
      </del>
    );
  });
}
