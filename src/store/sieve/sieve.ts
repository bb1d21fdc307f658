/** Sieve afterwards, as commands: a finished adapter is given gates, and what that does is drawn as a curve. */
import { type RunConfig, isGated } from '../../shared/config';
import { methodOf, methodWith } from '../../shared/methods';
import type { Names } from '../../shared/names';
import type { SieveWay } from '../../shared/sieve';
import type { FinishedData, RunId } from '../../train/protocol';
import type { Page } from '../page';
import { type Imported, type SessionView, isLive } from '../slices';
import type { TrainClient } from '../trainClient';
import { zipAdapter } from '../zip';
import { NO_SIEVE, type SieveSlice } from './slices';

/** Shares that a curve has points at. */
export const CURVE_SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** The highest that the slider goes to. */
export const MOST_SKIPPED = 0.95;

/** Whether a run can be given gates afterwards: it has none, and its method has a form with gates. */
export const canSieve = (run: Pick<RunConfig, 'method'>): boolean =>
  !isGated(run) && methodWith(methodOf(run).update, true) !== undefined;

/** Runs of the session that can be given gates, as far as their adapters are there. */
export const sievable = ({ config, failed, gone }: SessionView): RunConfig[] =>
  config.runs.filter((r) => canSieve(r) && !failed.has(r.id) && !gone?.has(r.id));

/** What an adapter is measured with, and what that is called; null: the session's own. */
export type MeasuredWith = { data: FinishedData; name: string } | null;

export interface SieveHost {
  page: Page;
  train: Pick<TrainClient, 'request'>;
  names: Pick<Names, 'sieved'>;
  /** With a run of the session, or with an adapter that came as a file. */
  dataOf: (what: SessionView | Imported) => Promise<MeasuredWith>;
}

export class SieveCommands {
  readonly #host: SieveHost;
  /** Counts the looks: one that is not the last is not shown. */
  #turn = 0;
  /** Commands under way. */
  #running = 0;

  constructor(host: SieveHost) {
    this.#host = host;
  }

  get #s(): SieveSlice {
    return this.#host.page.state.sieve;
  }

  #patch(patch: Partial<SieveSlice>): void {
    this.#host.page.patch('sieve', patch);
  }

  #command(act: () => Promise<unknown>, unasked = false): Promise<void> {
    return this.#host.page.command(
      this.#section,
      async () => {
        try {
          await act();
        } catch (error) {
          // What nobody has asked for is not there, and that is all.
          if (!unasked) throw error;
          this.#patch(NO_SIEVE);
        }
      },
      (on) => {
        this.#running += on ? 1 : -1;
        this.#patch({ busy: this.#running > 0 });
      },
    );
  }

  /** Where the panel stands that an adapter is given gates in. */
  get #section(): 'compare' | 'inspect' {
    return this.#importedOf(this.#s.runId) ? 'compare' : 'inspect';
  }

  #importedOf(runId: RunId | null): Imported | undefined {
    return this.#host.page.state.runs.imported.find((r) => r.runId === runId);
  }

  /**
   * Prepares a run of the session, or an adapter from a file, and draws its curve by r. What is open already is not
   * opened again.
   * @param unasked nobody waits for it: where it fails it is not there
   */
  async open(runId: RunId, unasked = false): Promise<void> {
    const { runs } = this.#host.page.state;
    const { session } = runs;
    const what = this.#importedOf(runId) ?? session;
    if (!what || isLive(runs.phase) || this.#isOpen({ session, runId })) return;
    this.#patch({ ...NO_SIEVE, session, runId });
    await this.#command(async () => {
      const measured = await this.#host.dataOf(what);
      const info = await this.#host.train.request({ type: 'sieve-open', runId, data: measured?.data ?? null });
      if (!info || !this.#isOpen({ session, runId })) return;
      this.#patch({ info, dataName: measured?.name ?? null });
      await this.#draw('ratio');
    }, unasked);
  }

  /** Whether that is still what the page looks at. */
  #isOpen({ session, runId }: Pick<SieveSlice, 'session' | 'runId'>): boolean {
    const s = this.#s;
    return this.#host.page.state.runs.session === session && s.session === session && s.runId === runId;
  }

  /** Another way to choose what is skipped; its curve is drawn where it is not there yet. */
  async choose(way: SieveWay): Promise<void> {
    this.#patch({ way, at: null });
    await this.#command(() => this.#draw(way));
  }

  async #draw(way: SieveWay): Promise<void> {
    const of = this.#s;
    for (const share of CURVE_SHARES) {
      if (!this.#isOpen(of) || this.#s.way !== way) return;
      const drawn = this.#s.points[way] ?? [];
      if (drawn.some((p) => p.share === share)) continue;
      const point = await this.#host.train.request({ type: 'sieve-at', way, share, preview: false });
      if (!point || !this.#isOpen(of)) return;
      const points = [...(this.#s.points[way] ?? []), point].sort((a, b) => a.share - b.share);
      this.#patch({ points: { ...this.#s.points, [way]: points } });
    }
  }

  /** What one share does: a preview first, then the whole; a later look takes its place. */
  async look(share: number): Promise<void> {
    const turn = ++this.#turn;
    const of = this.#s;
    const { way } = of;
    this.#patch({ share });
    try {
      for (const preview of [true, false]) {
        const at = await this.#host.train.request({ type: 'sieve-at', way, share, preview });
        if (turn !== this.#turn || !this.#isOpen(of) || this.#s.way !== way) return;
        this.#patch({ at });
      }
    } catch (error) {
      if (this.#isOpen(of)) this.#host.page.report(this.#section, error);
    }
  }

  /**
   * The adapter with the gates that the slider says, as a zip like a TS adapter's; null where that failed and was said.
   */
  async save(): Promise<{ name: string; blob: Blob } | null> {
    const { runId, way, share } = this.#s;
    const { runs, dataset } = this.#host.page.state;
    const { session } = runs;
    const imported = this.#importedOf(runId);
    const run = imported ?? session?.config.runs.find((r) => r.id === runId);
    if (!run) return null;
    let zip: { name: string; blob: Blob } | null = null;
    await this.#host.page.command(this.#section, async () => {
      const name = this.#host.names.sieved(run.name, share);
      const { files } = await this.#host.train.request({
        type: 'sieve-export',
        way,
        share,
        name,
        template: (imported ? imported.template : session?.template) ?? dataset.template,
        check: true,
      });
      const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
      zip = { name: `sieve-${slug}.zip`, blob: await zipAdapter(files) };
    });
    return zip;
  }
}
