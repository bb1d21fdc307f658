/**
 * The places of the page: their order, which is that of their keys (1 to 7), the section that each shows, and the other
 * way round. Their names are `texts().frame.place`; what each draws is in App.tsx.
 */
import { PLACES, type Place } from '../store/route';
import type { Section } from '../store/slices';

/** Places that have a section of their own, in the order of their keys. */
export const KEYED = (Object.keys(PLACES) as Place[]).filter((p): p is KeyedPlace => p !== 'setup');
export type KeyedPlace = Exclude<Place, 'setup'>;

/** Where a section is seen. */
export const PLACE_OF: Record<Section, KeyedPlace> = {
  train: 'train',
  inspect: 'train',
  compare: 'compare',
  experiment: 'experiments',
  history: 'history',
  model: 'model',
  data: 'data',
  configure: 'settings',
};

/** The section that a place begins with. */
export const SECTION_OF = Object.fromEntries(
  KEYED.map((place) => [place, (Object.keys(PLACE_OF) as Section[]).find((s) => PLACE_OF[s] === place)!]),
) as Record<KeyedPlace, Section>;

/** Id of the element that takes the focus of who comes to a place. */
export const titleOf = (place: Place): string => `${place === 'setup' ? place : SECTION_OF[place]}-title`;

/** What is drawn in the main area: the cards of the setup stand beside it, and in its place on a narrow screen only. */
export const mainPlace = (place: Place): KeyedPlace => (place === 'setup' ? 'train' : place);
