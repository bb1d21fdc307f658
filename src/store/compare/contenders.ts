/**
 * Everything that Compare can hold side by side: the base, the runs of the session on the page, saved sessions that
 * were added, adapters that came as files. A plain function of the state.
 */
import { drawsTokens } from '../../shared/config';
import type { Classified } from '../../shared/classification';
import type { Mapping, PromptTemplate } from '../../shared/data';
import { type Message, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import type { ModelSource, RunId } from '../../train/protocol';
import { type ComparableRun, runsOfSaved, sessionRuns } from '../comparable';
import { type Curve, evalCurve } from '../curves';
import type { MetricLog } from '../metricLog';
import type { AddedRun, State } from '../slices';
import { carriedPrompt } from '../template';

/**
 * Losses compare only where model and validation text are the same: then the base model has the same loss on as many
 * tokens.
 */
export interface BaseMeasures {
  model: string;
  base: number;
  examples: number;
  supervised: number;
}

/** Whether it can answer: at once, once its adapter is loaded, or not, and then why. */
type Voice =
  | { kind: 'ready'; runId: RunId }
  | { kind: 'load'; id: string; runId: RunId }
  | { kind: 'none'; why: Message };

export interface Contender {
  /** Among those of the page: 'base', a run of the session, `<saved session>/<run>`, an imported adapter. */
  key: string;
  /** The same for a run of the session, for its kept copy, and after a reload. */
  identity: string;
  kind: 'base' | 'run' | 'imported';
  /** Unlike any other's. */
  name: string;
  /** Of its colour: 0 is a base, 1 to 8 are runs. */
  index: number;
  /** Place among those that are no bases, from 0; looks repeat every eight. */
  place: number;
  /** Null for a base and for an adapter without its metricLog. */
  run: ComparableRun | null;
  /** Validation loss over steps; null where nothing is known. */
  validation: Curve | null;
  /** How its validation loss was measured; null before it was. */
  measured: BaseMeasures | null;
  /** What it made of the labelled validation examples; null without labels. */
  classified: Classified | null;
  prompt: { mapping: Mapping | null; template: PromptTemplate };
  voice: Voice;
}

const sameModel = (a: ModelSource | null, b: ModelSource): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Relative difference of base losses that two GPUs may have on the same text. */
const SAME = 1e-4;

export function comparable(a: BaseMeasures | null, b: BaseMeasures | null): boolean {
  return (
    a !== null &&
    b !== null &&
    a.model === b.model &&
    a.examples === b.examples &&
    a.supervised === b.supervised &&
    Math.abs(a.base - b.base) <= SAME * Math.abs(b.base)
  );
}

function measuredOf({ final, model }: ComparableRun): BaseMeasures | null {
  const { base, examples, supervised } = final;
  return base === null || examples === null || supervised === null
    ? null
    : { model: model.id, base, examples, supervised };
}

function measuredBase(metricLog: MetricLog | null | undefined, model: ModelSource | null): BaseMeasures | null {
  const last = metricLog?.evals.at(-1);
  return last && model
    ? { model: model.id, base: last.loss, examples: last.examples, supervised: last.supervised }
    : null;
}

function sessionVoice(s: State, run: ComparableRun): Voice {
  if (s.runs.session?.gone?.has(run.runId)) return { kind: 'none', why: goneReason(run) };
  if (s.model.status !== 'ready') return { kind: 'none', why: message('store.compare.why.noModel') };
  return run.final.steps > 0
    ? { kind: 'ready', runId: run.runId }
    : { kind: 'none', why: message('store.compare.why.noStep') };
}

const goneReason = ({ config }: ComparableRun): Message =>
  message(drawsTokens(config) ? 'store.compare.why.drawn' : 'store.compare.why.notKept');

function keptVoice({ model }: State, { record, adapters, loaded, refused }: AddedRun, run: ComparableRun): Voice {
  if (!adapters.has(run.runId)) return { kind: 'none', why: goneReason(run) };
  if (model.status !== 'ready')
    return { kind: 'none', why: message('store.compare.why.onceOpen', { model: run.model.id }) };
  if (!sameModel(model.source, run.model))
    return {
      kind: 'none',
      why: message('store.compare.why.trainedOn', { model: run.model.id, open: model.source?.id ?? null }),
    };
  if (Object.hasOwn(refused, run.runId)) return { kind: 'none', why: refused[run.runId] };
  return Object.hasOwn(loaded, run.runId)
    ? { kind: 'ready', runId: loaded[run.runId] }
    : { kind: 'load', id: record.id, runId: run.runId };
}

/** All of them, in the order in which they are listed. Names and places stay as they are while runs go on. */
export function contenders(s: State, called: Pick<Names, 'base' | 'baseOf' | 'imported'>): Contender[] {
  const { session, imported } = s.runs;
  const { source } = s.model;
  const carried = imported.findLast((r) => r.template !== null)?.template;
  const templated = session ?? (carried ? carriedPrompt(carried) : s.dataset);
  const out: Omit<Contender, 'index' | 'place'>[] = [];
  // A run that was deleted under History is gone from here, too.
  const added = s.compare.added.filter((a) => s.keep.runs.some((r) => r.id === a.record.id));

  const metricLog =
    session?.metricLogs.get('base') ??
    added.find((a) => sameModel(source, a.record.model))?.metricLogs.get('base') ??
    null;
  out.push({
    key: 'base',
    identity: `base/${source?.id ?? ''}`,
    kind: 'base',
    name: called.base(),
    run: null,
    validation: metricLog && metricLog.evals.length > 0 ? evalCurve(metricLog) : null,
    measured: measuredBase(metricLog, source),
    classified: metricLog?.classified ?? null,
    prompt: { mapping: templated.mapping, template: templated.template },
    voice:
      s.model.status === 'ready'
        ? { kind: 'ready', runId: 'base' }
        : { kind: 'none', why: message('store.compare.why.noModel') },
  });
  for (const run of session && source ? sessionRuns(session, source, s.keep.runs) : []) {
    out.push({
      key: run.runId,
      identity: `${run.startedAt}/${run.runId}`,
      kind: 'run',
      name: run.name,
      run,
      validation: run.curves.validation,
      measured: measuredOf(run),
      classified: run.metricLog.classified,
      prompt: { mapping: session!.mapping, template: session!.template },
      voice: sessionVoice(s, run),
    });
  }
  for (const one of added) {
    const { record, metricLogs } = one;
    const { id, model, mapping, template, startedAt } = record;
    // It may have been renamed since.
    const { name } = s.keep.runs.find((r) => r.id === id)!;
    const own = metricLogs.get('base');
    const base = measuredBase(own, model);
    // Of another model, or on other text: a base of its own.
    if (own && base && !out.some((c) => c.kind === 'base' && comparable(c.measured, base))) {
      out.push({
        key: `${id}/base`,
        identity: `base/${startedAt}`,
        kind: 'base',
        name: called.baseOf(name),
        run: null,
        validation: evalCurve(own),
        measured: base,
        classified: own.classified,
        prompt: { mapping, template },
        voice: {
          kind: 'none',
          why: sameModel(source, model)
            ? message('store.compare.why.sameBase')
            : message('store.compare.why.otherBase', { model: model.id, open: source?.id ?? null }),
        },
      });
    }
    for (const run of runsOfSaved(record, metricLogs)) {
      const identity = `${run.startedAt}/${run.runId}`;
      if (out.some((c) => c.identity === identity)) continue;
      out.push({
        key: run.key,
        identity,
        kind: 'run',
        name: `${run.name} · ${name}`,
        run,
        validation: run.curves.validation,
        measured: measuredOf(run),
        classified: run.metricLog.classified,
        prompt: { mapping, template },
        voice: keptVoice(s, one, run),
      });
    }
  }
  for (const { runId, name, template } of imported) {
    out.push({
      key: runId,
      identity: `imported/${runId}`,
      kind: 'imported',
      name: called.imported(name),
      run: null,
      validation: null,
      measured: null,
      classified: null,
      prompt: template ? carriedPrompt(template) : { mapping: templated.mapping, template: templated.template },
      voice: { kind: 'ready', runId },
    });
  }
  return numbered(out);
}

/** With names and looks of their own. */
function numbered(list: Omit<Contender, 'index' | 'place'>[]): Contender[] {
  const seen = new Map<string, number>();
  let place = -1;
  return list.map((c) => {
    const n = (seen.get(c.name) ?? 0) + 1;
    seen.set(c.name, n);
    if (c.kind !== 'base') place++;
    return {
      ...c,
      name: n === 1 ? c.name : `${c.name} (${n})`,
      index: c.kind === 'base' ? 0 : 1 + (place % 8),
      place: Math.max(0, place),
    };
  });
}

/** Those that are compared, and the one that the others are compared with: the chosen one, or the first. */
export function chosen(
  all: readonly Contender[],
  { off, reference }: State['compare'],
): { shown: Contender[]; reference: Contender | null } {
  const shown = all.filter((c) => !off.has(c.key));
  return { shown, reference: shown.find((c) => c.key === reference) ?? shown[0] ?? null };
}
