/** The forward as a list of operations. What it leaves in the activations is what backward.ts reads. */
import type { Op } from '../device/program';
import { layerForward } from './layer';
import { embeddingForward } from './nn/embedding';
import type { Pass } from './nn/pass';

/** Embedding and all layers; the last residual stream ends in `top.output`. */
export const forward = (pass: Pass): Op[] => [
  ...embeddingForward(pass, pass.layers[0].input),
  ...pass.layers.flatMap((_, l) => layerForward(pass, l, pass.layers[l + 1]?.input ?? pass.top.output)),
];
