/**
 * What a chart draws on. The same drawing goes to the page's canvas, to a PNG and to an SVG, so that what is saved is
 * what was seen. Units are CSS pixels; y grows downwards.
 */

export interface TextStyle {
  fill: string;
  size?: number;
  align?: 'start' | 'center' | 'end';
  bold?: boolean;
  mono?: boolean;
  /** Degrees, clockwise, around the anchor. */
  rotate?: number;
}

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
  fill: string | null;
  stroke?: string;
  radius?: number;
}

export interface Surface {
  rect(options: Rect): void;
  /** An open line through points; at least two. */
  line(points: readonly (readonly [number, number])[], stroke: string, width: number, dash?: readonly number[]): void;
  dot(x: number, y: number, radius: number, fill: string): void;
  /** A closed shape, so light that lines under it are seen. */
  area(points: readonly (readonly [number, number])[], fill: string): void;
  /** `y` is the middle of the text's height. */
  text(x: number, y: number, text: string, style: TextStyle): void;
}

const SANS = '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const MONO = 'ui-monospace, "DejaVu Sans Mono", Menlo, monospace';
const SIZE = 12;
/** Of an area. */
const OPACITY = 0.16;

export class CanvasSurface implements Surface {
  readonly #c: CanvasRenderingContext2D;

  constructor(context: CanvasRenderingContext2D) {
    this.#c = context;
  }

  rect({ x, y, width, height, fill, stroke, radius = 0 }: Rect): void {
    const c = this.#c;
    if (radius === 0 && !stroke && fill) {
      c.fillStyle = fill;
      c.fillRect(x, y, width, height);
      return;
    }
    c.beginPath();
    c.roundRect(x, y, width, height, radius);
    if (fill) {
      c.fillStyle = fill;
      c.fill();
    }
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = 1;
      c.setLineDash([]);
      c.stroke();
    }
  }

  line(
    points: readonly (readonly [number, number])[],
    stroke: string,
    width: number,
    dash: readonly number[] = [],
  ): void {
    const c = this.#c;
    c.beginPath();
    points.forEach(([x, y], i) => (i === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
    c.strokeStyle = stroke;
    c.lineWidth = width;
    c.lineJoin = 'round';
    c.setLineDash([...dash]);
    c.stroke();
    c.setLineDash([]);
  }

  dot(x: number, y: number, radius: number, fill: string): void {
    this.#c.beginPath();
    this.#c.arc(x, y, radius, 0, 2 * Math.PI);
    this.#c.fillStyle = fill;
    this.#c.fill();
  }

  area(points: readonly (readonly [number, number])[], fill: string): void {
    const c = this.#c;
    c.save();
    c.beginPath();
    points.forEach(([x, y], i) => (i === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
    c.closePath();
    c.globalAlpha = OPACITY;
    c.fillStyle = fill;
    c.fill();
    c.restore();
  }

  text(
    x: number,
    y: number,
    text: string,
    { fill, size = SIZE, align = 'start', bold, mono, rotate }: TextStyle,
  ): void {
    const c = this.#c;
    c.save();
    c.translate(x, y);
    if (rotate) c.rotate((rotate * Math.PI) / 180);
    c.font = `${bold ? '650 ' : ''}${size}px ${mono ? MONO : SANS}`;
    c.fillStyle = fill;
    c.textAlign = align;
    c.textBaseline = 'middle';
    c.fillText(text, 0, 0);
    c.restore();
  }
}

const escapeXml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // XML 1.0 has no place for other control characters.
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');
const n = (x: number) => String(Math.round(x * 100) / 100);

export class SvgSurface implements Surface {
  readonly #parts: string[] = [];

  rect({ x, y, width, height, fill, stroke, radius = 0 }: Rect): void {
    this.#parts.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${fill ?? 'none'}"${stroke ? ` stroke="${stroke}"` : ''}${radius ? ` rx="${n(radius)}"` : ''}/>`,
    );
  }

  line(
    points: readonly (readonly [number, number])[],
    stroke: string,
    width: number,
    dash: readonly number[] = [],
  ): void {
    this.#parts.push(
      `<polyline points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(' ')}" fill="none" stroke="${stroke}" stroke-width="${n(width)}" stroke-linejoin="round"${dash.length ? ` stroke-dasharray="${dash.join(' ')}"` : ''}/>`,
    );
  }

  dot(x: number, y: number, radius: number, fill: string): void {
    this.#parts.push(`<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${fill}"/>`);
  }

  area(points: readonly (readonly [number, number])[], fill: string): void {
    this.#parts.push(
      `<polygon points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(' ')}" fill="${fill}" fill-opacity="${OPACITY}"/>`,
    );
  }

  text(
    x: number,
    y: number,
    text: string,
    { fill, size = SIZE, align = 'start', bold, mono, rotate }: TextStyle,
  ): void {
    const anchor = { start: 'start', center: 'middle', end: 'end' }[align];
    this.#parts.push(
      `<text x="${n(x)}" y="${n(y)}" fill="${fill}" font-size="${size}" text-anchor="${anchor}" dominant-baseline="central" xml:space="preserve"${bold ? ' font-weight="650"' : ''}${mono ? ` font-family="${escapeXml(MONO)}"` : ''}${rotate ? ` transform="rotate(${rotate} ${n(x)} ${n(y)})"` : ''}>${escapeXml(text)}</text>`,
    );
  }

  /** A document of its own. `title` is what readers hear. */
  document(width: number, height: number, title: string): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" font-family="${escapeXml(SANS)}" role="img"><title>${escapeXml(title)}</title>${this.#parts.join('')}</svg>`;
  }
}

/** `to`, moved by (dx, dy). */
export function shifted(to: Surface, dx: number, dy: number): Surface {
  return {
    rect: (options) => to.rect({ ...options, x: options.x + dx, y: options.y + dy }),
    line: (points, ...rest) =>
      to.line(
        points.map(([x, y]) => [x + dx, y + dy] as const),
        ...rest,
      ),
    dot: (x, y, ...rest) => to.dot(x + dx, y + dy, ...rest),
    area: (points, fill) =>
      to.area(
        points.map(([x, y]) => [x + dx, y + dy] as const),
        fill,
      ),
    text: (x, y, ...rest) => to.text(x + dx, y + dy, ...rest),
  };
}
