import type { Texts } from '../en';

export const history: Texts['history'] = {};
