import type { Texts } from '../../en';

export const shared: Texts['errors']['shared'] = {};
