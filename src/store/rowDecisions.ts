/**
 * What a person decides about rows of the data set that is open: to repair, leave out or change them, and to take that
 * back.
 */
import type { Mapping, PromptTemplate, Repairs } from '../shared/data';
import type { DataClient } from './dataClient';
import type { Page } from './page';
import type { Action, DatasetSlice, Decisions } from './slices';
import { isCancelled } from './workerClient';

export interface RowDecisionsHost {
  page: Page;
  client: Pick<DataClient, 'request'>;
  /** Another number wherever other files are read. */
  turn(): number;
  /** The template with the model's own in it where that is wanted. */
  withOwn(template: PromptTemplate, mapping: Mapping): PromptTemplate;
  /** Makes the tokens again. */
  prepare(): void;
  /** The same, once `before` has settled. */
  prepareAfter(before: Promise<void>): void;
}

export class RowDecisions {
  readonly #host: RowDecisionsHost;

  constructor(host: RowDecisionsHost) {
    this.#host = host;
  }

  /** Applies the repair of one kind of issue to all its rows, or takes it back. */
  repair(issue: keyof Repairs, on: boolean): void {
    const { repairs, edits } = this.#d.decisions;
    this.#decide({ did: on ? 'repair' : 'unrepair', issue }, { repairs: { ...repairs, [issue]: on }, edits });
  }

  /** Leaves one row out, or takes it in again. */
  exclude(row: number, out: boolean): void {
    const { repairs, edits } = this.#d.decisions;
    const excluded = out ? [...edits.excluded, row] : edits.excluded.filter((r) => r !== row);
    this.#decide({ did: out ? 'exclude' : 'include' }, { repairs, edits: { ...edits, excluded } });
  }

  /** Gives a row new cells, one per column. */
  editRow(row: number, cells: readonly string[]): void {
    const { repairs, edits } = this.#d.decisions;
    this.#decide(
      { did: 'edit' },
      { repairs, edits: { ...edits, changed: [...edits.changed.filter(([r]) => r !== row), [row, cells] as const] } },
    );
  }

  /** Takes back the latest decision. */
  undo(): void {
    const last = this.#d.past.at(-1);
    if (!last) return;
    const { decisions } = this.#d;
    this.#patch({ decisions: last.before, past: this.#d.past.slice(0, -1) });
    this.#afterDecision(decisions);
  }

  #decide(action: Action, decisions: Decisions): void {
    const before = this.#d.decisions;
    this.#patch({ decisions, past: [...this.#d.past.slice(-99), { action, before }] });
    this.#afterDecision(before);
  }

  /** What the columns mean is guessed again where other rows can be read now, unless a person has chosen it. */
  #afterDecision(before: Decisions): void {
    const { repairs } = this.#d.decisions;
    const reads = (['ragged', 'quote', 'encoding'] as const).some(
      (repair) => repairs[repair] !== before.repairs[repair],
    );
    if (!reads || this.#d.ownMapping) {
      this.#host.prepare();
      return;
    }
    this.#host.prepareAfter(this.#detectAgain(repairs));
  }

  async #detectAgain(repairs: Repairs): Promise<void> {
    const turn = this.#host.turn();
    try {
      const { detection, template } = await this.#host.client.request({ type: 'detect', repairs });
      const { parsed } = this.#d;
      if (turn !== this.#host.turn() || !parsed || this.#d.ownMapping) return;
      this.#patch({
        parsed: { ...parsed, detection, template },
        mapping: detection.mapping,
        template: this.#host.withOwn(template, detection.mapping),
      });
    } catch (error) {
      if (!isCancelled(error)) this.#host.page.report('data', error);
    }
  }

  get #d(): DatasetSlice {
    return this.#host.page.state.dataset;
  }

  #patch(patch: Partial<DatasetSlice>): void {
    this.#host.page.patch('dataset', patch);
  }
}
