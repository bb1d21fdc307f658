/**
 * Token ids to the residual stream: their rows of the table, of learned positions and kinds, and the norm of the sum.
 * Of a picture an id is a place; the product of its patch comes on top.
 */
import { patchValues } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { addPositions } from '../../kernels/addPositions/addPositions';
import { addVector } from '../../kernels/addVector/addVector';
import { embed } from '../../kernels/embed/embed';
import { matmul } from '../../kernels/matmul/matmul';
import { matrixOf, vectorOf } from '../weights';
import { normForward } from './norm';
import type { Pass } from './pass';

/** `out` [rows, width]. */
export function embeddingForward(pass: Pass, out: Tensor): Op[] {
  const { device, config, weights, batch, top } = pass;
  const { width } = config;
  const { scale, positions, tokenTypes, patches, norm } = config.embedding;
  const { rows, ids, meta } = batch;
  const sum = norm ? top.normed : out;
  return [
    ...embed(device, { rows, ids, table: weights.embedding, out: sum, width, ...(scale === 1 ? {} : { scale }) }),
    ...(patches
      ? matmul(device, {
          label: 'patches',
          rows,
          a: batch.patches!,
          w: matrixOf(weights, patches),
          out: sum,
          n: width,
          k: patchValues(patches),
          transposed: true,
          accumulate: true,
        })
      : []),
    ...(positions
      ? [
          addPositions(device, {
            rows,
            meta,
            table: matrixOf(weights, positions),
            positions: positions.rows,
            offset: positions.offset,
            out: sum,
            width,
          }),
        ]
      : []),
    ...(tokenTypes
      ? [
          addVector(device, {
            rows,
            vector: vectorOf(weights, `${tokenTypes.path}.weight`).slice('first kind', 0, 4 * width),
            out: sum,
            width,
            factor: 1,
          }),
        ]
      : []),
    ...(norm ? normForward(pass, norm, { rows, x: sum, out, stats: top.embeddingStats!, width }) : []),
  ];
}
