/** What each event of the train worker changes in the state. Pure but for the metricLogs, which grow in place. */
import { type Message, message, sameWords } from '../shared/message';
import type { Phase, TrainEvent } from '../train/protocol';
import { MetricLog } from './metricLog';
import type { Notice, SessionView, State } from './slices';

/** Training and evaluating follow one another many times a second: no hurry to show that. */
const ROUTINE: ReadonlySet<Phase> = new Set<Phase>(['training', 'evaluating']);

/** Longest wait before an event is shown, in ms: charts at 4 Hz, written text a little faster, a new phase at once. */
export function delayOf(event: TrainEvent, now: Phase): number {
  switch (event.type) {
    case 'phase':
      return event.phase === now || (ROUTINE.has(event.phase) && ROUTINE.has(now)) ? 250 : 0;
    case 'fatal':
    case 'run-failed':
      return 0;
    case 'generated':
      return event.done ? 0 : 80;
    default:
      return 250;
  }
}

function metricLogOf(session: SessionView, runId: string): MetricLog {
  let metricLog = session.metricLogs.get(runId);
  if (!metricLog) session.metricLogs.set(runId, (metricLog = new MetricLog(runId)));
  return metricLog;
}

/** Applies a batch of events. @param notice makes a notice with a fresh id. */
export function applyEvents(state: State, events: TrainEvent[], notice: (n: Omit<Notice, 'id'>) => Notice): State {
  let { model, runs, attribution, ui } = state;
  let grown = false;
  const add = (n: Omit<Notice, 'id'>) => {
    const same = ui.notices.some((x) => x.section === n.section && sameWords(x.info, n.info));
    if (!same) ui = { ...ui, notices: [...ui.notices, notice(n)] };
  };
  const opening = () => model.status === 'opening' || model.moving !== null;
  for (const event of events) {
    const session = runs.session;
    switch (event.type) {
      case 'progress': {
        const progress = { label: event.label, loaded: event.loaded, total: event.total };
        if (opening()) model = { ...model, phase: event.phase, progress };
        else runs = { ...runs, progress };
        break;
      }
      case 'phase':
        if (opening()) model = { ...model, phase: event.phase };
        else {
          if (event.phase === 'paused') session?.metricLogs.forEach((h) => h.breakTiming());
          runs = { ...runs, phase: event.phase, progress: event.phase === 'compiling' ? runs.progress : null };
        }
        break;
      case 'step':
        if (session) metricLogOf(session, event.runId).addStep(event);
        grown = true;
        break;
      case 'eval':
        if (session) metricLogOf(session, event.runId).addEval(event);
        grown = true;
        break;
      case 'exporting':
        if (runs.exporting?.runId === event.runId)
          runs = { ...runs, exporting: { ...runs.exporting, written: event.written, total: event.total } };
        break;
      case 'accuracy':
        if (session) metricLogOf(session, event.runId).addAccuracy(event);
        grown = true;
        break;
      case 'classified':
        if (session)
          for (const [runId, predicted] of Object.entries(event.runs))
            metricLogOf(session, runId).addClassified(event.set, predicted);
        grown = true;
        break;
      case 'watch':
        if (session) metricLogOf(session, event.runId).addWatch(event);
        grown = true;
        break;
      case 'sample':
        if (session) metricLogOf(session, event.runId).addSample(event);
        grown = true;
        break;
      case 'stopped-early':
        if (session)
          metricLogOf(session, event.runId).stopped = {
            step: event.step,
            bestStep: event.bestStep,
            bestLoss: event.bestLoss,
          };
        grown = true;
        break;
      case 'dev':
        if (session) metricLogOf(session, event.runId).dev = { step: event.step, loss: event.loss, best: event.best };
        grown = true;
        break;
      case 'shrunk':
        if (session)
          metricLogOf(session, event.runId).shrunk = { scale: event.scale, loss: event.loss, before: event.before };
        grown = true;
        break;
      case 'skips-all':
        if (session) metricLogOf(session, event.runId).skipsAll = event.modules;
        grown = true;
        break;
      case 'modules':
        if (session) {
          const metricLog = metricLogOf(session, event.runId);
          metricLog.modules = event.modules;
          metricLog.parameters = event.parameters;
        }
        grown = true;
        break;
      case 'attributing':
        if (attribution.busy)
          attribution = { ...attribution, busy: { ...attribution.busy, done: event.done, all: event.all } };
        break;
      case 'generated': {
        if (event.requestId !== runs.generating) break;
        const before = runs.answers[event.runId]?.text ?? '';
        runs = {
          ...runs,
          answers: { ...runs.answers, [event.runId]: { text: before + event.piece, done: event.done } },
        };
        break;
      }
      case 'warning':
        add({
          section: 'train',
          kind: 'warning',
          info: { name: 'Warning', ...ofRun(session, event.runId, event.message) },
        });
        break;
      case 'warning-over': {
        const taken = (info: Notice['info']) =>
          event.codes.some((code) => sameSaid(info, ofRun(session, event.runId, { code, params: {} })));
        if (ui.notices.some(({ info }) => taken(info)))
          ui = { ...ui, notices: ui.notices.filter(({ info }) => !taken(info)) };
        break;
      }
      case 'run-failed':
        session?.failed.set(event.runId, event.error);
        grown = true;
        add({
          section: 'train',
          kind: 'error',
          info: { ...event.error, ...ofRun(session, event.runId, event.error) },
        });
        break;
      case 'fatal':
        if (model.status !== 'opening' && runs.phase !== 'idle')
          runs = {
            ...runs,
            phase: 'failed',
            progress: null,
            broke: { error: event.error, thriftier: event.thriftier },
          };
        // Without its device the model is gone too.
        if (model.status === 'opening' || event.thriftier || event.error.name === 'GpuError')
          model = { ...model, status: 'failed', progress: null };
        add({ section: model.status === 'failed' ? 'model' : 'train', kind: 'error', info: event.error });
        break;
    }
  }
  if (grown) runs = { ...runs, version: runs.version + 1 };
  return { ...state, model, runs, attribution, ui };
}

/** What is said of one run, with its name. */
function ofRun(session: SessionView | null, runId: string | null, said: Message): Message {
  const { code, params } = said;
  if (runId === null) return { code, params };
  const run = session?.config.runs.find((r) => r.id === runId)?.name ?? runId;
  return message('store.ofRun', { run, message: said });
}

/** Whether two messages of a run say the same thing of the same run, whatever their numbers. */
function sameSaid(a: Message, b: Message): boolean {
  const of = ({ code, params }: Message) => [code, params.run, (params.message as Message | undefined)?.code];
  return of(a).every((part, i) => part === of(b)[i]);
}
