// Everything the CPU engine computes in WebAssembly; `Cpu.run` calls it by name.
export { setScratch } from './scratch.as';
export { embed } from './embed/embed.as';
export { rmsNorm, rmsNormBackward } from './rmsNorm/rmsNorm.as';
export { matmul } from './matmul/matmul.as';
export { matvec } from './matmul/matvec.as';
