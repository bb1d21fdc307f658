// Everything the CPU engine computes in WebAssembly; `Cpu.run` calls it by name.
export { setScratch } from './scratch.as';
export { rmsNorm, rmsNormBackward } from './rmsNorm/rmsNorm.as';
export { matmul, matvec } from './matmul/matmul.as';
export { lowRankGrad } from './lowRankGrad/lowRankGrad.as';
export { gram } from './gram/gram.as';
export { gateRatios, gateRatiosOfSquares } from './gate/gate.as';
export { mu } from './muStats/mu.as';
export { dropout } from './dropout/dropout.as';
export { adamw } from '../optim/adamw.as';
export { sumSquares } from '../optim/clip.as';
