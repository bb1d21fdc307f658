/** What layers of a model can be, as its description and the engine name it. */

/** SiLU; GELU by the normal distribution, or by tanh; ReLU. */
export type ActivationKind = 'silu' | 'gelu' | 'geluTanh' | 'relu';
