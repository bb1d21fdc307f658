/** Where models by id come from. Tests serve a hub of their own, on the page's own origin only. */
export const HUB = 'https://huggingface.co';

/** @param href the page's address; `?hub=/path` names another hub on the same origin, anything else is ignored. */
export function hubHost(href: string): string {
  const page = new URL(href);
  const asked = page.searchParams.get('hub');
  if (!asked || !URL.canParse(asked, page)) return HUB;
  const hub = new URL(asked, page);
  return hub.origin === page.origin ? hub.origin + hub.pathname.replace(/\/$/, '') : HUB;
}
