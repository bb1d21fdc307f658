import type { Texts } from '../../en';
import { data } from './data';
import { engine } from './engine';
import { hub } from './hub';
import { shared } from './shared';
import { store } from './store';
import { train } from './train';

export const errors: Texts['errors'] = { shared, data, engine, hub, train, store };
