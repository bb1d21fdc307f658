// Everything the CPU engine computes in WebAssembly; `Cpu.run` calls it by name.
export { setScratch } from './scratch.as';
export { rmsNorm, rmsNormBackward } from './rmsNorm/rmsNorm.as';
export { matmul, matvec } from './matmul/matmul.as';
export { addScaled, columnDots, doraScale, frozenGradient, rowTerms } from './dora/dora.as';
export { rowNorms } from './rowNorms/rowNorms.as';
