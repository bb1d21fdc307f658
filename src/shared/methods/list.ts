/** The methods, in the order in which they are offered. */
import { ADALORA } from './adalora';
import { DORA, TS_DORA } from './dora';
import { GATERA } from './gatera';
import { LORA, TS_LORA } from './lora';

export const METHOD_LIST = [LORA, DORA, ADALORA, GATERA, TS_LORA, TS_DORA] as const;
