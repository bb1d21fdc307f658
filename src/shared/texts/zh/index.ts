/** Simplified Chinese; complete by type. */
import type { Texts } from '../en';
import { attribution } from './attribution';
import { charts } from './charts';
import { classification } from './classification';
import { common } from './common';
import { compare } from './compare';
import { configure } from './configure';
import { data } from './data';
import { errors } from './errors';
import { experiment } from './experiment';
import { exports } from './exports';
import { frame } from './frame';
import { history } from './history';
import { inspect } from './inspect';
import { model } from './model';
import { page } from './page';
import { settings } from './settings';
import { sieve } from './sieve';
import { train } from './train';

export const zh: Texts = {
  attribution,
  classification,
  common,
  page,
  model,
  data,
  settings,
  configure,
  train,
  inspect,
  charts,
  compare,
  experiment,
  exports,
  frame,
  history,
  sieve,
  errors,
};
