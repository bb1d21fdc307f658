/** A module for tests of what an adapter does with one: its shape and its salt are the test's. */
export const MODULE = { layer: 0, kind: 'q_proj', path: 'layers.0.q_proj', index: 0, bias: false, inOut: false };
