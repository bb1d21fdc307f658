/** What writing and reading an adapter share: its files' names in PEFT's layout, and its tensors'. */
import type { AdapterMethod } from '../engine/adapters/adapterMethod';
import type { GateForm } from '../shared/rules';
import type { ModelFile } from '../shared/types';

export const PREFIX = 'base_model.model.';
export const CONFIG = 'adapter_config.json';
export const WEIGHTS = 'adapter_model.safetensors';

/** The file of a base model; an adapter belongs to its values. */
export type BaseFile = Pick<ModelFile, 'path' | 'dtype' | 'exact'>;

/** The gates that files know: of most rules, and of those that do more than leave updates out. */
export const GATE_FORMS: readonly (GateForm | null)[] = [null, 'soft', 'constant'];

/** `peft_type` of an update behind a gate, by the update's name: TS_LORA, TS_DORA; TS_LORA_SOFT, TS_LORA_CONSTANT. */
export const gatedType = (update: string, form: GateForm | null) =>
  ['TS', update, ...(form ? [form] : [])].join('_').toUpperCase();

/** PEFT's names of a module's tensors. */
export const tensorNames = ({ peft, extra }: AdapterMethod, path: string) => ({
  a: `${PREFIX}${path}.lora_A${peft.suffix}`,
  b: `${PREFIX}${path}.lora_B${peft.suffix}`,
  extra: `${PREFIX}${path}.${extra?.peft}`,
  tau: `${PREFIX}${path}.lora_tau`,
  constant: `${PREFIX}${path}.lora_constant`,
});
