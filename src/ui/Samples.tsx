/**
 * What every run writes on from the same prompts, at each evaluation, in order of time; and which prompts those are.
 */
import { useState } from 'react';
import { texts } from '../shared/texts';
import type { Sample } from '../store/metricLog';
import { MAX_SAMPLE_PROMPTS, type SessionView } from '../store/slices';
import { RunMark, SelectField, TextField } from './bits';
import { tokenText } from './format';
import { Menu } from './frame/Menu';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

interface Row {
  step: number;
  answers: { id: string; name: string; index: number; text: string }[];
}

/** Samples of all runs for one prompt, latest first. */
function rowsFor(prompt: string, runs: { id: string; name: string; index: number; samples: Sample[] }[]): Row[] {
  const steps = [...new Set(runs.flatMap((r) => r.samples.filter((s) => s.prompt === prompt).map((s) => s.step)))].sort(
    (a, b) => b - a,
  );
  return steps.map((step) => ({
    step,
    answers: runs.flatMap(({ id, name, index, samples }) => {
      const sample = samples.findLast((s) => s.prompt === prompt && s.step === step);
      return sample ? [{ id, name, index, text: sample.text }] : [];
    }),
  }));
}

/** @param fixed the prompts cannot be changed: the session is played back */
export function Samples({ session, fixed = false }: { session: SessionView; fixed?: boolean }) {
  const t = texts().train.samples;
  useSel((s) => s.runs.version);
  const [chosen, setChosen] = useState(0);
  const { config, metricLogs } = session;
  const runs = [
    { id: 'base', name: texts().compare.name.base, index: 0 },
    ...config.runs.map((r, i) => ({ id: r.id, name: r.name, index: i + 1 })),
  ].map((r) => ({ ...r, samples: metricLogs.get(r.id)?.samples ?? [] }));
  const prompts = [...new Map(runs.flatMap((r) => r.samples.map((s) => [s.prompt, s]))).values()];
  const shown = prompts[Math.min(chosen, prompts.length - 1)];
  return (
    <div className="panel stack" data-testid="samples">
      <div className="chart-head">
        <h3>{t.title}</h3>
        <span className="spacer" />
        {!fixed && (
          <Menu label={t.prompt}>
            <Prompts />
          </Menu>
        )}
      </div>
      {!shown && <p className="muted">{t.empty}</p>}
      {prompts.length > 1 && (
        <SelectField
          label={t.prompt}
          value={String(prompts.indexOf(shown))}
          onChange={(i) => setChosen(Number(i))}
          options={prompts.map((p, i) => ({ value: String(i), label: p.prompt.slice(-60) }))}
        />
      )}
      {shown && (
        <>
          <p className="help">
            <Phrase
              of={shown.expected === null ? t.after : t.afterExample}
              prompt={<code className="pre">{tokenText(shown.prompt)}</code>}
              expected={<code className="pre">{tokenText(shown.expected ?? '')}</code>}
            />
          </p>
          {/* What scrolls must be reachable by keyboard. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <ol className="samples" aria-label={t.list} tabIndex={0}>
            {rowsFor(shown.prompt, runs).map(({ step, answers }) => (
              <li key={step}>
                <dl className="sample" data-testid={`sample-at-${step}`}>
                  <dt className="sample-step num">{step === 0 ? t.before : t.step(step)}</dt>
                  {answers.map((a) => [
                    <dt key={`${a.id}-t`}>
                      <RunMark index={a.index} />
                      {a.name}
                    </dt>,
                    <dd key={a.id} data-testid={`sampled-${a.id}-${step}`}>
                      {a.text === '' ? <span className="muted">{t.emptyAnswer}</span> : a.text}
                    </dd>,
                  ])}
                </dl>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

/** The prompts: one of the data, or lines of the user's own. */
function Prompts() {
  const t = texts().train.samples;
  const studio = useStudio();
  const prompts = useSel((s) => s.runs.samplePrompts);
  const [text, setText] = useState(prompts?.join('\n') ?? '');
  const lines = text.split('\n').filter((l) => l.trim() !== '');
  const many = lines.length > MAX_SAMPLE_PROMPTS;
  return (
    <>
      <p className="help">{prompts === null ? t.fromData : prompts.length === 0 ? t.none : t.own(prompts.length)}</p>
      <form
        className="stack tight"
        onSubmit={(e) => {
          e.preventDefault();
          void studio.training.setSamplePrompts(lines);
        }}
      >
        <TextField
          label={t.lines}
          value={text}
          onChange={setText}
          rows={3}
          testId="sample-prompts"
          problem={many ? t.atMost(MAX_SAMPLE_PROMPTS) : null}
          help={t.help}
        />
        <div className="row">
          <button type="submit" disabled={many || lines.length === 0} data-testid="sample-use">
            {t.use}
          </button>
          <button type="button" disabled={prompts === null} onClick={() => void studio.training.setSamplePrompts(null)}>
            {t.useData}
          </button>
          <button
            type="button"
            disabled={prompts?.length === 0}
            onClick={() => void studio.training.setSamplePrompts([])}
          >
            {t.useNone}
          </button>
        </div>
      </form>
    </>
  );
}
