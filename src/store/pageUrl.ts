/** What the page's address may say: which embedded model to start with, and where models by id come from. */
import type { ModelSource } from '../shared/types';

export const HUB = 'https://huggingface.co';

/** The models that ship with the page; the first opens by itself. */
export const EMBEDDED_MODELS = ['sieve-stories-4m', 'sieve-stories-nano'] as const;

/** @param href the page's address; `?model=sieve-stories-nano` starts with that embedded model, anything else is ignored. */
export function startModel(href: string): ModelSource {
  const asked = new URL(href).searchParams.get('model');
  return { kind: 'embedded', id: EMBEDDED_MODELS.find((id) => id === asked) ?? EMBEDDED_MODELS[0] };
}

/** @param href the page's address; `?hub=/path` names another hub on the same origin, anything else is ignored. Tests serve one. */
export function hubHost(href: string): string {
  const page = new URL(href);
  const asked = page.searchParams.get('hub');
  if (!asked || !URL.canParse(asked, page)) return HUB;
  const hub = new URL(asked, page);
  return hub.origin === page.origin ? hub.origin + hub.pathname.replace(/\/$/, '') : HUB;
}
