import { type RunConfig, runSchema } from '../../shared/config';

/** LoRA beside TS-LoRA, as tests of class heads train them. @param target the share that TS-LoRA is to skip */
export const loraBesideTsLora = (modules: string[], target: number): RunConfig[] =>
  (['lora', 'ts-lora'] as const).map((method) =>
    runSchema.parse({
      id: method,
      name: method,
      method,
      rank: 4,
      alpha: 8,
      modules,
      ...(method === 'ts-lora' && { gate: { targetSparsity: target } }),
    }),
  );
