/**
 * Fields that only Configure needs: shares as percentages, values that may be left to the program, groups that count
 * their changes.
 */
import { type ReactNode, useId } from 'react';
import type { Problem } from '../../shared/config';
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { toPercent } from '../../shared/texts/settingWords';
import { Check, NumberField } from '../bits';
import { useSel, useStudio } from '../studioContext';

/** What is wrong with the field at `path`, in words that follow its name; null where it is right. */
export function useProblem(path: string): string | null {
  return said(useSel((s) => s.runs.problems.find((p) => p.path === path)));
}

/** The problem of each field below a path: `at('keep')` of `useProblems('runs.0.gate')`. */
export function useProblems(prefix: string): (field: string) => string | null {
  const problems = useSel((s) => s.runs.problems);
  return (field) => problemAt(problems, `${prefix}.${field}`);
}

const problemAt = (problems: readonly Problem[], path: string) =>
  said(problems.find((p) => p.path === path || p.path.startsWith(`${path}.`)));

const said = (problem: Problem | undefined): string | null => (problem ? say(problem.message) : null);

/** Whether the model says how long its sequences are: all pictures have as many patches. */
export const useGivenLength = (): boolean =>
  useSel((s) => s.model.info !== null && s.model.info.config.embedding.patches !== null);

interface NumberProps {
  /** With its unit. */
  label: string;
  hint?: string;
  help?: ReactNode;
  problem?: string | null;
  value: number;
  initial?: number;
  onChange: (value: number) => void;
}

/** A share from 0 to 1, typed in percent. */
export function PercentField({
  label,
  value,
  initial,
  onChange,
  problem,
  min,
  max,
  help,
  hint,
}: NumberProps & { min: number; max: number }) {
  const t = texts().configure;
  const shown = toPercent(value);
  // The schema speaks of shares.
  const words = problem && !(shown >= min && shown <= max) ? t.between(min, max) : problem;
  return (
    <NumberField
      label={label}
      hint={hint}
      value={shown}
      initial={initial === undefined ? undefined : toPercent(initial)}
      min={min}
      max={max}
      onChange={(v) => onChange(v / 100)}
      problem={words}
      help={help}
    />
  );
}

/** A yes or no with its help, marked where it is not the default. */
export function CheckField({
  label,
  help,
  checked,
  initial,
  onChange,
  disabled,
  problem,
}: {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  initial: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
  problem?: string | null;
}) {
  return (
    <div className="field">
      <Check checked={checked} onChange={onChange} disabled={disabled}>
        {label}
        {checked !== initial && <span className="changed"> {texts().configure.changed}</span>}
      </Check>
      {problem ? <p className="field-problem">{problem}</p> : help && <p className="help">{help}</p>}
    </div>
  );
}

/**
 * A number that may be left out: a box to tick, and the number where it counts. The tick stands for the number where
 * `off` is null, and for the program's choice where it is 'auto'.
 */
export function OptionalNumber<Off extends null | 'auto'>({
  off,
  value,
  initial,
  start,
  onChange,
  tick,
  label,
  help,
  hint,
  percent,
  problem,
}: {
  off: Off;
  value: number | Off;
  initial: number | Off;
  /** What the number starts at. */
  start: number;
  onChange: (value: number | Off) => void;
  tick: string;
  label: string;
  hint?: string;
  help: ReactNode;
  percent?: readonly [min: number, max: number];
  problem: string | null;
}) {
  const set = value !== off;
  const ticksNumber = off === null;
  const Field = { label, help, hint, problem, value: value as number, onChange };
  return (
    <div className="stack tight optional">
      <CheckField
        label={tick}
        checked={set === ticksNumber}
        initial={(initial !== off) === ticksNumber}
        onChange={(on) => onChange(on === ticksNumber ? start : off)}
        help={set ? undefined : help}
      />
      {set && (percent ? <PercentField {...Field} min={percent[0]} max={percent[1]} /> : <NumberField {...Field} />)}
    </div>
  );
}

/** Share of the train split that one click sets aside as the dev split. */
export const DEV_SHARE = 0.1;

/** The button that sets a dev split aside, in words that fit the sentence around it. */
export function SetDev({ children }: { children: ReactNode }) {
  const { configure } = useStudio();
  return (
    <button type="button" className="quiet small" onClick={() => configure.setTrain({ devShare: DEV_SHARE })}>
      {children}
    </button>
  );
}

/** "3 changed" and the way back, beside the name of what they belong to. */
export function Changed({
  of,
  count,
  onReset,
  testId,
}: {
  of: string;
  count: number;
  onReset: () => void;
  testId?: string;
}) {
  const t = texts().configure;
  return (
    <span className="group-changed" data-testid={testId} data-changed={count}>
      {count > 0 && (
        <>
          <span className="changed num">{t.countChanged(count)}</span>
          <button type="button" className="quiet small" onClick={onReset} aria-label={t.resetOf(of)}>
            {t.reset}
          </button>
        </>
      )}
    </span>
  );
}

/** A named group of fields. */
export function Group({
  title,
  changed,
  onReset,
  testId,
  children,
}: {
  title: string;
  changed: number;
  onReset: () => void;
  testId?: string;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="stack" aria-labelledby={id}>
      <div className="row group-head">
        <h3 id={id}>{title}</h3>
        <Changed of={title} count={changed} onReset={onReset} testId={testId} />
      </div>
      {children}
    </section>
  );
}

/**
 * What is rarely needed, closed until it is; with a mistake inside it opens by itself. `paths`: of the fields inside.
 */
export function More({
  summary,
  paths,
  changed,
  children,
}: {
  summary: string;
  paths: readonly string[];
  changed: number;
  children: ReactNode;
}) {
  const wrong = useSel((s) =>
    s.runs.problems.some((p) => paths.some((path) => p.path === path || p.path.startsWith(`${path}.`))),
  );
  return (
    <details open={wrong || undefined}>
      <summary>
        {summary}
        {changed > 0 && <span className="changed num"> {texts().configure.countChanged(changed)}</span>}
      </summary>
      {children}
    </details>
  );
}
