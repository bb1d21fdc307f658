import type { Texts } from '../../en';

export const engine: Texts['errors']['engine'] = {};
