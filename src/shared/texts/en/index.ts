/**
 * English: one file for each part of the page, and what the layers below have to say. Every other language has the same
 * entries, by type.
 */
import { attribution } from './attribution';
import { charts } from './charts';
import { classification } from './classification';
import { common } from './common';
import { compare } from './compare';
import { configure } from './configure';
import { data } from './data';
import type { errors } from './errors';
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

export const en = {
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
};

/** All there is. What goes wrong comes in a file of its own, see `speakOfErrors`. */
export type Texts = typeof en & { errors: typeof errors };
