/** A canvas that is drawn when its data change, wherever it is laid out: what is scrolled away may be printed. */
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { drawQueue } from './drawQueue';
import { CanvasSurface, type Surface } from './surface';
import { whenLaidOut } from './whenLaidOut';

/**
 * Draws after every render of the component that calls it, through the page's queue; where its size has changed at
 * once, so that no frame, and no capture of one, shows a drawing of another size.
 * @param urgent a value that changes when a person did something: that drawing is not held back
 */
export function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  { width, height, draw, urgent }: { width: number; height: number; draw: (to: Surface) => void; urgent: unknown },
): void {
  const state = useRef({ laidOut: true, stale: false, size: '', urgent: undefined as unknown, paint: () => {} });
  useLayoutEffect(() => {
    const s = state.current;
    const size = `${width} × ${height}`;
    s.paint = () => {
      const element = canvas.current;
      if (!element) return;
      s.size = size;
      const scale = globalThis.devicePixelRatio || 1;
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      if (element.width !== w || element.height !== h) {
        element.width = w;
        element.height = h;
      }
      const context = element.getContext('2d')!;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(new CanvasSurface(context));
    };
    const now = s.urgent !== urgent;
    s.urgent = urgent;
    if (!s.laidOut) s.stale = true;
    else if (s.size === '' || s.size === size) drawQueue.schedule(s, () => s.paint(), now);
    else {
      drawQueue.cancel(s);
      s.paint();
    }
  });
  useEffect(() => {
    const s = state.current;
    const element = canvas.current;
    if (!element) return;
    const end = whenLaidOut(element, (laidOut) => {
      s.laidOut = laidOut;
      if (!laidOut || !s.stale) return;
      s.stale = false;
      drawQueue.schedule(s, () => s.paint(), true);
    });
    return () => {
      end();
      drawQueue.cancel(s);
    };
  }, [canvas]);
}
