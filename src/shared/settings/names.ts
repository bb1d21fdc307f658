/** The names that settings choose from. */

/** The seven adaptable linear layers of a Llama block, in forward order. */
export const MODULE_KINDS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export type ModuleKind = (typeof MODULE_KINDS)[number];

export const METHODS = ['lora', 'dora', 'adalora', 'ts-lora', 'ts-dora'] as const;
export type MethodName = (typeof METHODS)[number];

/** How a gate decides. Symbols as in the method's documentation. */
export const GATE_RULES = ['reconstructed', 'literal', 'exact', 'averaged', 'quantile', 'random', 'oracle'] as const;
export type GateRule = (typeof GATE_RULES)[number];

/** Rules that learn a threshold τ from μ; the others choose the tokens to keep in each batch anew. */
export const LEARNED_RULES: readonly GateRule[] = ['reconstructed', 'literal', 'exact', 'averaged'];

/** Methods with a gate per token and module. */
export const GATED_METHODS: readonly MethodName[] = ['ts-lora', 'ts-dora'];
