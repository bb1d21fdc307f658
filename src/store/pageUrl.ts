/**
 * What the page's address may say: which embedded model and sample set to start with, on which device, with which
 * settings, and where models by id come from.
 */
import type { DataOrigin } from '../shared/dataRecipe';
import type { DeviceChoice, ModelSource } from '../shared/types';
import { LINK_KEY } from './configure/share';
import { readHash } from './route';

export const HUB = 'https://huggingface.co';

/**
 * @param href the page's address; `?model=sieve-stories-nano` asks for that embedded model. Null where it names none
 * that there could be.
 */
export function startModel(href: string): ModelSource | null {
  const id = idOf(href, 'model');
  return id === null ? null : { kind: 'embedded', id };
}

/** A model of the hub by its id and revision. */
export interface HubModel {
  id: string;
  revision: string;
}

/**
 * @param href the page's address; `?model=owner/name@revision` names a model of the hub. Null where it names none that
 * there could be.
 */
export function startHub(href: string): HubModel | null {
  return hubModel(new URL(href).searchParams.get('model') ?? '');
}

/** @param named `owner/name`, or `owner/name@revision`; null for anything else */
export function hubModel(named: string): HubModel | null {
  const parts = /^([\w.-]{1,96}\/[\w.-]{1,96})(?:@([\w.-][\w./-]{0,99}))?$/.exec(named);
  return parts && { id: parts[1], revision: parts[2] ?? 'main' };
}

/**
 * @param href the page's address; `?data=feelings` asks for that sample set. Null where it names none that there could
 * be.
 */
export function startData(href: string): string | null {
  return idOf(href, 'data');
}

/** An id of something that ships with the page, as the address has it under `key`. */
function idOf(href: string, key: string): string | null {
  const id = new URL(href).searchParams.get(key);
  return id && /^[a-z\d][\w.-]*$/.test(id) ? id : null;
}

/** @param href the page's address; what `?device=gpu` or `?device=cpu` asks for; null where it says nothing else. */
export function startDevice(href: string): Exclude<DeviceChoice, 'auto'> | null {
  const asked = new URL(href).searchParams.get('device');
  return asked === 'gpu' || asked === 'cpu' ? asked : null;
}

/**
 * @param href the page's address; `?hub=/path` names another hub on the same origin, anything else is ignored. Tests
 * serve one.
 */
export function hubHost(href: string): string {
  const page = new URL(href);
  const asked = page.searchParams.get('hub');
  if (!asked || !URL.canParse(asked, page)) return HUB;
  const hub = new URL(asked, page);
  return hub.origin === page.origin ? hub.origin + hub.pathname.replace(/\/$/, '') : HUB;
}

/** @param href the page's address; what `?config=` holds, for `readLink`; null where it says nothing. */
export function startSettings(href: string): string | null {
  return new URL(href).searchParams.get(LINK_KEY);
}

/** What is open. A file is another one's own. */
interface Open {
  model: ModelSource | null;
  data: DataOrigin | null;
}

/**
 * The page's address with settings in it, the place and the selection that are seen, with the model where it ships with
 * the page or is one of the hub, and with data that ship with the page; the device is another machine's own.
 * @param link of `settingsLink`
 */
export function settingsUrl(href: string, link: string, { model, data }: Open): string {
  const page = new URL(href);
  if (!readHash(page.hash)) page.hash = '';
  for (const key of ['device', 'data']) page.searchParams.delete(key);
  if (model?.kind === 'embedded') page.searchParams.set('model', model.id);
  if (model?.kind === 'hub') page.searchParams.set('model', `${model.id}@${model.revision}`);
  if (data?.kind === 'sample') page.searchParams.set('data', data.id);
  page.searchParams.set(LINK_KEY, link);
  return page.href;
}
