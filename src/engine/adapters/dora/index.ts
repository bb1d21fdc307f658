import { ConfigError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import { z } from '../../../shared/zod';
import type { AdapterMethod } from '../adapterMethod';
import { LORA_PEFT } from '../lora/peft';
import { Dora, doraSizes } from './dora';

export const dora: AdapterMethod = {
  name: 'dora',
  /** m, which `init` sets to the row norms of W0. */
  extra: { symbol: 'm', peft: 'lora_magnitude_vector', per: 'output', asB: true },
  usesBaseOutput: true,
  sizes: (_run, modules, rPad) => doraSizes(modules, rPad),
  create(context) {
    const { run } = context;
    if (run.dropout > 0 || run.tokenDropout > 0)
      throw new ConfigError(message('engine.adapter.doraDropout', { run: run.name }));
    return new Dora(context);
  },
  /** Rows get the length m. */
  mergeRow(row, output, { extra }) {
    const norm = Math.hypot(...row);
    if (norm > 0) for (let k = 0; k < row.length; k++) row[k] *= extra![output] / norm;
  },
  peft: {
    ...LORA_PEFT,
    fields: { use_dora: z.boolean().optional() },
    is: ({ use_dora }) => use_dora === true,
    write: (run) => ({ ...LORA_PEFT.write(run), use_dora: true }),
  },
};
