/**
 * Pictures as plain trees of SVG elements: drawn by React on the page, written as text into a report. Colours come from
 * classes, so that page and report each have their own.
 */
import { type ReactElement, createElement } from 'react';

export interface Drawing {
  tag: 'svg' | 'g' | 'line' | 'rect' | 'circle' | 'polygon' | 'text' | 'title';
  /** Names as React has them: className, textAnchor. */
  attributes: Record<string, string | number>;
  children: (Drawing | string)[];
}

export function draw(
  tag: Drawing['tag'],
  attributes: Drawing['attributes'] = {},
  ...children: Drawing['children']
): Drawing {
  return { tag, attributes, children };
}

export function DrawingView({ drawing }: { drawing: Drawing }): ReactElement {
  const { tag, attributes, children } = drawing;
  return createElement(
    tag,
    attributes,
    ...children.map((c, i) => (typeof c === 'string' ? c : <DrawingView key={i} drawing={c} />)),
  );
}

/** Text that is safe between tags and in quoted attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const WRITTEN: Record<string, string> = { className: 'class', textAnchor: 'text-anchor' };

/** The same picture as markup. */
export function toMarkup({ tag, attributes, children }: Drawing): string {
  const written = Object.entries(attributes)
    .map(([name, value]) => ` ${WRITTEN[name] ?? name}="${escapeMarkup(String(value))}"`)
    .join('');
  return `<${tag}${written}>${children.map((c) => (typeof c === 'string' ? escapeMarkup(c) : toMarkup(c))).join('')}</${tag}>`;
}
