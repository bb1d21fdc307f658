/**
 * Tells whether an element has a box: it has none in a view, a tab or a menu that is not open. Nothing is drawn there.
 * What merely lies outside of the window is drawn like everything else, since it may be printed, captured or scrolled
 * to.
 * @returns an end to that
 */
export function whenLaidOut(element: Element, tell: (laidOut: boolean) => void): () => void {
  const observer = new ResizeObserver(() => tell(element.getClientRects().length > 0));
  observer.observe(element);
  return () => observer.disconnect();
}
