/** What the page's address may say: which embedded model to start with, on which device, with which settings, and where models by id come from. */
import type { DeviceChoice, ModelSource } from '../shared/types';
import { LINK_KEY } from './configure/share';

const HUB = 'https://huggingface.co';

/** @param href the page's address; `?model=sieve-stories-nano` asks for that embedded model. Null where it names none that there could be. */
export function startModel(href: string): ModelSource | null {
  const id = new URL(href).searchParams.get('model');
  return id && /^[a-z\d][\w.-]*$/.test(id) ? { kind: 'embedded', id } : null;
}

/** @param href the page's address; what `?device=gpu` or `?device=cpu` asks for; null where it says nothing else. */
export function startDevice(href: string): Exclude<DeviceChoice, 'auto'> | null {
  const asked = new URL(href).searchParams.get('device');
  return asked === 'gpu' || asked === 'cpu' ? asked : null;
}

/** @param href the page's address; `?hub=/path` names another hub on the same origin, anything else is ignored. Tests serve one. */
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

/** The page's address with settings in it, and with the model where it is an embedded one; the device is another machine's own. @param link of `settingsLink` */
export function settingsUrl(href: string, link: string, model: ModelSource | null): string {
  const page = new URL(href);
  page.hash = '';
  page.searchParams.delete('device');
  if (model?.kind === 'embedded') page.searchParams.set('model', model.id);
  page.searchParams.set(LINK_KEY, link);
  return page.href;
}
