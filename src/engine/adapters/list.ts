/** The updates that methods apply. */
import { adalora } from './adalora';
import type { AdapterMethod } from './adapterMethod';
import { dora } from './dora';
import { gatera } from './gatera';
import { lora } from './lora';

export const ADAPTER_METHODS: readonly AdapterMethod[] = [lora, dora, adalora, gatera];
