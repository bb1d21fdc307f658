/** Path attribution, as commands: what a finished run's updates are worth, on the text that is watched or by module. */
import { type Attribution, PATH_POINTS, RANKED_EXAMPLES, type TextWorth } from '../../shared/attribution';
import type { RunId } from '../../train/protocol';
import type { Page } from '../page';
import { type SessionView, isLive } from '../slices';
import type { TrainClient } from '../trainClient';
import type { MeasuredWith } from './sieve';
import type { AttributionSlice } from './slices';

export interface AttributionHost {
  page: Page;
  train: Pick<TrainClient, 'request'>;
  dataOf: (session: SessionView) => Promise<MeasuredWith>;
}

type Text = Pick<TextWorth, 'tokens' | 'picture'>;

/** Whether both are the same text, or picture: what is watched may be another one by now. */
export const sameText = (a: Text, b: Text): boolean =>
  a.picture?.example === b.picture?.example &&
  a.tokens.length === b.tokens.length &&
  a.tokens.every((t, i) => t === b.tokens[i]);

export class AttributionCommands {
  readonly #host: AttributionHost;

  constructor(host: AttributionHost) {
    this.#host = host;
  }

  #patch(patch: Partial<AttributionSlice>): void {
    this.#host.page.patch('attribution', patch);
  }

  /** @param what the watched text, or the modules over validation examples */
  async measure(runId: RunId, what: 'text' | 'modules', points: number = PATH_POINTS.few): Promise<void> {
    const { runs, attribution } = this.#host.page.state;
    const { session } = runs;
    if (!session || isLive(runs.phase) || attribution.busy) return;
    const of = session.metricLogs;
    if (attribution.of !== of) this.#patch({ of, texts: {}, modules: {} });
    this.#patch({ busy: { runId, what, done: 0, all: 0 } });
    const watched = [...of.values()].find((m) => m.watch?.picture)?.watch?.picture;
    await this.#host.page.command(
      'inspect',
      async () => {
        const found = await this.#host.train.request({
          type: 'attribute',
          runId,
          data: (await this.#host.dataOf(session))?.data ?? null,
          of:
            what === 'text'
              ? { text: runs.watchText, example: watched?.example ?? 0 }
              : { examples: Math.min(RANKED_EXAMPLES, session.config.train.evalExamples) },
          points,
        });
        if (found && this.#host.page.state.attribution.of === of) this.#keep(runId, what, found);
      },
      (on) => on || this.#patch({ busy: null }),
    );
  }

  #keep(runId: RunId, what: 'text' | 'modules', found: Attribution): void {
    const { texts, modules } = this.#host.page.state.attribution;
    this.#patch(
      what === 'text' ? { texts: { ...texts, [runId]: found } } : { modules: { ...modules, [runId]: found } },
    );
  }

  cancel(): Promise<void> {
    return this.#host.page.command('inspect', () => this.#host.train.request({ type: 'cancel-attribution' }));
  }
}
