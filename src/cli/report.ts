/** What a session says while it trains: lines for people, or with `--json` a line of JSON for each event. */
import type { SessionConfig } from '../shared/config';
import type { PrepareReport } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import type { Message } from '../shared/message';
import { say, sayError } from '../shared/texts/say';
import { calledDevice, usedDevice } from '../store/device';
import { totalSkipped } from '../store/metricLog';
import type { ModelInfo, RunId, TrainEvent } from '../train/protocol';
import type { CliWords } from './command';
import type { Written } from './runLog';
import type { Terminal } from './terminal';

/** An event as it goes to another program; null for what only a screen draws. Shares are from 0 to 1. */
function eventJson(event: TrainEvent): object | null {
  switch (event.type) {
    case 'step': {
      const { gate, work: _, ...told } = event;
      return { ...told, skipped: gate && totalSkipped(gate) };
    }
    case 'eval': {
      const { gate, ...told } = event;
      return { ...told, skipped: gate && totalSkipped(gate) };
    }
    case 'phase':
    case 'dev':
    case 'accuracy':
    case 'shrunk':
    case 'sample':
    case 'stopped-early':
      return event;
    case 'warning':
      return { type: 'warning', runId: event.runId, code: event.message.code, text: say(event.message) };
    case 'run-failed':
      return { type: 'run-failed', runId: event.runId, code: event.error.code, ...sayError(event.error) };
    // What is fatal is thrown, and told by whoever catches it.
    default:
      return null;
  }
}

/** Steps by which the time left is told. */
const RECENT = 20;
/** Characters of the bar. */
const BAR = 20;

export class Report {
  readonly #terminal: Terminal;
  readonly #texts: CliWords;
  readonly #config: SessionConfig;
  readonly #json: boolean;
  readonly #latest = new Map<RunId, { loss: string; skipped: number | null }>();
  readonly #times: number[] = [];
  #closed = false;

  constructor({
    terminal,
    texts,
    config,
    json,
  }: { terminal: Terminal; texts: CliWords; config: SessionConfig; json: boolean }) {
    this.#terminal = terminal;
    this.#texts = texts;
    this.#config = config;
    this.#json = json;
  }

  #tell(line: object, words: string): void {
    if (this.#json) this.#terminal.print(JSON.stringify(line));
    else this.#terminal.note(words);
  }

  model({ source, file, parameters, check, device }: ModelInfo): void {
    const used = calledDevice(usedDevice(device));
    const line = { type: 'model', source, file: file.path, parameters, check, device };
    this.#tell(
      line,
      this.#texts.model({ model: source.id, file: file.path, device: say(used), error: check.relativeError }),
    );
  }

  data({ train, validation, tokens, warnings }: PrepareReport, { mapping, template, files }: DataRecipe): void {
    const line = { type: 'data', train, validation, tokens, mapping, template, files };
    this.#tell(line, this.#texts.data({ train, validation, tokens }));
    for (const warning of warnings) this.warn(warning);
  }

  warn(said: Message, runId: RunId | null = null): void {
    const text = say(said);
    const named = runId === null ? text : `${this.#name(runId)}: ${text}`;
    this.#tell({ type: 'warning', runId, code: said.code, text }, this.#texts.warning({ text: named }));
  }

  resumes(step: number, path: string): void {
    this.#tell({ type: 'resumes', step, path }, this.#texts.resumes({ step, path }));
  }

  interrupted(step: number, path: string): void {
    this.#terminal.progress('');
    this.#tell({ type: 'checkpoint', step, path }, this.#texts.interrupted({ step, path }));
    this.close();
  }

  file(file: { kind: Written['kind']; runId?: RunId; path: string }): void {
    if (this.#json) this.#tell({ type: 'file', ...file }, '');
    else this.#terminal.print(file.path);
  }

  /** Nothing is said any more. */
  close(): void {
    this.#terminal.progress('');
    this.#closed = true;
  }

  hear(event: TrainEvent): void {
    if (this.#closed) return;
    if (this.#json) {
      const line = eventJson(event);
      if (line) this.#tell(line, '');
    } else this.#show(event);
  }

  #show(event: TrainEvent): void {
    const t = this.#texts;
    switch (event.type) {
      case 'progress': {
        const share = event.total ? ` ${Math.round((100 * event.loaded) / event.total)} %` : '';
        this.#terminal.progress(`${say(event.label)}${share}`);
        break;
      }
      case 'step':
        this.#step(event);
        break;
      case 'eval': {
        const { runId, step, loss, gate } = event;
        const skipped = gate && totalSkipped(gate);
        this.#terminal.note(t.evaluated({ step, run: this.#name(runId), loss: loss.toFixed(4), skipped }));
        break;
      }
      case 'stopped-early':
        this.#terminal.note(t.stoppedEarly({ run: this.#name(event.runId), step: event.step, best: event.bestStep }));
        break;
      case 'warning':
        this.warn(event.message, event.runId);
        break;
      case 'run-failed':
        this.warn(event.error, event.runId);
        break;
    }
  }

  #name(runId: RunId): string {
    return this.#config.runs.find(({ id }) => id === runId)?.name ?? this.#texts.base;
  }

  #step({ runId, step, loss, gate, ms }: Extract<TrainEvent, { type: 'step' }>): void {
    this.#latest.set(runId, { loss: loss.toFixed(3), skipped: gate && totalSkipped(gate) });
    // All runs of a step take the same time.
    if (runId === this.#latest.keys().next().value && ms > 0) this.#times.push(ms);
    if (this.#times.length > RECENT) this.#times.shift();
    const mean = this.#times.reduce((sum, x) => sum + x, 0) / Math.max(1, this.#times.length);
    const { steps } = this.#config.train;
    const done = Math.round((BAR * step) / steps);
    this.#terminal.progress(
      this.#texts.step({
        bar: `[${'#'.repeat(done)}${'.'.repeat(BAR - done)}]`,
        step,
        steps,
        runs: [...this.#latest].map(([id, latest]) => ({ run: this.#name(id), ...latest })),
        ms: Math.round(mean),
        seconds: Math.round(((steps - step) * mean) / 1000),
      }),
    );
  }
}
