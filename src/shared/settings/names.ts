/** The names that settings choose from, besides methods and gate rules. */

/** The seven adaptable linear layers of a Llama block, in forward order. */
export const MODULE_KINDS = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export type ModuleKind = (typeof MODULE_KINDS)[number];
