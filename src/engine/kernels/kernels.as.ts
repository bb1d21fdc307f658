// Everything the CPU engine computes in WebAssembly; `Cpu.run` calls it by name.
export { setScratch } from './scratch.as';
export { embed } from './embed/embed.as';
export { rmsNorm, rmsNormBackward } from './rmsNorm/rmsNorm.as';
export { matmul, matvec } from './matmul/matmul.as';
export { swiglu, swigluBackward } from './swiglu/swiglu.as';
export { rope } from './rope/rope.as';
export { crossEntropy } from './crossEntropy/crossEntropy.as';
export { attention } from './attention/attention.as';
export { attentionDelta, attentionGrad, attentionGradKV, attentionGradQ } from './attention/attentionGrad.as';
export { lowRankGrad } from './lowRankGrad/lowRankGrad.as';
export { gram } from './gram/gram.as';
export { gateRatios, gateRatiosOfSquares } from './gate/gate.as';
export { mu } from './muStats/mu.as';
export { dropout } from './dropout/dropout.as';
export { adamw } from '../optim/adamw.as';
export { sumSquares } from '../optim/clip.as';
export { addScaled, columnDots, doraScale, frozenGradient, rowTerms } from './dora/dora.as';
export { rowNorms } from './rowNorms/rowNorms.as';
