/** Token ids to the residual stream: their rows of the table, and of learned positions. */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { addPositions } from '../../kernels/addPositions/addPositions';
import { embed } from '../../kernels/embed/embed';
import { matrixOf } from '../weights';
import type { Pass } from './pass';

/** `out` [rows, width]. */
export function embeddingForward({ device, config, weights, batch }: Pass, out: Tensor): Op[] {
  const { width } = config;
  const { scale, positions } = config.embedding;
  const { rows, ids, meta } = batch;
  return [
    ...embed(device, { rows, ids, table: weights.embedding, out, width, ...(scale === 1 ? {} : { scale }) }),
    ...(positions
      ? [
          addPositions(device, {
            rows,
            meta,
            table: matrixOf(weights, positions),
            positions: positions.rows,
            offset: positions.offset,
            out,
            width,
          }),
        ]
      : []),
  ];
}
