/** What goes wrong, with a hint what to do about it; one file for each layer. */
import { cli } from './cli';
import { data } from './data';
import { engine } from './engine';
import { hub } from './hub';
import { shared } from './shared';
import { store } from './store';
import { train } from './train';

export const errors = { cli, shared, data, engine, hub, train, store };
