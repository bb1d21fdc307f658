/**
 * Everything the page and its workers say to each other, as discriminated unions: one file for each worker. The store
 * knows of `train/` what is here and nothing else.
 */
export type { ModelSource } from '../../shared/types';
export * from './data';
export * from './envelope';
export * from './events';
export * from './keep';
export * from './push';
export * from './sessionState';
export * from './train';
