/**
 * Where a person is on the page, and what is selected there, as the address says it after its `#`:
 * `#/train?run=ts-lora&module=2.k&step=60`. Plain functions between text and data; unknown parts are passed over.
 */

/** Every place, with its path, in the order of its key: 1 for the first. */
export const PLACES = {
  train: '/train',
  compare: '/compare',
  experiments: '/experiments',
  history: '/history',
  model: '/setup/model',
  data: '/setup/data',
  settings: '/setup/settings',
  setup: '/setup',
} as const;

export type Place = keyof typeof PLACES;

/** The four places to watch and to compare; the others are sheets over them. */
export const VIEWS = ['train', 'compare', 'experiments', 'history'] as const satisfies readonly Place[];
export type View = (typeof VIEWS)[number];

export const isView = (place: Place): place is View => (VIEWS as readonly Place[]).includes(place);

/** The places that have parts, each an address of its own, in order: a place without a part is at its first. */
export const TABS = {
  data: ['source', 'mapping', 'issues', 'split', 'preview', 'rows'],
  compare: ['metrics', 'curves', 'skips', 'answers', 'labels', 'vote', 'settings'],
  experiments: ['plan', 'findings', 'figures', 'evidence', 'modules', 'noise', 'classes'],
  settings: ['training', 'adapter', 'runs', 'files'],
} as const satisfies Partial<Record<Place, readonly string[]>>;

export type Tabbed = keyof typeof TABS;
export type Tab = (typeof TABS)[Tabbed][number];

export interface Route {
  place: Place;
  /** The part that is open, of a place that has parts. */
  tab: Tab;
  /** The view that a sheet lies over. */
  under: View;
}

/** What every chart shows the same of; null leaves it to the chart: the first run and module, the latest step. */
export interface Selection {
  run: string | null;
  /** Layer and kind: `2.k`. */
  module: string | null;
  token: number | null;
  step: number | null;
}

export const NO_SELECTION: Selection = { run: null, module: null, token: null, step: null };
export const FIRST_ROUTE: Route = { place: 'train', tab: 'source', under: 'train' };

/** Longest id or name that an address may carry. */
const LONGEST = 80;

const wholeOf = (text: string | null): number | null => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null);
const nameOf = (text: string | null): string | null => (text && text.length <= LONGEST ? text : null);

/** @param hash with its `#`. @returns null where it names no place: an anchor inside the page */
export function readHash(hash: string, before: Route = FIRST_ROUTE): { route: Route; selection: Selection } | null {
  const [path, query = ''] = hash.replace(/^#/, '').split('?');
  const part = (Object.keys(TABS) as Tabbed[])
    .flatMap((place) => TABS[place].map((tab) => ({ place, tab })))
    .find((p) => path === addressOf(p.place, p.tab));
  const place = part?.place ?? (Object.keys(PLACES) as Place[]).find((p) => PLACES[p] === path);
  if (!place) return null;
  const words = new URLSearchParams(query);
  const first: Tab = isTabbed(place) ? TABS[place][0] : 'source';
  return {
    route: { place, tab: part?.tab ?? first, under: isView(place) ? place : before.under },
    selection: {
      run: nameOf(words.get('run')),
      module: nameOf(words.get('module')),
      token: wholeOf(words.get('token')),
      step: wholeOf(words.get('step')),
    },
  };
}

const isTabbed = (place: Place): place is Tabbed => place in TABS;

/** The path of one part of a place. */
export const addressOf = (place: Tabbed, tab: Tab): string => `${PLACES[place]}/${tab}`;

/** The path of a place, and of its part. A view is at its first part without saying so. */
const pathOf = ({ place, tab }: Pick<Route, 'place' | 'tab'>): string => {
  const at = isTabbed(place) ? (TABS[place] as readonly Tab[]).indexOf(tab) : -1;
  return at > 0 || (at === 0 && !isView(place)) ? addressOf(place as Tabbed, tab) : PLACES[place];
};

/** With its `#`. */
export function hashOf(route: Pick<Route, 'place' | 'tab'>, selection: Selection = NO_SELECTION): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(selection)) if (value !== null) words.set(name, String(value));
  const query = words.toString();
  return `#${pathOf(route)}${query && `?${query}`}`;
}
