import type { Texts } from '../en';

export const charts: Texts['charts'] = {};
