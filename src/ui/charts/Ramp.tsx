/** The key to a ramp of colours. */
import type { Shade } from './ramp';

const STOPS = [0, 0.25, 0.5, 0.75, 1];

export function Ramp({ shade, from, to }: { shade: (share: number) => Shade; from: string; to: string }) {
  return (
    <div className="ramp" aria-hidden="true">
      <span>{from}</span>
      <span
        className="ramp-bar"
        style={{ backgroundImage: `linear-gradient(to right, ${STOPS.map((s) => shade(s).fill).join(', ')})` }}
      />
      <span>{to}</span>
    </div>
  );
}
