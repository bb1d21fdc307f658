/** Questions about the rows of the data set that is open, which its worker answers. */
import type { ListedRow, LostRow, RowDetail, RowQuery } from '../shared/data';
import type { DataClient } from './dataClient';
import type { Page } from './page';
import { isCancelled } from './workerClient';

export interface DataRowsHost {
  page: Page;
  client: Pick<DataClient, 'request'>;
  /** Another number wherever the tokens are made again. */
  turn(): number;
}

export class DataRows {
  readonly #host: DataRowsHost;

  constructor(host: DataRowsHost) {
    this.#host = host;
  }

  /** A page of the rows that match; null where a later question, or a change of the data, has overtaken it. */
  list(asked: RowQuery): Promise<{ total: number; rows: ListedRow[] } | null> {
    return this.#ask(() => this.#host.client.request({ type: 'list', ...asked }));
  }

  /** One row in full, with its tokens. */
  detail(item: number): Promise<RowDetail | null> {
    return this.#ask(() => this.#host.client.request({ type: 'detail', item }));
  }

  /** Rows that cannot be read, in their order. */
  async lost(): Promise<LostRow[]> {
    return (await this.#ask(() => this.#host.client.request({ type: 'lost' })))?.rows ?? [];
  }

  /** Every row that is not used, with the reasons, as a file of JSON lines; `why` has those of `lost` in words. */
  rejected(why: string[]): Promise<Blob | null> {
    return this.#ask(async () => (await this.#host.client.request({ type: 'rejected', why })).file);
  }

  async #ask<T>(act: () => Promise<T>): Promise<T | null> {
    const turn = this.#host.turn();
    try {
      return await act();
    } catch (error) {
      // Where nothing is prepared, that is why, and it has been said.
      if (!isCancelled(error) && turn === this.#host.turn() && this.#host.page.state.dataset.report)
        this.#host.page.report('data', error);
      return null;
    }
  }
}
