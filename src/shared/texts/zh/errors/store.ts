import type { Texts } from '../../en';

export const store: Texts['errors']['store'] = {};
