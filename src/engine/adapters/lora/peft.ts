/** LoRA as PEFT writes it. */
import { z } from '../../../shared/zod';
import type { PeftFormat } from '../adapterMethod';

const fields = { r: z.int().min(1).max(64), use_rslora: z.boolean().optional() };

export const LORA_PEFT: PeftFormat = {
  type: 'LORA',
  fields,
  is: () => true,
  write: ({ rank, rslora }) => ({ r: rank, use_dora: false, use_rslora: rslora }),
  read(config) {
    const { r, use_rslora } = config as z.infer<z.ZodObject<typeof fields>>;
    return { rank: r, rslora: use_rslora ?? false };
  },
  suffix: '.weight',
};
