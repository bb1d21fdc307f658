/** Token ids to the residual stream. */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { embed } from '../../kernels/embed/embed';
import type { Pass } from './pass';

/** `out` [rows, width]. */
export const embeddingForward = ({ device, config, weights, batch }: Pass, out: Tensor): Op[] =>
  embed(device, { rows: batch.rows, ids: batch.ids, table: weights.embedding, out, width: config.width });
